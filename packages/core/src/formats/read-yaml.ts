import { parseDocument } from 'yaml'
import { unreadable } from './import-input.ts'

/**
 * The value of a YAML text: plain objects, lists, strings, numbers. No custom tags, no merge keys,
 * at most 100 aliases.
 *
 * @throws CuelineError `invalid-input` with line and column when the text is no YAML.
 */
export function readYaml(name: string, text: string): unknown {
  const problem = (message: string, cause: unknown) =>
    unreadable(name, `is no valid YAML: ${message}`, 'Correct it and give it again', cause)
  let value: unknown
  let failure: Error | undefined
  try {
    const document = parseDocument(text, { logLevel: 'silent', stringKeys: true, version: '1.2' })
    failure = document.errors[0]
    if (failure === undefined) value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    // Nesting too deep for the parser ends as a RangeError, too many aliases as a ReferenceError.
    throw problem(firstLine(error instanceof Error ? error.message : String(error)), error)
  }
  if (failure !== undefined) throw problem(firstLine(failure.message), failure)
  return value
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/:$/, '').slice(0, 200)
}
