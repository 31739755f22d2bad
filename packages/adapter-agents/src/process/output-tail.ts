/** The last characters of a text that may go on for ever. */
export interface OutputTail {
  add(text: string): void
  text(): string
  /** The last line that is not blank, trimmed. */
  lastLine(): string
  /** As `lastLine`, but the error that a program died of where Node.js says so above its version. */
  lastWords(): string
}

/** How Node.js ends what it prints of an error that nobody caught. */
const nodeVersion = /^Node\.js v\d/
const errorLine = /^(?:Uncaught )?[\w.]*(?:Error|Exception)\b/

export function outputTail(limit: number): OutputTail {
  let tail = ''
  let cut = false
  const lastLine = () => {
    const end = tail.trimEnd()
    return end.slice(end.lastIndexOf('\n') + 1).trim()
  }
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
    lastLine,
    lastWords() {
      const last = lastLine()
      if (!nodeVersion.test(last)) return last
      return (
        tail
          .split('\n')
          .findLast((line) => errorLine.test(line))
          ?.trim() ?? last
      )
    },
  }
}
