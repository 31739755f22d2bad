import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CuelineError } from '@cueline/core'

import { findProcess, machineId } from './list-processes.ts'
import { makeFolder } from '../make-folder.ts'

/** What is kept about a running command, so that it can be ended when its engine has died. */
export interface ProcessRecord {
  /** Where the process ids count: `machineId`. */
  readonly machine: string
  readonly engine: { readonly pid: number; readonly started: string }
  readonly cookie: string
  readonly root: { readonly pid: number; readonly started: string | null } | null
  /** A folder that goes with the command and nobody needs after it. */
  readonly scratch: string | null
}

export interface ProcessRecords {
  /** Makes a folder that goes with a command; beside the records, so that none is left alone. */
  makeScratch(): Promise<string>
  /** Keeps a record until `remove`; written before the process starts and again once it has. */
  write(record: Pick<ProcessRecord, 'cookie' | 'root' | 'scratch'>): Promise<void>
  remove(cookie: string): void
  /** Records of this machine whose engine does not run any more. */
  orphaned(): Promise<readonly ProcessRecord[]>
}

/** The folder for records when nobody names one: private to the user, the same for all engines. */
export function defaultStateFolder(): string {
  return join(tmpdir(), `cueline-processes-${process.getuid?.() ?? 'user'}`)
}

let engine: Promise<ProcessRecord['engine']> | undefined

function thisEngine(): Promise<ProcessRecord['engine']> {
  engine ??= findProcess(process.pid).then((entry) => ({
    pid: process.pid,
    started: entry?.started ?? 'unknown',
  }))
  return engine
}

/** Records as one small file each, in a folder that only this user can write. */
export function processRecords(folder: string): ProcessRecords {
  const fileOf = (cookie: string) => join(folder, `${cookie}.json`)
  return {
    async makeScratch() {
      makePrivate(folder)
      return await mkdtemp(join(folder, scratchPrefix))
    },
    async write(record) {
      makePrivate(folder)
      const content: ProcessRecord = { machine: machineId(), engine: await thisEngine(), ...record }
      const file = fileOf(record.cookie)
      writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
    remove(cookie) {
      rmSync(fileOf(cookie), { force: true })
    },
    async orphaned() {
      const found: ProcessRecord[] = []
      for (const name of namesIn(folder)) {
        const record = readRecord(join(folder, name))
        if (record === null) continue
        // Those of another machine that shares the folder are its own business.
        if (record.machine !== machineId()) continue
        const running = await findProcess(record.engine.pid)
        if (running?.started !== record.engine.started) found.push(record)
      }
      return found
    },
  }
}

/** How folders that go with a command are named. */
export const scratchPrefix = 'attempt-'

const cookiePattern = /^[0-9a-f-]{36}$/

function namesIn(folder: string): string[] {
  try {
    if (!isPrivate(folder)) return []
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return [] // Nothing was ever recorded.
  }
}

function readRecord(file: string): ProcessRecord | null {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord
    const sound =
      cookiePattern.test(record.cookie) &&
      Number.isInteger(record.engine.pid) &&
      (record.root === null || (Number.isInteger(record.root.pid) && record.root.pid > 1))
    return sound ? record : null
  } catch {
    return null // Half written by an engine that died just then: its process never started.
  }
}

function makePrivate(folder: string): void {
  makeFolder(folder, 'stateFolder', 0o700)
  if (isPrivate(folder)) return
  throw new CuelineError(
    'refused',
    `The state folder ${folder} belongs to somebody else or others may write it; remove it or pass another stateFolder.`,
    { details: { folder } },
  )
}

/** Whoever can write records can have our processes killed and folders removed. */
function isPrivate(folder: string): boolean {
  const { mode, uid } = lstatSync(folder)
  return (mode & 0o022) === 0 && (process.getuid === undefined || uid === process.getuid())
}
