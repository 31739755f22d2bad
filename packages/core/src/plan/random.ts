/** Numbers that look random and are the same again for the same seed; not for secrets. */
export type Random = () => number

/**
 * Numbers from 0 to below 1: xorshift with 32 bits (Marsaglia 2003, "Xorshift RNGs", the triple 13, 17,
 * 5), started behind a multiplicative mix so that neighbouring seeds have nothing in common.
 */
export function randomFrom(seed: number): Random {
  let state = Math.imul(seed ^ (seed / 4294967296), 0x9e3779b1) ^ 0x85ebca6b
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) || 0x9e3779b1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}
