import { formatDuration } from './format-duration.ts'

/**
 * Planned minutes for people, who plan in no seconds: `0`, `30.0 s`, `12.5 m`, `2 h 20 m`, `80 h 00 m`.
 * Never days: in a plan a day of work has 8 hours, and here one would be read as 24.
 */
export function formatMinutes(minutes: number): string {
  if (minutes === 0) return '0'
  const rounded = Number(minutes.toFixed(1))
  if (minutes < 1) return formatDuration(minutes * 60_000)
  if (rounded < 60) return `${rounded} m`
  const whole = Math.round(minutes)
  return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, '0')} m`
}
