import { describe, expect, it } from 'vitest'

import { formatDuration } from './format-duration.ts'

describe('durations for people', () => {
  it.each([
    [0, '0 ms'],
    [450.4, '450 ms'],
    [999.6, '1.0 s'],
    [2_345, '2.3 s'],
    [59_960, '1 m 00 s'],
    [185_000, '3 m 05 s'],
    [3_599_900, '1 h 00 m'],
    [18_720_000, '5 h 12 m'],
    [273_600_000, '3 d 4 h'],
  ])('shows %s ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
