import { describe, expect, it } from 'vitest'

import { formatMinutes } from './format-minutes.ts'

describe('minutes for people', () => {
  it.each([
    [0, '0'],
    [0.5, '30.0 s'],
    [0.001, '60 ms'],
    [1, '1 m'],
    [12.34, '12.3 m'],
    [59.94, '59.9 m'],
    [59.96, '1 h 00 m'],
    [60, '1 h 00 m'],
    [140.2, '2 h 20 m'],
    [4_800, '80 h 00 m'],
    [4_799.6, '80 h 00 m'],
  ])('%s is %s', (minutes, text) => {
    expect(formatMinutes(minutes)).toBe(text)
  })
})
