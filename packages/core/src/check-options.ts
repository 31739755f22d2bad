import type { CuelineOptions, RunOptions } from './create-cueline.ts'
import { defaultTimes } from './engine/context.ts'
import { CuelineError } from './error.ts'
import { projectSettings } from './operation/input.ts'
import { isObject } from './plan/input-problems.ts'
import { shown } from './plan/shown.ts'

/** Each is registered when a run begins. */
const mostWorkers = 10_000

/** Larger groups are red nearly always. */
const mostMergedTogether = 100

/** What each option is and, where a port is one, a method by which it is known. */
const ports = {
  storage: ['transaction', 'the storage that sqliteStorage, postgresStorage or memoryStorage give'],
  runner: ['run', 'a function, or an object with a method run'],
  workspace: ['prepare', 'the workspaces that gitWorkspaces or directoryWorkspaces give'],
  delivery: ['deliver', 'a delivery provider'],
  dispatcher: ['dispatch', 'a dispatcher'],
  clock: ['now', 'an object with the methods of a clock'],
} as const

const optionNames = new Set([
  ...Object.keys(ports),
  'gates',
  'protect',
  'mergeGroup',
  'settings',
  'times',
  'ids',
  'random',
  'onError',
])
const runOptionNames = new Set([
  'projectId',
  'workers',
  'capabilities',
  'signal',
  'drainMs',
  'stay',
  'timeScale',
])

/**
 * Names what is wrong with the options of a caller without types, before anything is made of them: most
 * of it would show much later, or never.
 *
 * @throws CuelineError `invalid-input`.
 */
export function checkOptions(options: CuelineOptions): void {
  const given: Record<string, unknown> = checkNames('createCueline', options, optionNames)
  for (const [name, [method, what]] of Object.entries(ports)) {
    const port = given[name]
    if (port === undefined || (name === 'runner' && typeof port === 'function')) continue
    if (isObject(port) && typeof port[method] === 'function') continue
    const isPromise = isObject(port) && typeof port.then === 'function'
    refuse(
      isPromise
        ? `${name} is a promise; await it: createCueline({ ${name}: await … }).`
        : `${name} is ${shown(port)}; give ${what}.`,
    )
  }
  for (const name of ['random', 'onError'] as const) {
    const port = given[name]
    if (port !== undefined && typeof port !== 'function') {
      refuse(`${name} is ${shown(port)}; give a function.`)
    }
  }
  const { mergeGroup = 1, settings = {}, times = {} } = options
  if (!isWhole(mergeGroup, mostMergedTogether)) {
    refuse(
      `mergeGroup is ${shown(mergeGroup)}; give a whole number from 1 to ${mostMergedTogether}.`,
    )
  }
  const [issue] = projectSettings.safeParse(settings).error?.issues ?? []
  if (issue !== undefined) {
    refuse(
      `settings${issue.path.map((key) => `.${String(key)}`).join('')} cannot be used: ${issue.message}. Correct it, or leave it out.`,
    )
  }
  checkNames('times', times, new Set(Object.keys(defaultTimes)))
  for (const [name, ms] of Object.entries(times)) {
    // A lease of no time is lost at once, and sweeps without a pause leave no time for anything else.
    const least = name === 'leaseMs' || name === 'sweepMs' ? 1 : 0
    if (ms !== undefined && !(typeof ms === 'number' && ms >= least)) {
      refuse(`times.${name} is ${shown(ms)}; give milliseconds, ${least} or more.`)
    }
  }
}

/** @throws CuelineError `invalid-input`, before anything runs. */
export function checkRunOptions(options: RunOptions): void {
  checkNames('run', options, runOptionNames)
  const { projectId, workers = 4, drainMs = 0, signal, capabilities, timeScale = 1 } = options
  if (typeof projectId !== 'string' || projectId === '') {
    refuse(`projectId is ${shown(projectId)}; give the id of the project to run.`)
  }
  if (!isWhole(workers, mostWorkers)) {
    refuse(`workers is ${shown(workers)}; give a whole number from 1 to ${mostWorkers}.`)
  }
  if (typeof drainMs !== 'number' || !(drainMs >= 0)) {
    refuse(`drainMs is ${shown(drainMs)}; give milliseconds, 0 or more.`)
  }
  if (signal !== undefined) checkSignal(signal)
  if (capabilities !== undefined && !Array.isArray(capabilities)) {
    refuse(`capabilities is ${shown(capabilities)}; give a list of names.`)
  }
  if (typeof timeScale !== 'number' || !(timeScale > 0)) {
    refuse(`timeScale is ${shown(timeScale)}; give milliseconds above 0.`)
  }
}

/** @throws CuelineError `invalid-input`, as all of them. */
export function checkSignal(signal: unknown): void {
  // That of another realm or of a polyfill is one as well.
  if (!isObject(signal) || typeof signal.aborted !== 'boolean') {
    refuse(`signal is ${shown(signal)}; give an AbortSignal, such as that of an AbortController.`)
  }
}

export function checkListener(name: unknown, listener: unknown): void {
  if (name !== 'event' && name !== 'progress') {
    refuse(`There is nothing to listen to by the name ${shown(name)}; give "event" or "progress".`)
  }
  if (typeof listener !== 'function') {
    refuse(`The listener of "${name}" is ${shown(listener)}; give a function.`)
  }
}

export function checkCursor(cursor: unknown): void {
  if (!Number.isInteger(cursor) || (cursor as number) < 0) {
    refuse(
      `cursor is ${shown(cursor)}; give the sequence of the last event that you have seen, or 0 for all.`,
    )
  }
}

function checkNames<Options extends object>(
  of: string,
  options: Options,
  names: ReadonlySet<string>,
): Options & Record<string, unknown> {
  if (!isObject(options)) refuse(`${of} was given ${shown(options)}; give an object with options.`)
  const unknown = Object.keys(options).find((name) => !names.has(name))
  if (unknown !== undefined) {
    refuse(`${of} takes no ${shown(unknown)}; it takes ${[...names].join(', ')}.`)
  }
  return options
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
}

function refuse(message: string): never {
  throw new CuelineError('invalid-input', message)
}
