/** How many characters an id may have; counted as JSON Schema does, not in units of UTF-16. */
export const longestId = 200

export function isTooLong(id: string): boolean {
  if (id.length <= longestId) return false
  return id.length > 2 * longestId || lengthOf(id) > longestId
}

export function lengthOf(id: string): number {
  let length = 0
  for (const _ of id) length++
  return length
}
