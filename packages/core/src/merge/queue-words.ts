/** Where an attempt stands in the merge queue of its target; 1 is the one that merges now. */
export function queueWords(position: number, target: string): string {
  if (position === 1) return `merging into ${target}`
  return `merging (${ordinal(position)} in the queue of ${target})`
}

function ordinal(position: number): string {
  const tens = position % 100
  if (tens >= 11 && tens <= 13) return `${position}th`
  return `${position}${['th', 'st', 'nd', 'rd'][position % 10] ?? 'th'}`
}
