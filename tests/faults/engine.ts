import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { EngineOptions } from './engine-options.ts'
import type { Place } from './place.ts'

export interface Engine {
  kill(signal: NodeJS.Signals): void
  /** Resolves when it has opened its storage, or has ended. */
  readonly ready: Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

export interface StartOptions extends Partial<Omit<EngineOptions, 'folder' | 'address'>> {
  readonly projectId: string
  /** Arguments for node itself, before the program. */
  readonly nodeArguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts an engine process at a place: three workers with leases of 250 ms when nothing else is said. */
export function startEngine(
  { folder, address }: Place,
  { nodeArguments = [], environment = {}, ...given }: StartOptions,
): Engine {
  const options: EngineOptions = {
    folder,
    address,
    workers: 3,
    leaseMs: 250,
    work: { kind: 'files' },
    ...given,
  }
  const child = spawn(
    process.execPath,
    [
      '--conditions=cueline-source',
      ...nodeArguments,
      join(import.meta.dirname, 'engine-process.ts'),
      JSON.stringify(options),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } },
  )
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  const lines = createInterface({ input: child.stdout })
  const ready = once(lines, 'line').then(() => {})
  return {
    kill: (signal) => void child.kill(signal),
    ready: Promise.race([ready, ended.then(() => {})]),
    ended,
  }
}

/** Waits for an engine to end by itself, and wants it to have gone well. */
export async function endOf(engine: Engine): Promise<void> {
  const { code, signal } = await engine.ended
  if (code !== 0) throw new Error(`An engine ended with code ${code}, signal ${signal}.`)
}
