/** Minutes for a sentence, to the hundredth: `1 minute`, `12.5 minutes`. */
export function inMinutes(minutes: number): string {
  const rounded = Number(minutes.toFixed(2))
  return `${rounded} ${rounded === 1 ? 'minute' : 'minutes'}`
}

/** A point of the schedule for a sentence: `minute 12.5`. */
export function atMinute(minutes: number): string {
  return `minute ${Number(minutes.toFixed(2))}`
}
