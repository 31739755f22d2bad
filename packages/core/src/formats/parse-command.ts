/**
 * Splits a command line into its arguments without a shell: blanks part, quotes hold together.
 * Returns undefined when the line needs a shell - pipes, redirections, variables, several commands -
 * because a gate is an argument array, never a shell string.
 */
export function parseCommand(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (const character of line.trim()) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined
      else if (quote === '"' && '$`\\'.includes(character)) return undefined
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if ('|&;<>$`\\()\n\r'.includes(character)) {
      return undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) return undefined
  if (word !== undefined) words.push(word)
  // `NAME=value command` sets a variable: only a shell understands that.
  if (words.length === 0 || words[0] === '' || words[0]?.includes('=')) return undefined
  return words
}
