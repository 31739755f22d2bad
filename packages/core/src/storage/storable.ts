import { CuelineError } from '../error.ts'

const deepest = 64
/** With the `u` flag a pair counts as the character it stands for. */
const unpairedSurrogates = /\p{Surrogate}/gu

/**
 * Text as every storage keeps it: NUL and unpaired surrogates become U+FFFD. Databases disagree
 * about both (one refuses NUL, another silently changes a surrogate), so the difference is taken
 * away before anything is stored.
 */
export function storableText(text: string): string {
  const wellFormed = text.replace(unpairedSurrogates, '\uFFFD')
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed
}

/**
 * A row or event as every storage keeps it: texts and object keys by `storableText`, properties
 * that are `undefined` left out, bytes as they are. The value itself comes back when nothing had to
 * change. Rejects what JSON cannot hold (`invalid-input`): numbers that are not finite, nesting
 * deeper than 64 levels.
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
    const stored = storableAt(entry, depth + 1)
    if (stored === entry) continue
    copy ??= [...list]
    copy[index] = stored
  }
  return copy ?? list
}

function storableObject(value: object, depth: number): object {
  let changed = false
  const entries = Object.entries(value)
  for (const entry of entries) {
    const key = storableText(entry[0])
    const stored = storableAt(entry[1], depth + 1)
    if (key === entry[0] && stored === entry[1] && stored !== undefined) continue
    entry[0] = key
    entry[1] = stored
    changed = true
  }
  if (!changed) return value
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return Object.fromEntries(entries.filter(([, stored]) => stored !== undefined))
}
