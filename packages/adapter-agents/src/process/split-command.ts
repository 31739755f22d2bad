import { CuelineError } from '@cueline/core'

/**
 * Splits a command into its arguments, without a shell: white space separates, quotes of either kind
 * keep it, and a backslash takes the special meaning from a quote, a space or a backslash. Nothing
 * else is special: `$`, `*` and `;` are plain characters.
 *
 * @param option where the text was given, for messages: `--agent`.
 * @throws CuelineError `invalid-input` when a quote does not end or nothing is there.
 */
export function splitCommand(text: string, option: string): readonly [string, ...string[]] {
  const parts: string[] = []
  let part = ''
  let started = false
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (character === '\\' && quote !== "'" && next !== '' && `"'\\ `.includes(next)) {
      part += next
      started = true
      at++
    } else if (quote !== '') {
      if (character === quote) quote = ''
      else part += character
    } else if (character === '"' || character === "'") {
      quote = character
      started = true
    } else if (character.trim() !== '') {
      part += character
      started = true
    } else if (started) {
      parts.push(part)
      part = ''
      started = false
    }
  }
  if (quote !== '') {
    throw new CuelineError(
      'invalid-input',
      `${option} is ${JSON.stringify(text)}: its ${quote} does not end. Close the quote.`,
    )
  }
  if (started) parts.push(part)
  const [program, ...rest] = parts
  if (program !== undefined) return [program, ...rest]
  throw new CuelineError(
    'invalid-input',
    `${option} is empty. Give a program with its arguments, e.g. ${option} "my-agent --print".`,
  )
}
