import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Options } from './command-line.ts'

/** What is kept about a run beside its database: it also marks the folder as one of ours. */
interface Note {
  readonly options: Options
  /** The process that works on it, or null when none does. */
  readonly pid: number | null
}

const noteName = 'quickstart.json'

/** The options that the run in this folder was started with; null when there is none. */
export function lastOptions(folder: string): Options | null {
  return readNote(folder)?.options ?? null
}

/**
 * Makes the folder ready for a run: emptied for a new one, left as it is for one that goes on. The
 * library starts in `result` as a package without code. Returns what to call at the end.
 *
 * @throws an Error for people when a folder that was chosen holds something else, or another run goes on in it.
 */
export function takeFolder(folder: string, options: Options): () => void {
  const note = readNote(folder)
  if (note !== null && note.pid !== null && note.pid !== process.pid && isAlive(note.pid)) {
    throw new Error(
      `Process ${note.pid} works in ${folder}. Wait for it or stop it, or give another --folder.`,
    )
  }
  const chosen = options.folder !== null
  if (chosen && note === null && existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty, and no run of the quickstart. Give another --folder.`)
  }
  if (!options.resume) rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'result'), { recursive: true })
  const manifest = join(folder, 'result', 'package.json')
  if (!existsSync(manifest)) {
    writeJson(manifest, { name: 'opening-hours', private: true, type: 'module' })
  }
  const keep = (pid: number | null) => writeJson(join(folder, noteName), { options, pid })
  keep(process.pid)
  return () => keep(null)
}

function readNote(folder: string): Note | null {
  const file = join(folder, noteName)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Note) : null
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
