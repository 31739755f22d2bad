import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compareText } from './compare-text.ts'

const encoder = new TextEncoder()

/** Byte by byte, as databases compare UTF-8. */
function compareBytes(left: string, right: string): number {
  const [one, other] = [encoder.encode(left), encoder.encode(right)]
  for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return Math.sign(one.length - other.length)
}

describe('the order of texts [S0-06, S2-02]', () => {
  it('has what is beyond U+FFFF after all that is not', () => {
    const texts = ['\u{1F600}', '\uFF5E', 'a\u{1F600}', 'a\uFF5E', 'a', '', 'a\u{10FFFF}', '\uD7FF']
    expect(texts.toSorted(compareText)).toEqual([
      '',
      'a',
      'a\uFF5E',
      'a\u{1F600}',
      'a\u{10FFFF}',
      '\uD7FF',
      '\uFF5E',
      '\u{1F600}',
    ])
  })

  it('is that of their UTF-8', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('a', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{10FFFF}'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 4,
    })
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareText(left, right))).toBe(compareBytes(left, right))
      }),
      { numRuns: 2_000 },
    )
  })
})
