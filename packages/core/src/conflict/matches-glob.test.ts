import { describe, expect, it } from 'vitest'

import { isGlob, matchesGlob } from './matches-glob.ts'

describe('globs of declared touches [S4-02]', () => {
  it.each([
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/deep/a.ts', false],
    ['src/**/*.ts', 'src/a.ts', true],
    ['src/**/*.ts', 'src/very/deep/a.ts', true],
    ['src/**', 'src/deep/a.ts', true],
    ['src/**/a.ts', 'src/xa.ts', false],
    ['**/a.ts', 'a.ts', true],
    ['src/?.ts', 'src/a.ts', true],
    ['src/?.ts', 'src/ab.ts', false],
    ['src/a.ts', 'src/a.ts', true],
    ['src/a+(b).ts', 'src/aab.ts', false],
  ])('%s on %s: %s', (pattern, path, matches) => {
    expect(matchesGlob(pattern, path)).toBe(matches)
  })

  it('takes a hostile pattern in time of length by length', () => {
    expect(matchesGlob(`${'*a'.repeat(500)}b`, 'a'.repeat(2_000))).toBe(false)
  })

  it('knows a pattern by its signs', () => {
    expect([isGlob('src/*.ts'), isGlob('src/a.ts')]).toEqual([true, false])
  })
})
