const longestMessage = 2000

/** What a thrown thing says, bounded; never empty and never throws, whatever was thrown. */
export function errorMessage(error: unknown): string {
  const message = typeof error === 'string' ? error : errorField(error, 'message')
  if (typeof message === 'string' && message.trim() !== '') return bounded(message)
  const name = errorField(error, 'name')
  if (typeof name === 'string' && name !== '') return bounded(`${name} without a message`)
  return `Something that is no error was thrown (${error === null ? 'null' : typeof error})`
}

/** A property of anything that was thrown; a getter or proxy that throws counts as absent. */
export function errorField(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function bounded(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 1)}…`
}
