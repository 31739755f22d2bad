import {
  checkCursor,
  checkListener,
  checkOptions,
  checkRunOptions,
  checkSignal,
} from './check-options.ts'
import { type Clock, systemClock } from './clock.ts'
import type { DeliveryProvider } from './delivery/delivery.ts'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import { inProcessDispatcher } from './dispatch/in-process-dispatcher.ts'
import { announce, applyEffects } from './engine/apply-effects.ts'
import { AttemptAborted } from './engine/attempt-aborted.ts'
import { type BlockedTask, blockedTasks } from './engine/blocked-tasks.ts'
import {
  type CuelineEvents,
  defaultTimes,
  type EngineContext,
  type EngineTimes,
} from './engine/context.ts'
import { createLedger } from './engine/ledger.ts'
import { createMergeTurns } from './engine/merge-turns.ts'
import type { Protection } from './engine/protect.ts'
import { runProject } from './engine/run-project.ts'
import { createSafeEmitter } from './engine/safe-emitter.ts'
import { CuelineError } from './error.ts'
import type { StoredEvent } from './event/event.ts'
import type { Gate, Gates } from './gate/gate.ts'
import { type Ids, type ProjectId, randomIds, type RequestId } from './id.ts'
import { type ClaimTurns, usualAgeingMs } from './limit/claim-turns.ts'
import { eventFilter } from './operation/event-filter.ts'
import { foldLog } from './operation/fold-log.ts'
import { createMethods } from './operation/methods.ts'
import type { Methods } from './operation/operation.ts'
import type { Operations } from './operation/registry.ts'
import { shown } from './plan/shown.ts'
import { reportOf } from './report/fold-report.ts'
import type { RunReport } from './report/run-report.ts'
import { functionRunner } from './runner/function-runner.ts'
import type { Runner, RunnerFunction } from './runner/runner.ts'
import type { ProjectSettings } from './staging/state.ts'
import { memoryStorage } from './storage/memory-storage.ts'
import type { Storage } from './storage/storage.ts'
import type { WorkspaceProvider } from './workspace/workspace.ts'

export interface CuelineOptions {
  /** Where state lives; in memory when left out. */
  readonly storage?: Storage
  /** Who does the work: a runner, or a bare async function. Needed by `run` only. */
  readonly runner?: Runner | RunnerFunction
  readonly workspace?: WorkspaceProvider
  /** Where `deliveries.open` hands finished work over; left out, it stays where it has landed. */
  readonly delivery?: DeliveryProvider
  /**
   * Which gates judge a task: a function of the attempt, or the same ones for all. A task that names
   * gates fails closed when this is left out.
   */
  readonly gates?: Gates | readonly Gate[]
  /**
   * What work may not change without a person: settings and instructions of agents, what build servers
   * and git run (`protectedPaths`). A task may change what its `touches` name; `false` protects nothing.
   */
  readonly protect?: Protection | false
  /**
   * How many attempts whose work waits to be merged are merged and judged together, at most; 1 when left
   * out. It saves runs of gates: see `Gate.key`.
   */
  readonly mergeGroup?: number
  readonly dispatcher?: Dispatcher
  /** What new projects start with, over `defaultSettings`. */
  readonly settings?: Partial<ProjectSettings>
  readonly times?: Partial<EngineTimes>
  readonly clock?: Clock
  readonly ids?: Ids
  /** From 0 up to 1, for jitter. */
  readonly random?: () => number
  /** Hears of everything that went wrong without stopping the engine, listeners included. */
  readonly onError?: (error: unknown, where: string) => unknown
}

export interface RunOptions {
  readonly projectId: string
  /** Attempts that may work at once; 4 when left out. */
  readonly workers?: number
  /**
   * What the workers of this run can do. They take only tasks whose `capabilities` are among these;
   * left out, they take every task. When only tasks for others are left, the run rests and names
   * them in `blocked`.
   */
  readonly capabilities?: readonly string[]
  /** Stops the run: nothing new is claimed, running attempts are interrupted after `drainMs`. */
  readonly signal?: AbortSignal
  /** Milliseconds that running attempts get to finish after the signal; 0 when left out. */
  readonly drainMs?: number
  /** Goes on waiting for work when the project rests, until `signal` stops it: for a fleet's workers. */
  readonly stay?: boolean
  /** Milliseconds of real time that one plan minute stands for, for the report. */
  readonly timeScale?: number
}

