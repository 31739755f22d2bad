import type { Estimate } from '../task/task-spec.ts'

export interface ParsedEstimate {
  readonly estimate: Estimate
  /** False when the text named no unit and minutes were assumed. */
  readonly unit: boolean
}

/**
 * Minutes from words such as `3h`, `30 min`, `1h 30m`, `2 days`, `14–20 h` or `~2 weeks`. A day
 * counts 8 hours, a week 5 days. Returns undefined for anything else, points and T-shirt sizes
 * included. Reads at most 60 characters.
 */
export function parseEstimate(text: string): ParsedEstimate | undefined {
  if (typeof text !== 'string') return undefined
  const words = text
    .trim()
    .toLowerCase()
    .replace(/^(?:~|≈|about |around |ca\. |ca |approx\. |approx )/, '')
    .trim()
  if (words === '' || words.length > 60) return undefined
  return parseRange(words) ?? parseCompound(words)
}

const number = String.raw`(\d{1,7}(?:[.,]\d{1,3})?)`
const unit = '(minutes?|mins?|min|m|hours?|hrs?|hr|h|std|days?|d|weeks?|wks?|w)'
const range = new RegExp(
  `^${number} ?${unit}?(?: ?(?:-|–|—|to|bis|\\.\\.) ?${number} ?${unit}?)?\\.?$`,
)
const compound = new RegExp(`^${number} ?${unit}(?: |, | and )?${number} ?${unit}$`)

function parseRange(words: string): ParsedEstimate | undefined {
  const match = range.exec(words)
  if (match === null) return undefined
  const [, first, firstUnit, second, secondUnit] = match
  const unitOfAll = secondUnit ?? firstUnit
  const min = minutes(first, firstUnit ?? unitOfAll)
  if (second === undefined) return positive(min, unitOfAll !== undefined)
  const max = minutes(second, unitOfAll)
  if (min <= 0 || max < min) return undefined
  if (min === max) return positive(min, unitOfAll !== undefined)
  return { estimate: { min, max }, unit: unitOfAll !== undefined }
}

function parseCompound(words: string): ParsedEstimate | undefined {
  const match = compound.exec(words)
  if (match === null) return undefined
  return positive(minutes(match[1], match[2]) + minutes(match[3], match[4]), true)
}

function positive(estimate: number, unitNamed: boolean): ParsedEstimate | undefined {
  return estimate > 0 ? { estimate, unit: unitNamed } : undefined
}

function minutes(amount: string | undefined, unitName: string | undefined): number {
  const value = Number((amount ?? '').replace(',', '.'))
  return Math.round(value * minutesPer(unitName ?? 'm') * 1000) / 1000
}

function minutesPer(unitName: string): number {
  if (unitName.startsWith('m')) return 1
  if (unitName.startsWith('h') || unitName === 'std') return 60
  if (unitName.startsWith('d')) return 480
  return 2400
}
