import { CuelineError } from '../error.ts'
import { isObject } from './input-problems.ts'
import { shown } from './shown.ts'

/**
 * For functions whose answer has no place for problems: each throws `invalid-input` that names the
 * place, shows what was there and says what to give.
 */
export function requireObject(
  place: string,
  value: unknown,
  advice = 'an object',
): asserts value is Record<string, unknown> {
  if (!isObject(value)) throw refusedInput(place, value, advice)
}

/** The same where what it holds is looked at elsewhere. */
export function requireGiven(place: string, value: unknown, advice?: string): void {
  requireObject(place, value, advice)
}

export function requireList(
  place: string,
  value: unknown,
  advice = 'a list',
): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw refusedInput(place, value, advice)
}

export function requireText(place: string, value: unknown, advice = 'a text'): void {
  if (typeof value !== 'string') throw refusedInput(place, value, advice)
}

/** A list of texts; of what it holds only the first that is none is named. */
export function requireTexts(place: string, value: unknown, advice = 'a text'): void {
  requireList(place, value)
  for (const [at, entry] of value.entries()) {
    if (typeof entry !== 'string') throw refusedInput(`${place}[${at}]`, entry, advice)
  }
}

export function requireNumber(place: string, value: unknown, advice = 'a finite number'): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw refusedInput(place, value, advice)
  }
}

export function requireShare(place: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw refusedInput(place, value, 'a number from 0 to 1')
  }
}

/** A whole number of at least `least`, or of any size at least: Infinity. */
export function requireCount(place: string, value: unknown, least: number): void {
  if ((Number.isSafeInteger(value) || value === Infinity) && (value as number) >= least) return
  throw refusedInput(place, value, `a whole number of at least ${least}`)
}

export function refusedInput(place: string, value: unknown, advice: string): CuelineError {
  return new CuelineError('invalid-input', `${place} is ${shown(value)}. Give ${advice}.`, {
    details: { place },
  })
}

/** Whether something that may be left out was; JSON says null for that. */
export function isLeftOut(value: unknown): value is null | undefined {
  return value === undefined || value === null
}