export interface RunResult extends RunReport {
  /** `rested`: nothing is left that could go on by itself. `stopped`: the signal said so. */
  readonly ended: 'rested' | 'stopped'
  /** Attempts that the stop interrupted; they are queued again and not charged. */
  readonly interrupted: number
  /** Staged tasks that cannot start although the run rests, and why; the first hundred. */
  readonly blocked: readonly BlockedTask[]
}

export interface Cueline extends Methods<Operations> {
  /**
   * Works on a project until nothing is left that could go on by itself: promotes, dispatches, has
   * agents work, judges, merges, retries, and reports. Several processes may run one project.
   */
  run(options: RunOptions): Promise<RunResult>
  /** Listens; returns the function that stops. What a listener throws goes to `onError`. */
  on<Name extends keyof CuelineEvents & string>(
    name: Name,
    listener: (payload: CuelineEvents[Name]) => unknown,
  ): () => void
  /**
   * Follows the log of a project from `cursor`, over processes and restarts: all of it, or what is
   * about a task (id or code) or a worker (id or name). Throws `not-found` for a project, task or
   * worker that does not exist, and `pruned` when the event after the cursor is gone.
   */
  watch(options: {
    readonly projectId: string
    readonly cursor?: number
    readonly task?: string
    readonly worker?: string
    readonly signal: AbortSignal
  }): AsyncIterable<StoredEvent>
  /** Stops what runs, then closes runner, workspace, dispatcher and storage. Twice is once. */
  close(): Promise<void>
}

export const defaultSettings: ProjectSettings = {
  barrier: 'none',
  maxParallelTasks: 100,
  releaseOn: 'verified',
  maxAttempts: 3,
  maxInterruptions: 5,
  ageingMs: usualAgeingMs,
  retryBaseMs: 1_000,
  retryMaxMs: 60_000,
  stuckAfterMs: 15 * 60_000,
  stuckPolicy: 'hold',
}

