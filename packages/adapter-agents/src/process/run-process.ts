import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

import { CuelineError } from '@cueline/core'

import { findProcess } from './list-processes.ts'
import { processFamily, type ProcessFamily } from './process-family.ts'
import type { ProcessRecords } from './process-records.ts'

export interface ProcessRun {
  /** Argument array; the first entry is the program. Never goes through a shell. */
  readonly command: readonly string[]
  readonly cwd: string
  /** The whole environment; nothing is inherited beside it. */
  readonly environment: Readonly<Record<string, string>>
  /** Written to standard input, which is then closed. A program that never reads is fine. */
  readonly input: string
  onOutput(text: string, stream: 'stdout' | 'stderr'): void
  readonly signal: AbortSignal
  /** Milliseconds; no limit when absent. */
  readonly timeoutMs?: number | undefined
  /** Milliseconds between the request to stop and the kill. */
  readonly graceMs: number
  readonly records: ProcessRecords
  /** Removed with the record when the engine dies: see `ProcessRecord`. */
  readonly scratch?: string | undefined
}

export type ProcessEnd =
  | { readonly how: 'exited'; readonly code: number }
  | { readonly how: 'killed'; readonly signal: string }
  /** It was stopped because `signal` aborted or the time was over. */
  | { readonly how: 'aborted' }
  | { readonly how: 'timed-out' }
  | { readonly how: 'not-started'; readonly message: string; readonly retryable: boolean }

/** The name of the environment variable that marks everything a command starts. */
export const cookieName = 'CUELINE_COOKIE'

/**
 * Runs a command in a process group of its own and resolves when it and everything it has started
 * is gone - also what it left behind when it ended by itself. Rejects only when processes cannot be
 * ended at all.
 */
export async function runProcess(run: ProcessRun): Promise<ProcessEnd> {
  if (run.signal.aborted) return { how: 'aborted' }
  const cookie = randomUUID()
  const scratch = run.scratch ?? null
  await run.records.write({ cookie, root: null, scratch })
  try {
    return await runMarked(run, cookie, scratch)
  } finally {
    run.records.remove(cookie)
  }
}

async function runMarked(
  run: ProcessRun,
  cookie: string,
  scratch: string | null,
): Promise<ProcessEnd> {
  const child = start(run, cookie)
  if ('how' in child) return child
  const mark = `${cookieName}=${cookie}`
  const exit = exitOf(child)
  if (child.pid === undefined) return notStarted(run, (await exit) as Error)
  endWithEngine(child)

  readStream(child, 'stdout', run)
  readStream(child, 'stderr', run)
  // A program that ends, or never reads, breaks the pipe; that is its right.
  child.stdin?.on('error', () => {})
  child.stdin?.end(run.input)

  const entry = await findProcess(child.pid)
  const root = { pid: child.pid, started: entry?.started ?? null }
  const family = processFamily({ root, cookie: mark })
  await run.records.write({ cookie, root, scratch })

  const stopped = await Promise.race([exit.then(() => null), stopRequest(run, exit)])
  await endFamily(family, run.graceMs)
  await streamsClosed(child)
  if (stopped !== null) return { how: stopped }
  const ended = await exit
  if (ended instanceof Error) return notStarted(run, ended)
  return ended.signal === null
    ? { how: 'exited', code: ended.code ?? 0 }
    : { how: 'killed', signal: ended.signal }
}

function start(run: ProcessRun, cookie: string): ChildProcess | ProcessEnd {
  const [program, ...rest] = run.command
  try {
    return spawn(program as string, rest, {
      cwd: run.cwd,
      env: { ...run.environment, [cookieName]: cookie },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      windowsHide: true,
    })
  } catch (error) {
    return notStarted(run, error as Error)
  }
}

type Exit = { readonly code: number | null; readonly signal: string | null }

/** Settles on whichever comes: the end of the process, or the news that it never began. */
function exitOf(child: ChildProcess): Promise<Exit | Error> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    // Stays for good: an error later on, of a failed kill, must not go unheard.
    child.on('error', resolve)
  })
}

function stopRequest(
  { signal, timeoutMs }: ProcessRun,
  exit: Promise<unknown>,
): Promise<'aborted' | 'timed-out'> {
  return new Promise((resolve) => {
    const onAbort = () => resolve('aborted')
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => resolve('timed-out'), Math.min(Math.max(0, timeoutMs), 2 ** 31 - 1))
    void exit.then(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
  })
}

async function endFamily(family: ProcessFamily, graceMs: number): Promise<void> {
  const left = await family.end(graceMs)
  if (left.length === 0) return
  const pids = left.map((entry) => entry.pid)
  throw new CuelineError(
    'runner-failed',
    `Processes ${pids.join(', ')} do not end, not even by SIGKILL; end them by hand before the workspace is used again.`,
    { details: { pids } },
  )
}

function readStream(child: ChildProcess, name: 'stdout' | 'stderr', run: ProcessRun): void {
  const decoder = new StringDecoder('utf8')
  const stream = child[name]
  stream?.on('data', (piece: Buffer) => {
    const text = decoder.write(piece)
    if (text !== '') run.onOutput(text, name)
  })
  stream?.on('end', () => {
    const text = decoder.end()
    if (text !== '') run.onOutput(text, name)
  })
  stream?.on('error', () => {})
}

/** Whoever escaped every mark could hold the pipes open for ever; a second is enough to drain. */
async function streamsClosed(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  await Promise.all(
    streams.map(
      (stream) =>
        new Promise<void>((resolve) => {
          if (stream.closed || stream.destroyed) return resolve()
          const timer = setTimeout(() => stream.destroy(), 1000)
          stream.once('close', () => {
            clearTimeout(timer)
            resolve()
          })
        }),
    ),
  )
  child.stdin?.destroy()
}

const transient = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'])

function notStarted(run: ProcessRun, error: Error): ProcessEnd {
  const program = JSON.stringify(run.command[0])
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const fail = (message: string) =>
    ({ how: 'not-started', message, retryable: transient.has(code) }) as const
  // A missing folder gives the same code as a missing program.
  if (!isFolder(run.cwd)) {
    return fail(
      `The folder ${run.cwd} that ${program} should run in is not there; check what removed it.`,
    )
  }
  if (code === 'ENOENT') {
    return fail(
      `The command ${program} was not found; install it, or give its full path (PATH is ${JSON.stringify(run.environment.PATH ?? '')}).`,
    )
  }
  if (code === 'EACCES') {
    return fail(`The command ${program} may not be executed; check its file mode (chmod +x).`)
  }
  return fail(`The command ${program} could not be started: ${error.message}`)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const running = new Set<ChildProcess>()

/** When the engine exits without an abort, its commands end with it instead of going on unseen. */
function endWithEngine(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killRunning)
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', killRunning)
  })
}

function killRunning(): void {
  for (const child of running) {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It was faster.
    }
  }
}
