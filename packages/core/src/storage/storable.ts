/// <reference lib="es2024.string" />
import { CuelineError } from '../error.ts'

const deepest = 64

/**
 * Text as every storage keeps it: NUL and unpaired surrogates become U+FFFD. Databases disagree
 * about both (one refuses NUL, another silently changes a surrogate), so the difference is taken
 * away before anything is stored.
 */
export function storableText(text: string): string {
  // Both tests are a glance for most texts, which is why nothing is replaced before them.
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed
}

/**
 * A row or event as every storage keeps it: texts and object keys by `storableText`, properties
 * that are `undefined` left out - in a list they become null -, bytes as they are. The value itself
 * comes back when nothing had to change. Rejects what JSON cannot hold (`invalid-input`): numbers that
 * are not finite, bigints, functions, symbols, nesting deeper than 64 levels.
 */
export function storable<Value>(value: Value): Value {
  return storableAt(value, 0) as Value
}

function storableAt(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return storableText(value)
    case 'number':
      if (Number.isFinite(value)) return value
      throw new CuelineError(
        'invalid-input',
        `The number ${value} cannot be stored; store a finite number or null instead.`,
      )
    case 'object':
      break
    case 'bigint':
    case 'function':
    case 'symbol':
      throw new CuelineError(
        'invalid-input',
        `A ${typeof value} cannot be stored; store a text, a finite number or null instead.`,
      )
    default:
      return value
  }
  if (value === null || value instanceof Uint8Array) return value
  if (depth === deepest) {
    throw new CuelineError(
      'invalid-input',
      `A value nested deeper than ${deepest} levels cannot be stored; flatten it or keep it as text.`,
    )
  }
  return Array.isArray(value) ? storableList(value, depth) : storableObject(value, depth)
}

function storableList(list: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < list.length; index += 1) {
    const entry = list[index]
    const stored = entry === undefined ? null : storableAt(entry, depth + 1)
    if (stored === entry) continue
    copy ??= [...list]
    copy[index] = stored
  }
  return copy ?? list
}

function storableObject(value: object, depth: number): object {
  const entries = value as Readonly<Record<string, unknown>>
  // Not by a list of the keys, which would be made for every row; what is inherited changes nothing.
  for (const key in entries) {
    const entry = entries[key]
    const same = entry !== undefined && storableAt(entry, depth + 1) === entry
    if (!same || !isStorableKey(key)) return storableCopy(entries, depth)
  }
  return value
}

/** Keys that need no change. Rows and events have few different ones, over and over again. */
const storableKeys = new Set<string>()
const mostKeys = 1_000

function isStorableKey(key: string): boolean {
  if (storableKeys.has(key)) return true
  if (storableText(key) !== key) return false
  if (storableKeys.size < mostKeys && key.length < 64) storableKeys.add(key)
  return true
}

function storableCopy(entries: Readonly<Record<string, unknown>>, depth: number): object {
  const stored: [string, unknown][] = []
  for (const [key, entry] of Object.entries(entries)) {
    if (entry !== undefined) stored.push([storableText(key), storableAt(entry, depth + 1)])
  }
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return Object.fromEntries(stored)
}
