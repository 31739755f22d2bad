import { writeFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

import { makeFolder } from './make-folder.ts'
import type { Terminal } from './terminal.ts'

/** Writes what an option asked for, folders included, and says so beside the results. */
export async function writeOutput(
  terminal: Terminal,
  option: string,
  file: string,
  text: string,
): Promise<void> {
  const path = resolve(terminal.cwd, file)
  try {
    makeFolder(dirname(path))
    await writeFile(path, text)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new CuelineError(
      'invalid-input',
      `${file} cannot be written (${code}). Name a file that you may write to with ${option}.`,
      { details: { file }, cause },
    )
  }
  terminal.err(`Wrote ${relative(terminal.cwd, path)}.\n`)
}