/** Puts the ports together. Nothing runs and no file is touched before a method is called. */
export async function createCueline(options: CuelineOptions = {}): Promise<Cueline> {
  checkOptions(options)
  const clock = options.clock ?? systemClock
  const onError = safely(options.onError)
  const storage = options.storage ?? memoryStorage({ clock: () => clock.now() })
  const ids = options.ids ?? randomIds
  const dispatcher =
    options.dispatcher ?? inProcessDispatcher({ news: storage.subscribe?.bind(storage) })
  const emitter = createSafeEmitter<CuelineEvents>((error, name) =>
    onError(error, `listener "${name}"`),
  )
  const answers = new Map<RequestId, (answer: string) => void>()
  const live = new Map<string, AbortController>()
  const quiet = new Set<ProjectId>()
  const open: EngineContext['open'] = new Map()
  const alive: EngineContext['alive'] = new Map()
  const overlaps: EngineContext['overlaps'] = new Map()
  const goOn: EngineContext['goOn'] = new Map()
  const turns = new Map<ProjectId, ClaimTurns>()
  const mergeTurns = createMergeTurns(storage, onError)
  const shared = {
    dispatcher,
    emitter,
    answers,
    live,
    open,
    alive,
    overlaps,
    goOn,
    quiet,
    turns,
    mergeTurns,
    mergeGroup: options.mergeGroup ?? 1,
    onError,
  }
  const ledger = createLedger({
    storage,
    ids,
    random: options.random ?? Math.random,
    expected: () => live.size,
    onEvents: (events) => announce(shared, events),
    onEffects: (effects, events) => applyEffects(shared, effects, events),
  })
  const defaults: ProjectSettings = {
    ...defaultSettings,
    // Dependents start from what is merged, where work is merged at all.
    ...(options.workspace?.merges && { releaseOn: 'merged' }),
    ...options.settings,
  }
  const context: Omit<EngineContext, 'runner'> = {
    ...shared,
    storage,
    ledger,
    workspace: options.workspace ?? null,
    gates: gatesOf(options.gates),
    protection: options.protect === false ? null : (options.protect ?? {}),
    clock,
    ids,
    times: { ...defaultTimes, ...options.times },
  }
  const runner =
    typeof options.runner === 'function' ? functionRunner(options.runner) : options.runner
  const methods = createMethods({
    storage,
    ledger,
    ids,
    clock,
    defaults,
    workspace: options.workspace ?? null,
    delivery: options.delivery ?? null,
  })
  const closing = new AbortController()
  const runs = new Set<Promise<unknown>>()
  let closed: Promise<void> | null = null

  const runAndReport = async (given: RunOptions): Promise<RunResult> => {
    if (runner === undefined) {
      throw new CuelineError(
        'invalid-input',
        'run needs somebody to do the work: give createCueline a runner, e.g. { runner: async (attempt) => … }.',
      )
    }
    if (closed !== null) {
      throw new CuelineError('refused', 'This Cueline is closed; create a new one to run.')
    }
    checkRunOptions(given)
    const projectId = given.projectId as ProjectId
    const end = await runProject(
      { ...context, runner },
      {
        projectId,
        workers: given.workers ?? 4,
        capabilities: given.capabilities,
        signal: given.signal ? AbortSignal.any([given.signal, closing.signal]) : closing.signal,
        drainMs: given.drainMs ?? 0,
        stay: given.stay ?? false,
      },
    )
    await ledger.idle()
    const report = reportOf(await foldLog(storage, projectId), {
      ...(given.timeScale !== undefined && { timeScale: given.timeScale }),
    })
    const blocked =
      end.ended === 'rested'
        ? await blockedTasks(storage, methods, projectId, given.capabilities)
        : []
    return { ...report, ...end, blocked }
  }
  const close = async () => {
    closing.abort(new AttemptAborted('shutdown', 'Cueline was closed.'))
    await Promise.allSettled(runs)
    await ledger.idle()
    await runner?.close?.()
    await options.workspace?.close()
    await options.delivery?.close()
    await dispatcher.close()
    await storage.close()
    emitter.clear()
  }

  return {
    ...methods,
    async run(given) {
      const running = runAndReport(given)
      runs.add(running)
      try {
        return await running
      } finally {
        runs.delete(running)
      }
    },
    on(name, listener) {
      checkListener(name, listener)
      return emitter.on(name, listener)
    },
    async *watch({ projectId, cursor = 0, signal, ...filter }) {
      checkSignal(signal)
      checkCursor(cursor)
      const { id } = await methods.projects.get({ projectId })
      const accepts = await eventFilter(storage, id, filter)
      for await (const event of storage.watch(id, cursor, signal)) if (accepts(event)) yield event
    },
    close() {
      closed ??= close()
      return closed
    },
  }
}

/** Who reports errors may be broken too; the engine goes on all the same. */
function safely(onError: CuelineOptions['onError']): EngineContext['onError'] {
  const tell = async (...[what, where]: Parameters<EngineContext['onError']>) => {
    try {
      await onError?.(what, where)
    } catch {
      // Nobody is left to tell.
    }
  }
  return (what, where) => void tell(what, where)
}

function gatesOf(given: CuelineOptions['gates']): Gates | null {
  if (given === undefined) return null
  if (typeof given === 'function') {
    return (attempt) => {
      const gates: unknown = given(attempt)
      // Nothing returned is an oversight: as no gates it would pass whatever was done.
      if (Array.isArray(gates)) return gates as Gate[]
      throw new CuelineError(
        'invalid-input',
        `gates gave ${shown(gates)} for task "${attempt.task.code}"; it gives an array of gates, an empty one for none.`,
      )
    }
  }
  if (Array.isArray(given)) return () => given
  throw new CuelineError(
    'invalid-input',
    `gates is ${typeof given}; give an array of gates, or a function that gives them for an attempt.`,
  )
}
