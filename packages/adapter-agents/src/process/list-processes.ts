import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { promisify } from 'node:util'

/** A process that is alive; one that has ended and only waits to be collected is not listed. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** When it started, in the system's own words: pid and start time together name a process. */
  readonly started: string
}

/** Every living process, from /proc where it exists and from `ps` elsewhere. */
export async function listProcesses(): Promise<readonly ProcessEntry[]> {
  return process.platform === 'linux' ? listFromProc() : await listFromPs()
}

/** The process of that id, or null when there is none. */
export async function findProcess(pid: number): Promise<ProcessEntry | null> {
  if (process.platform === 'linux') return entryFromProc(pid)
  return (await listFromPs()).find((entry) => entry.pid === pid) ?? null
}

/** Whether one start time lies before another; false when the system's words cannot be compared. */
export function startedBefore(one: string, other: string): boolean {
  return process.platform === 'linux' && Number(one) < Number(other)
}

/**
 * Whether the environment a process was started with holds `NAME=value`. Only Linux tells; false
 * everywhere else, and for processes of other users.
 */
export function startedWith(pid: number, variable: string): boolean {
  if (process.platform !== 'linux') return false
  try {
    const environment = readFileSync(`/proc/${pid}/environ`)
    const at = environment.indexOf(variable)
    if (at < 0 || (at > 0 && environment[at - 1] !== 0)) return false
    const end = environment[at + Buffer.byteLength(variable)]
    return end === 0 || end === undefined
  } catch {
    return false
  }
}

let machine: string | undefined

/**
 * Names where process ids mean the same: this boot of this machine, and on Linux this namespace of
 * process ids, so that containers that share a folder do not take each other's for their own.
 */
export function machineId(): string {
  machine ??= [
    hostname(),
    tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    tryRead(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ')
  return machine
}

function tryRead(read: () => string): string {
  try {
    return read()
  } catch {
    return '-'
  }
}

function listFromProc(): ProcessEntry[] {
  const entries: ProcessEntry[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const entry = entryFromProc(pid)
    if (entry !== null) entries.push(entry)
  }
  return entries
}

function entryFromProc(pid: number): ProcessEntry | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null // It has ended meanwhile.
  }
  // The name in parentheses may hold anything, also spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session] = fields
  const started = fields[19]
  if (state === 'Z' || state === 'X' || started === undefined) return null
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), started }
}

const run = promisify(execFile)

/** Exported for its test: on Linux nothing else takes this way. */
export async function listFromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  })
  const entries: ProcessEntry[] = []
  for (const line of stdout.split('\n')) {
    const [pid, parent, group, state, ...started] = line.trim().split(/\s+/)
    if (state === undefined || state.startsWith('Z')) continue
    entries.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      // `ps` names the session differently everywhere; the group serves as well.
      session: Number(group),
      started: started.join(' '),
    })
  }
  return entries
}
