import type { Command } from 'commander'

import type { Terminal } from './terminal.ts'

/** What every command gets: its surroundings, and the place for its exit code. */
export interface Cli {
  readonly terminal: Terminal
  /** Runs the work of a command; what it resolves with is the exit code. */
  run<Own extends object>(
    command: Command,
    work: (options: Own & GlobalOptions) => Promise<number>,
  ): Promise<void>
}

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  /** Path of the database, or the URL of one on a Postgres server. */
  readonly db: string
  /** Name or id; absent when the database decides. */
  readonly project?: string
  readonly json: boolean
  readonly verbose: boolean
}
