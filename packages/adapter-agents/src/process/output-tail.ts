/** The last characters of a text that may go on for ever. */
export interface OutputTail {
  add(text: string): void
  text(): string
  /** The last line that is not blank, trimmed. */
  lastLine(): string
}

export function outputTail(limit: number): OutputTail {
  let tail = ''
  let cut = false
  return {
    add(text) {
      tail += text
      // Cut now and then, not for every piece.
      if (tail.length > limit * 4) {
        tail = tail.slice(-limit)
        cut = true
      }
    },
    text() {
      return tail.length > limit || cut ? `…${tail.slice(-limit)}` : tail
    },
    lastLine() {
      const end = tail.trimEnd()
      return end.slice(end.lastIndexOf('\n') + 1).trim()
    },
  }
}
