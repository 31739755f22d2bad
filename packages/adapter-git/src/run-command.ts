import { spawn, type ChildProcess } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'

export interface CommandRun {
  /** Argument array; the first entry is the program. Never goes through a shell. */
  readonly command: readonly string[]
  readonly cwd: string
  /** The whole environment; nothing is inherited beside it. */
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  onOutput(text: string): void
}

/** How a command ended, in words that follow its name; null when all went well. */
export type CommandProblem = string | null

/** Milliseconds between the request to stop and the kill. */
const graceMs = 1_000
/** Milliseconds for what is left in the pipes when a service that goes on holds them open. */
const drainMs = 200

/**
 * Runs a command in a process group of its own. When it is stopped - by the signal or the time - or
 * fails, the group is ended; after success what it has left running goes on, because starting a
 * service is what a set-up may be for.
 *
 * @throws the reason of the abort.
 */
export async function runCommand(run: CommandRun): Promise<CommandProblem> {
  const { signal, timeoutMs } = run
  signal?.throwIfAborted()
  const [program, ...rest] = run.command
  const child = spawn(program as string, rest, {
    cwd: run.cwd,
    env: { ...run.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: false,
    windowsHide: true,
  })
  read(child, run)
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  let late = false
  const timer = setTimeout(() => {
    late = true
    stop.abort()
  }, timeoutMs)
  const onExit = () => killGroup(child, 'SIGKILL')
  process.on('exit', onExit)
  try {
    const problem = await ended(child, stop.signal)
    if (problem !== null || stop.signal.aborted) await endGroup(child)
    await drained(child)
    signal?.throwIfAborted()
    return late ? `did not end within ${timeoutMs} ms and was stopped (timeoutMs)` : problem
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    process.off('exit', onExit)
  }
}

/** Settles when the first process has ended, could not be started, or is to be stopped. */
function ended(child: ChildProcess, stop: AbortSignal): Promise<CommandProblem> {
  return new Promise((resolve) => {
    stop.addEventListener('abort', () => resolve('was stopped'), { once: true })
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ENOENT'
          ? 'was not found; install it, or give its full path'
          : `could not be started: ${error.message}`,
      ),
    )
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(null)
      else resolve(signal === null ? `exited with code ${code}` : `was killed by ${signal}`)
    })
  })
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (!killGroup(child, 'SIGTERM')) return
  const until = performance.now() + graceMs
  while (performance.now() < until) {
    await pause(10)
    if (!killGroup(child, 0)) return
  }
  killGroup(child, 'SIGKILL')
}

/** False when nobody of the group is left. */
function killGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

function read(child: ChildProcess, { onOutput }: CommandRun): void {
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (piece: Buffer) => onOutput(decoder.write(piece)))
    stream?.on('error', () => {})
  }
}

async function drained(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  await Promise.race([
    Promise.all(
      streams.map(
        (stream) =>
          new Promise<void>((resolve) => {
            if (stream.closed) resolve()
            else stream.once('close', resolve)
          }),
      ),
    ),
    pause(drainMs),
  ])
  for (const stream of streams) stream.destroy()
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
