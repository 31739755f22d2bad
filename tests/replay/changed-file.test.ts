import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ChangedFile, type Hunk, linesOf } from './changed-file.ts'

const line = fc.constantFrom('a\n', 'b\n', '}\n', '\n')
const edit = fc.record({
  at: fc.nat(30),
  removed: fc.nat(3),
  added: fc.array(line, { maxLength: 3 }),
})

describe('a file through a window of history', () => {
  it('is with all commits up to one what history has, whatever they did', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(edit), (start, edits) => {
        const file = new ChangedFile({ text: start.join(''), mode: '100644' })
        let lines: string[] = [...start]
        for (const [by, given] of edits.entries()) {
          const at = Math.min(given.at, lines.length)
          const hunk: Hunk = { ...given, at, removed: Math.min(given.removed, lines.length - at) }
          file.apply(by, '100644', [hunk])
          lines = lines.toSpliced(at, hunk.removed, ...hunk.added)
        }
        const all = new Set(edits.keys())
        expect(linesOf(file.with(all)?.text ?? '')).toEqual(lines)
        expect(file.with(new Set())?.text).toBe(start.join(''))
      }),
    )
  })

  it('has the lines of a commit without those of another that it does not need', () => {
    const file = new ChangedFile({ text: '1\n2\n3\n', mode: '100644' })
    expect(file.apply(0, '100644', [{ at: 0, removed: 0, added: ['first\n'] }])).toEqual(new Set())
    expect(file.apply(1, '100644', [{ at: 3, removed: 1, added: ['last\n'] }])).toEqual(new Set())
    expect(file.with(new Set([1]))?.text).toBe('1\n2\nlast\n')
    expect(file.with(new Set([0]))?.text).toBe('first\n1\n2\n3\n')
  })

  it('needs who wrote the lines that it changes, and who made, removed or moved the file', () => {
    const file = new ChangedFile(null)
    file.apply(0, '100644', [{ at: 0, removed: 0, added: ['1\n', '2\n'] }])
    expect(file.apply(1, '100644', [{ at: 2, removed: 0, added: ['3\n'] }])).toEqual(new Set([0]))
    expect(file.apply(2, '100644', [{ at: 2, removed: 1, added: [] }])).toEqual(new Set([0, 1]))
    expect(file.apply(3, '100755', [])).toEqual(new Set([0]))
    expect(file.apply(4, null, [{ at: 0, removed: 2, added: [] }])).toEqual(new Set([0, 1, 2, 3]))
    expect(file.with(new Set([0, 1]))).toEqual({ text: '1\n2\n3\n', mode: '100644' })
    expect(file.with(new Set([0, 1, 2, 3]))?.mode).toBe('100755')
    expect(file.with(new Set([0, 1, 2, 3, 4]))).toBeNull()
  })
})
