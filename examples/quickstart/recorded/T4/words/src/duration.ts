const forms = [
  /^(?:(\d+) ?h)? ?(?:(\d+) ?m(?:in)?)?$/,
  /^(\d+):([0-5]\d)$/,
  /^()(\d+)$/,
]

/** Reads `1h 30m`, `2 h`, `45 min`, `1:30` and `90` as minutes. */
export function parseDuration(text: string): number {
  for (const form of forms) {
    const match = form.exec(text.trim())
    const minutes = match ? Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0) : 0
    if (minutes > 0) return minutes
  }
  throw new RangeError(`"${text}" is no length of time: write it like 1h 30m or 45m.`)
}

/** Writes a length of time in the form that was chosen: `1 h 30 min`. */
export function formatDuration(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  if (hours === 0) return `${rest} min`
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}
