import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

describe('the order of test files', () => {
  it('names only files that exist, so that a renamed one does not become the last', () => {
    const source = readFileSync(join(import.meta.dirname, 'slow-first.ts'), 'utf8')
    const named = [...source.matchAll(/'([^']+\.test\.ts)'/g)].map(([, file = '']) => file)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})
