import { CuelineError, type Delivered } from '@cueline/core'

/** One pull request from the JSON of `pr view`. */
export function readPullRequest(text: string): Delivered {
  return pullRequestOf(parsed(text))
}

/**
 * Pull requests from the JSON of `pr list`. Anybody can call a branch of a fork like one of ours: those
 * are not ours.
 */
export function readPullRequests(text: string): Delivered[] {
  const list = parsed(text)
  if (!Array.isArray(list)) throw wrong('a list', list)
  return list
    .filter((each: unknown) => !isRecord(each) || each['isCrossRepository'] !== true)
    .map(pullRequestOf)
}

const largestAnswer = 8 * 1024 * 1024

function parsed(text: string): unknown {
  if (text.length > largestAnswer) throw wrong('at most 8 MB', `${text.length} characters`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw wrong('JSON', text, cause)
  }
}

function pullRequestOf(value: unknown): Delivered {
  if (!isRecord(value)) throw wrong('a pull request', value)
  const { number, url, state, statusCheckRollup: checks = [] } = value
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) {
    throw wrong('a number of a pull request', number)
  }
  if (typeof url !== 'string' || url.length > 2_000 || !/^https?:\/\/[^\s\p{Cc}]+$/u.test(url)) {
    throw wrong('the address of a pull request', url)
  }
  const known = typeof state === 'string' ? states.get(state.toUpperCase()) : undefined
  if (known === undefined) throw wrong('one of the states OPEN, MERGED and CLOSED', state)
  if (checks !== null && !Array.isArray(checks)) throw wrong('a list of checks', checks)
  return { id: String(number), url, state: known, checks: checksOf(checks ?? []) }
}

const states: ReadonlyMap<string, Delivered['state']> = new Map([
  ['OPEN', 'open'],
  ['MERGED', 'merged'],
  ['CLOSED', 'closed'],
])

const good: ReadonlySet<string> = new Set(['SUCCESS', 'NEUTRAL', 'SKIPPED'])
const going: ReadonlySet<string> = new Set([
  '',
  'EXPECTED',
  'IN_PROGRESS',
  'PENDING',
  'QUEUED',
  'REQUESTED',
  'WAITING',
])

/** Failing as soon as one has failed; passing only when all have: a word nobody knows fails closed. */
function checksOf(list: readonly unknown[]): Delivered['checks'] {
  let checks: Delivered['checks'] = 'none'
  for (const each of list) {
    if (!isRecord(each)) throw wrong('a check', each)
    // Check runs have a status and, when that is COMPLETED, a conclusion; commit statuses a state.
    const { status, conclusion, state } = each
    const word = wordOf(state ?? (status === 'COMPLETED' ? conclusion : (status ?? conclusion)))
    if (going.has(word)) checks = 'pending'
    else if (!good.has(word)) return 'failing'
    else if (checks === 'none') checks = 'passing'
  }
  return checks
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value.toUpperCase() : ''
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(expected: string, found: unknown, cause?: unknown): CuelineError {
  const shown = (typeof found === 'string' ? found : (JSON.stringify(found) ?? 'nothing')).slice(
    0,
    200,
  )
  return new CuelineError(
    'internal',
    `The program for pull requests answered ${JSON.stringify(shown)} where ${expected} was expected. Is it gh 2.0 or newer, or something with the same answers?`,
    { details: { expected }, cause },
  )
}
