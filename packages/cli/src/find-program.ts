import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve, sep } from 'node:path'
import process from 'node:process'

import { CuelineError } from '@cueline/core'

import type { Terminal } from './terminal.ts'

/**
 * The command with a program that exists: a path is one from the current folder, because agents run
 * elsewhere; a name is looked for in PATH. Better now than once per task.
 */
export function findProgram(
  [program, ...rest]: readonly [string, ...string[]],
  option: string,
  { cwd, env }: Terminal,
): readonly [string, ...string[]] {
  if (program.includes('/') || program.includes(sep)) {
    const file = resolve(cwd, program)
    if (isProgram(file)) return [file, ...rest]
  } else if ((env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, program)))) {
    return [program, ...rest]
  }
  throw new CuelineError(
    'invalid-input',
    `${option} names the program ${JSON.stringify(program)}, which is not there or cannot be executed. Install it, or give the path of one that can.`,
    { details: { option, program } },
  )
}

function isProgram(file: string): boolean {
  // On Windows names are found with their extensions, by the system itself.
  if (process.platform === 'win32') return true
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
