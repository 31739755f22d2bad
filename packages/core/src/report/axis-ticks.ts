export interface AxisTick {
  /** Milliseconds from the start. */
  readonly at: number
  readonly label: string
}

/** Marks on a time axis from 0 to `total` milliseconds: round times, at most `most` of them, from 1. */
export function axisTicks(total: number, most: number): AxisTick[] {
  const step = roundSteps.find((ms) => total / ms <= most) ?? largeStep(total, most)
  const ticks: AxisTick[] = []
  for (let nth = 0; nth * step <= total && nth <= most; nth++) {
    ticks.push({ at: nth * step, label: tickLabel(nth * step) })
  }
  return ticks
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const roundSteps: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1, 2, 5, 10, 15, 30].map((count) => count * second),
  [1, 2, 5, 10, 15, 30].map((count) => count * minute),
  [1, 2, 4, 8, 12].map((count) => count * hour),
  [1, 2, 5].map((count) => count * day),
)

/** Days by tens, hundreds and so on. */
function largeStep(total: number, most: number): number {
  let step = 10 * day
  while (total / step > most) step *= 10
  return step
}

/** At most two units, without those that are zero: `0`, `90 ms`, `15 s`, `1 h 30 m`, `2 d`. */
function tickLabel(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', Math.floor(ms / day)],
    ['h', Math.floor((ms % day) / hour)],
    ['m', Math.floor((ms % hour) / minute)],
    ['s', Math.floor((ms % minute) / second)],
    ['ms', ms % second],
  ]
  const parts = units.filter(([, count]) => count > 0).map(([unit, count]) => `${count} ${unit}`)
  return parts.length === 0 ? '0' : parts.slice(0, 2).join(' ')
}
