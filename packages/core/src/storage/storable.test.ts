import { describe, expect, it } from 'vitest'

import { storable, storableText } from './storable.ts'

describe('storable values [S1-01]', () => {
  it('are the very same values when nothing has to change', () => {
    const value = {
      text: 'a \u{1F600}',
      list: [1, null, true, { deep: 'b' }],
      bytes: new Uint8Array(2),
    }
    expect(storable(value)).toBe(value)
  })

  it('have no NUL and no unpaired surrogate, in keys neither', () => {
    expect(storableText('\0a\uD83D\uDE00\uD83Db\uDE00')).toBe('\uFFFDa\u{1F600}\uFFFDb\uFFFD')
    const value = { list: ['ok', 'a\0'], 'k\0': { '\uD800': 1 } }
    expect(storable(value)).toEqual({ list: ['ok', 'a\uFFFD'], 'k\uFFFD': { '\uFFFD': 1 } })
    expect(value.list).toEqual(['ok', 'a\0'])
  })

  it('keep a key named __proto__ as a key', () => {
    const value = JSON.parse('{"__proto__": {"polluted": "a\\u0000"}, "b": 1}')
    const stored = storable(value)
    expect(Object.getPrototypeOf(stored)).toBe(Object.prototype)
    expect(Object.keys(stored)).toEqual(['__proto__', 'b'])
    expect(JSON.stringify(stored)).toBe('{"__proto__":{"polluted":"a\uFFFD"},"b":1}')
  })

  it('leave out properties that are undefined, as JSON does', () => {
    expect(Object.keys(storable({ a: 1, b: undefined }))).toEqual(['a'])
    expect(storable([1, undefined])).toEqual([1, null])
  })

  it('refuse what JSON cannot hold', () => {
    let deep: unknown = 'end'
    for (let depth = 0; depth < 64; depth += 1) deep = { deep }
    expect(storable(deep)).toBe(deep)
    expect(() => storable({ deep })).toThrow(/nested deeper than 64 levels/)
    expect(() => storable([Number.NaN])).toThrow(/The number NaN cannot be stored/)
    expect(() => storable(-Infinity)).toThrow(/The number -Infinity cannot be stored/)
    for (const odd of [1n, () => {}, Symbol('odd')]) {
      expect(() => storable({ odd })).toThrow(`A ${typeof odd} cannot be stored`)
    }
  })
})
