import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { mergeFiles } from './merge-files.ts'

const files = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', '__proto__'), fc.constantFrom('1', '2', '3')))
  .map((entries) => new Map<string, string>(entries))

describe('merging files', () => {
  it('takes every change of the work and keeps every change of the result', () => {
    fc.assert(
      fc.property(files, files, files, (base, work, result) => {
        const { conflicts, merged, differs } = mergeFiles(base, work, result)
        for (const path of ['a', 'b', 'c', 'd', '__proto__']) {
          const [before, here, there] = [base.get(path), work.get(path), result.get(path)]
          const both = here !== before && there !== before && here !== there
          expect(conflicts.includes(path)).toBe(both)
          // The result is never overwritten by a conflict.
          expect(merged.get(path)).toBe(both || here === before ? there : here)
        }
        if (conflicts.length === 0 && !differs) expect(merged).toEqual(work)
      }),
    )
  })

  it('finds a file that is in the way of a folder', () => {
    const { conflicts } = mergeFiles(new Map(), new Map([['a', '1']]), new Map([['a/b/c', '2']]))
    expect(conflicts).toEqual(['a'])
  })
})
