import { exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/**
 * The first Ctrl-C asks for an orderly end, the second one ends the program at once. Returns the
 * function that gives Ctrl-C back.
 */
export function onInterrupt(terminal: Terminal, { first }: { first(): void }): () => void {
  let asked = false
  return terminal.onInterrupt(() => {
    if (asked) terminal.exit(exitCodes.interrupted)
    asked = true
    first()
  })
}
