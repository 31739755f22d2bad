import { CuelineError, errorMessage, printableText } from '@cueline/core'
import type { CommanderError } from 'commander'

import { exitCodeOf, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'
import { wrapText } from './wrap-text.ts'
import { writeJson } from './write-json.ts'

export interface ErrorView {
  readonly json: boolean
  /** Also show where it happened. */
  readonly verbose: boolean
}

/**
 * Tells a person what went wrong and what to do next, and gives the exit code. With `json` the same
 * stands on standard output as `{ "error": { code, message, … } }`.
 */
export function reportError(terminal: Terminal, error: unknown, view: ErrorView): number {
  const known = error instanceof CuelineError
  const message = known ? error.message : unexpected(error)
  const label = terminal.styleError('red', 'error:')
  const lines = message.split('\n').map(printableText)
  terminal.err(`${wrapText(`${label} ${lines[0] ?? ''}`, terminal.columns).join('\n')}\n`)
  for (const line of lines.slice(1)) {
    terminal.err(`${wrapText(line, terminal.columns, '  ').join('\n')}\n`)
  }
  if (view.verbose) terminal.err(`${traceOf(error)}\n`)
  if (view.json) {
    const code = known ? error.code : 'internal'
    const retryable = known && error.retryable
    const details = known ? error.details : {}
    writeJson(terminal, { error: { code, message, retryable, details } })
  }
  return known ? exitCodeOf(error.code) : exitCodes.internal
}

/** Gives the exit code for a command line that cannot be understood, which the parser has told in words already. */
export function reportUsageError(
  terminal: Terminal,
  { code: usage, message: told }: CommanderError,
  { json }: Pick<ErrorView, 'json'>,
): number {
  if (json) {
    const message = usage === 'commander.help' ? noCommand : told.replace(/^error: /, '')
    writeJson(terminal, {
      error: { code: 'invalid-input', message, retryable: false, details: {} },
    })
  }
  return exitCodes.input
}

const noCommand = 'No command was given. `cueline --help` lists the commands.'

function unexpected(error: unknown): string {
  return `Something unexpected happened: ${errorMessage(error)}. This is a fault of Cueline; run it again with --verbose and report what it prints.`
}

/** The stack of the error and of everything that caused it. */
function traceOf(error: unknown): string {
  const traces: string[] = []
  let next: unknown = error
  for (let depth = 0; depth < 8 && next instanceof Error; depth++) {
    traces.push(next.stack ?? next.message)
    next = next.cause
  }
  return traces.join('\ncaused by: ')
}
