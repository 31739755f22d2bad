import { InvalidArgumentError, Option } from 'commander'

/** A whole number from `least` to `most`, as an option's value. */
export function wholeNumber(most: number, least = 1): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
  }
}

/** A number from 0 to `most`, as an option's value. */
export function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= 0 && value <= most) return value
    throw new InvalidArgumentError(`Give a number from 0 to ${most}.`)
  }
}

/** Days such as `30` or `30d`, as an option's value. */
export function days(text: string): number {
  const value = Number(/^(\d+(?:\.\d+)?)d?$/.exec(text)?.[1] ?? Number.NaN)
  if (value <= mostDays) return value
  throw new InvalidArgumentError(`Give days, such as 30d: a number from 0 to ${mostDays}.`)
}

const mostDays = 36_500

/** A number from 0 up, as an option's value. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Give a number of 0 or more.')
}

/** A number above 0, as an option's value. */
export function numberAbove0(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Give a number above 0.')
}

/** A name or title, as an option's value. */
export function name(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('Give a name.')
}

/** A number from 0 to 1, as an option's value. */
export function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('Give a number from 0 to 1.')
}

/** A date and time with its zone, as an option's value: milliseconds since 1970. */
export function momentOption(text: string): number {
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/
  const value = pattern.test(text) ? Date.parse(text) : Number.NaN
  if (value >= 0) return value
  throw new InvalidArgumentError('Give a time such as 2026-03-02T09:00Z or 2026-03-02T09:00+01:00.')
}

export interface TaskEstimate {
  readonly task: string
  readonly minutes: number | { min: number; max: number }
}

/** A task and its minutes, as an option's value. */
export function taskEstimate(text: string): TaskEstimate {
  const parts = /^(.+)=(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text)
  if (parts === null) throw new InvalidArgumentError('Give a task and minutes: T7=30 or T7=20-40.')
  const [, task = '', min = '', max] = parts
  return { task, minutes: max === undefined ? Number(min) : { min: Number(min), max: Number(max) } }
}

export interface TaskEdge {
  readonly task: string
  readonly dependsOn: string
}

/** A task and what it waits for, as an option's value. */
export function taskEdge(text: string): TaskEdge {
  const at = text.lastIndexOf(':')
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError('Give a task and what it waits for: T9:T7.')
  }
  return { task: text.slice(0, at), dependsOn: text.slice(at + 1) }
}

/** An option that may be given several times: its values in a list. */
export function each<Value>(
  parse: (text: string) => Value,
): (text: string, before: readonly Value[] | undefined) => readonly Value[] {
  return (text, before = []) => [...before, parse(text)]
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

export function seedOption(what: string): Option {
  return new Option('--seed <n>', what).argParser(anyWholeNumber)
}

function anyWholeNumber(text: string): number {
  const value = Number(text)
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Give a whole number.')
}
