/** How many characters an id may have, counted as JSON Schema does, not in units of UTF-16. */
export const longestId = 200

export function isTooLong(id: string): boolean {
  // A character is at most two units, so more of them need no look.
  return id.length > longestId && Array.from(id.slice(0, 2 * longestId + 1)).length > longestId
}

export function lengthOf(id: string): number {
  let length = 0
  for (const _ of id) length++
  return length
}
