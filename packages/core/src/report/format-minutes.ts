import { formatDuration } from './format-duration.ts'

/** Planned minutes for people, who plan in no seconds: `0`, `30.0 s`, `12.5 m`, `2 h 20 m`, `3 d 4 h`. */
export function formatMinutes(minutes: number): string {
  if (minutes === 0) return '0'
  const rounded = Number(minutes.toFixed(1))
  if (minutes < 1 || rounded >= 60) {
    return formatDuration((minutes < 1 ? minutes : Math.round(minutes)) * 60_000)
  }
  return `${rounded} m`
}
