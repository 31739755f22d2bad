import type { Terminal } from './terminal.ts'

export interface CapturedTerminal extends Terminal {
  stdout(): string
  stderr(): string
  /** What Ctrl-C does. */
  interrupt(): void
  readonly exits: readonly number[]
}

/** A terminal for tests: keeps what is written, without colours. */
export function capturedTerminal(
  options: Partial<Pick<Terminal, 'cwd' | 'env' | 'columns' | 'live'>> = {},
): CapturedTerminal {
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  const exits: number[] = []
  return {
    cwd: options.cwd ?? '/',
    env: options.env ?? { PATH: process.env.PATH, USER: 'ada' },
    columns: options.columns ?? 80,
    live: options.live ?? false,
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    style: (_, text) => text,
    styleError: (_, text) => text,
    onInterrupt(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    exit: (code) => void exits.push(code),
    stdout: () => stdout,
    stderr: () => stderr,
    interrupt: () => listeners.forEach((listener) => listener()),
    exits,
  }
}
