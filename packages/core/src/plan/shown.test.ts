import { describe, expect, it } from 'vitest'

import { shown } from './shown.ts'

describe('a foreign value in a message [X-12]', () => {
  it.each<[unknown, string]>([
    ['a', '"a"'],
    ['a\n"b"', '"a\\n\\"b\\""'],
    ['x'.repeat(60), `"${'x'.repeat(60)}"`],
    ['x'.repeat(61), `"${'x'.repeat(60)}…"`],
    ['🎭'.repeat(60), `"${'🎭'.repeat(60)}"`],
    [`x${'🎭'.repeat(60)}`, `"x${'🎭'.repeat(59)}…"`],
    ['🎭'.repeat(1_000_000), `"${'🎭'.repeat(60)}…"`],
    [['a'], 'a list'],
    [{ a: 1 }, 'an object'],
    [() => 1, 'a function'],
    [null, 'null'],
    [undefined, 'undefined'],
    [-0.5, '-0.5'],
    [Symbol('x'.repeat(61)), `Symbol(${'x'.repeat(53)}…`],
  ])('is quoted, on one line and cut after sixty whole characters', (value, text) => {
    expect(shown(value)).toBe(text)
  })
})
