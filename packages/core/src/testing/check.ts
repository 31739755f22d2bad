/**
 * The few assertions of the contract suites, so that they run under any test runner. Values are
 * compared by structure: maps and sets by their entries in any order, an absent property equals
 * `undefined`.
 */
export function equal(actual: unknown, expected: unknown, what = 'the value'): void {
  const left = shown(actual)
  const right = shown(expected)
  if (left === right) return
  throw new Error(`${what} differs.\n  expected: ${clip(right)}\n  received: ${clip(left)}`)
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** Resolves with the error when the promise rejects with this code, else throws. */
export async function rejects(
  promise: Promise<unknown>,
  code: string,
  what = 'the call',
): Promise<Error> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return error
    throw new Error(`${what} should reject with code ${code}`, { cause: error })
  }
  throw new Error(`${what} should reject with code ${code}, it resolved with ${clip(shown(value))}`)
}

function shown(value: unknown): string {
  return JSON.stringify(value, canonical) ?? 'undefined'
}

function canonical(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { map: [...value].toSorted(byFirst) }
  if (value instanceof Set)
    return { set: [...value].toSorted((left, right) => byFirst([left], [right])) }
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(byFirst))
}

function byFirst(left: readonly unknown[], right: readonly unknown[]): number {
  return String(left[0]) < String(right[0]) ? -1 : 1
}

function clip(text: string): string {
  return text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text
}
