/**
 * Text that came from outside, safe to show on one line: whatever could move a cursor, change a
 * terminal or reverse the reading direction becomes a space, runs of blanks become one.
 */
export function printableText(text: string): string {
  return text.replaceAll(unprintable, ' ').replaceAll(/ {2,}/g, ' ').trim()
}

/** Columns that the text takes on a terminal: 2 for wide characters, 0 for combining ones. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The text, cut to so many columns with an ellipsis at its end when it is longer. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let result = ''
  let used = 0
  for (const character of text) {
    used += characterWidth(character)
    if (used > width - 1) break
    result += character
  }
  return width < 1 ? '' : `${result.trimEnd()}…`
}

/** Control characters, line and paragraph separators, direction marks; lone surrogates too. */
const unprintable =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const combining = /[\p{Mn}\p{Me}\p{Cf}]/u

function characterWidth(character: string): number {
  if (character <= '\u007e') return 1
  if (combining.test(character)) return 0
  return wide.test(character) ? 2 : 1
}
