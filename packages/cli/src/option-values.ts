import { InvalidArgumentError, Option } from 'commander'

/** A whole number from 1 to `most`, as an option's value. */
export function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
    throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`)
  }
}

/** A number from 0 up, as an option's value. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Give a number of 0 or more.')
}

/** A date and time with its zone, as an option's value: milliseconds since 1970. */
export function momentOption(text: string): number {
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/
  const value = pattern.test(text) ? Date.parse(text) : Number.NaN
  if (value >= 0) return value
  throw new InvalidArgumentError('Give a time such as 2026-03-02T09:00Z or 2026-03-02T09:00+01:00.')
}

export const mostWorkers = 10_000

export function workersOption(): Option {
  return new Option('-w, --workers <n>', 'how many tasks may run at once')
    .argParser(wholeNumber(mostWorkers))
    .default(4)
}

export function barrierOption(): Option {
  return new Option('--barrier <policy>', 'what waits for what').choices(['none', 'stage', 'layer'])
}
