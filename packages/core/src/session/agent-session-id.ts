const longest = 256

/**
 * What keeps a text from being an agent's own session id, in words for people; null when it can be
 * one. It goes back to the agent as one argument of a command and is shown to people, so it is
 * short, visible, in one piece and looks like no option.
 */
export function agentSessionIdProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'it is no text'
  if (value === '') return 'it is empty'
  if (value.length > longest)
    return `it is ${value.length} characters long, ${longest} is the limit`
  if (value.startsWith('-')) return 'it starts with "-", like an option of a command'
  for (const character of value) {
    if (character <= ' ' || character > '~') {
      return 'it holds a space or a character beyond printable ASCII'
    }
  }
  return null
}
