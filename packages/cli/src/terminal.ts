import process from 'node:process'
import { styleText } from 'node:util'

/** All that a command sees of the world: two streams, a folder, an environment, Ctrl-C. */
export interface Terminal {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Results. Nothing else is written here, so that `--json` gives pure JSON. */
  out(text: string): void
  /** Everything about the work: progress, warnings, errors. */
  err(text: string): void
  /** Columns to fill; 80 where nobody says. */
  readonly columns: number
  /** Whether `err` is a terminal that can be redrawn. */
  readonly live: boolean
  style(format: Style, text: string): string
  styleError(format: Style, text: string): string
  /** Calls back on every Ctrl-C (or SIGTERM) until the returned function is called. */
  onInterrupt(listener: () => void): () => void
  /** Ends the program at once. */
  exit(code: number): void
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** The terminal of this process. A reader that goes away (`| head -1`) ends no command. */
export function processTerminal(): Terminal {
  const gone = new Set<NodeJS.WriteStream>()
  const write = (stream: NodeJS.WriteStream, text: string) => {
    if (!gone.has(stream)) stream.write(text)
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
      gone.add(stream)
    })
  }
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (text) => write(process.stdout, text),
    err: (text) => write(process.stderr, text),
    columns: columnsOf(process.stdout.columns ?? process.stderr.columns),
    live: process.stderr.isTTY && process.env.TERM !== 'dumb' && process.env.CI === undefined,
    style: (format, text) => styleText(format, text, { stream: process.stdout }),
    styleError: (format, text) => styleText(format, text, { stream: process.stderr }),
    onInterrupt(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener)
      return () => {
        process.off('SIGINT', listener).off('SIGTERM', listener)
      }
    },
    exit: (code) => {
      process.exit(code)
    },
  }
}

/** A terminal of 20 columns gets lines of 40: cut to less, nothing can be read. */
function columnsOf(columns: number | undefined): number {
  return Math.min(160, Math.max(40, columns ?? 80))
}
