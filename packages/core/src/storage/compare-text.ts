/**
 * The order of texts that is the same in every storage: by code points, which is how databases order
 * UTF-8 byte by byte. `<` of JavaScript goes by halves of UTF-16, and so has what is beyond U+FFFF before
 * U+E000. Negative, 0 or positive, for `sort`.
 */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const one = left.charCodeAt(at)
    const other = right.charCodeAt(at)
    if (one !== other) return rank(one) - rank(other)
  }
  return left.length - right.length
}

/** Halves of code points beyond U+FFFF come after all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
