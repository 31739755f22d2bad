/** Writes a number with so many digits: 24 with 4 becomes 0024. */
export function digits(number: number, count: number): string {
  return String(number).padStart(count, '0')
}
