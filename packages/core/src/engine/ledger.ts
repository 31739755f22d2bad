import { CuelineError, type CuelineErrorCode } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { Ids, ProjectId } from '../id.ts'
import type { Command } from '../staging/command.ts'
import { type Decision, decideAll } from '../staging/decide.ts'
import type { Effect, Refusal } from '../staging/draft.ts'
import { allKeys } from '../staging/all-keys.ts'
import type { Slice, SliceKeys } from '../staging/slice.ts'
import { sliceOf } from '../staging/slice-of.ts'
import type { LeaseClaim, Storage, StorageTransaction } from '../storage/storage.ts'

/** What one step may do inside the transaction it shares with others. */
export interface LedgerTransaction {
  readonly storage: StorageTransaction
  /** Decides and writes; a refusal comes back as it is and has written nothing. */
  decide(command: Command): Promise<Decision>
  /**
   * As `decide`; a refusal is thrown as a `CuelineError`. `slice` where what `sliceOf` names was loaded
   * already, with nothing written since.
   */
  execute(command: Command, slice?: Slice): Promise<Accepted>
  /**
   * As `execute` for what is written about attempts, one command after the other on the same rows: read
   * once, by these keys, written at once, or not at all when one of them is refused.
   */
  executeAll(keys: SliceKeys, commands: readonly AttemptCommand[]): Promise<Accepted>
  /**
   * Has `work` run once in this transaction, after the last step of all, with every item that was
   * given for it. What it resolves with is called after the commit. A favour, not a promise: when the
   * transaction fails with it, the steps are stored without.
   */
  atEnd<Item>(work: AtEnd<Item>, item: Item): void
}

/** What steps that share a transaction want done once for all of them. */
export type AtEnd<Item> = (
  transaction: LedgerTransaction,
  items: readonly Item[],
) => Promise<() => void>

/** Their rows are told by ids alone, so that those of several can be read together. */
export type AttemptCommand = Extract<Command, { readonly type: `attempt.${string}` }>

export type Accepted = Extract<Decision, { ok: true }>
export type Step<Result> = (transaction: LedgerTransaction) => Promise<Result>

/**
 * The only writer. Steps that arrive while a transaction is under way share the next one, so that
 * many small commands cost one commit. After the commit the events go to `onEvents`, the effects to
 * `onEffects`, in order.
 */
export interface Ledger {
  /**
   * Runs the step in a transaction of its own or shared with others. A step that throws must not
   * have written before it threw: the error is its caller's alone, the others go on. It may run
   * more than once. What it will read can be said `ahead`, so that steps which share a transaction
   * read in one go.
   */
  run<Result>(step: Step<Result>, actor?: string, ahead?: Ahead): Promise<Result>
  execute(command: Command, actor?: string): Promise<Accepted>
  /** Resolves when nothing is pending. */
  idle(): Promise<void>
}

export interface LedgerOptions {
  readonly storage: Storage
  readonly ids: Ids
  readonly random: () => number
  /** How many are at work whose next step may come any moment; left out or 0: nobody can tell. */
  readonly expected?: () => number
  readonly onEvents: (events: readonly StoredEvent[]) => void
  readonly onEffects: (effects: readonly ProjectEffects[], events: readonly StoredEvent[]) => void
}

/** What one command asked the engine to do. */
export interface ProjectEffects {
  readonly projectId: ProjectId
  readonly effects: readonly Effect[]
}

/** What a step is going to read. */
export interface Ahead {
  readonly keys: SliceKeys
  readonly claims: readonly LeaseClaim[]
}

interface Pending {
  readonly step: Step<unknown>
  readonly actor: string
  readonly ahead: Ahead | undefined
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

type Settled =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: unknown }

/**
 * Turns of the microtask queue before a commit, unless all who may come are there; costs microseconds,
 * saves most syncs to disk.
 */
const lingerTurns = 64
/** More steps than this wait for the next transaction, so that one commit stays short. */
const mostStepsPerTransaction = 256

export function createLedger(options: LedgerOptions): Ledger {
  const pending: Pending[] = []
  let draining: Promise<void> | null = null

  const allAreThere = () => {
    const expected = options.expected?.() ?? 0
    return expected > 0 && pending.length >= expected
  }
  const drain = async () => {
    while (pending.length > 0) {
      // Whoever is a few promises away from its next step shares the commit.
      for (let turn = 0; turn < lingerTurns; turn += 1) {
        await Promise.resolve()
        if (allAreThere()) break
      }
      await commit(pending.splice(0, mostStepsPerTransaction), options, true)
    }
    draining = null
  }
  const run = <Result>(step: Step<Result>, actor = 'cueline', ahead?: Ahead) =>
    new Promise<Result>((resolve, reject) => {
      pending.push({ step, actor, ahead, resolve: resolve as (result: unknown) => void, reject })
      draining ??= drain()
    })
  return {
    run,
    execute: (command, actor) =>
      run((transaction) => transaction.execute(command), actor, {
        keys: sliceOf(command),
        claims: [],
      }),
    idle: async () => {
      while (draining !== null) await draining
    },
  }
}

/** What one try of a transaction has come to so far. */
interface Progress {
  readonly settled: Settled[]
  readonly events: StoredEvent[]
  readonly effects: ProjectEffects[]
  /** What is to be done at the end, with the items for it. */
  readonly atEnd: Map<AtEnd<unknown>, unknown[]>
  readonly afterCommit: (() => void)[]
}

async function commit(
  steps: readonly Pending[],
  options: LedgerOptions,
  favours: boolean,
): Promise<void> {
  let progress = emptyProgress()
  try {
    await options.storage.transaction(async (storage) => {
      progress = emptyProgress()
      await readAhead(storage, steps)
      for (const { step, actor } of steps) {
        const written = { any: false }
        const transaction = ledgerTransaction(storage, actor, options, progress, written)
        try {
          progress.settled.push({ ok: true, result: await step(transaction) })
        } catch (error) {
          // What a step has written cannot be taken back alone.
          if (written.any) throw error
          progress.settled.push({ ok: false, error })
        }
      }
      if (favours) await endOf(storage, options, progress)
    }, concern(steps))
  } catch (error) {
    if ((steps.length > 1 || (favours && progress.atEnd.size > 0)) && !isOfStorage(error)) {
      // One of them broke the transaction for all: give each its own, without any favour.
      for (const step of steps) await commit([step], options, false)
      return
    }
    for (const { reject } of steps) reject(error)
    return
  }
  const { settled, events, effects, afterCommit } = progress
  options.onEvents(events)
  options.onEffects(effects, events)
  for (const tell of afterCommit) tell()
  steps.forEach((step, index) => {
    const outcome = settled[index]
    if (outcome?.ok) step.resolve(outcome.result)
    else step.reject(outcome?.error)
  })
}

/**
 * No step is to blame, so none would fare better alone - and when a commit's outcome is not known,
 * doing it again might do it twice.
 */
function isOfStorage(error: unknown): boolean {
  return error instanceof CuelineError && error.code.startsWith('storage-')
}

async function endOf(
  storage: StorageTransaction,
  options: LedgerOptions,
  progress: Progress,
): Promise<void> {
  const transaction = ledgerTransaction(storage, 'cueline', options, progress, { any: false })
  for (const [work, items] of progress.atEnd) {
    progress.afterCommit.push(await work(transaction, items))
  }
}

function emptyProgress(): Progress {
  return { settled: [], events: [], effects: [], atEnd: new Map(), afterCommit: [] }
}

/** The one project that all steps are about, if they say so. */
function concern(steps: readonly Pending[]): ProjectId | undefined {
  const projectId = steps[0]?.ahead?.keys.projectId
  return steps.every(({ ahead }) => ahead?.keys.projectId === projectId) ? projectId : undefined
}

/** Reads in one go what the steps said they would read, when there are several of them. */
async function readAhead(storage: StorageTransaction, steps: readonly Pending[]): Promise<void> {
  if (storage.readAhead === undefined || steps.length < 2) return
  const byProject = new Map<ProjectId, Ahead[]>()
  for (const { ahead } of steps) {
    if (ahead === undefined) continue
    const known = byProject.get(ahead.keys.projectId)
    if (known === undefined) byProject.set(ahead.keys.projectId, [ahead])
    else known.push(ahead)
  }
  for (const [projectId, several] of byProject) {
    const keys = { projectId, ...allKeys(several.map((ahead) => ahead.keys)) }
    const claims = several.flatMap((ahead) => ahead.claims)
    await storage.readAhead(keys, claims)
  }
}

function ledgerTransaction(
  storage: StorageTransaction,
  actor: string,
  { ids, random }: LedgerOptions,
  { events, effects, atEnd }: Progress,
  written: { any: boolean },
): LedgerTransaction {
  const decideAndWrite = async (
    keys: SliceKeys,
    commands: readonly Command[],
    slice: Slice | Promise<Slice> = storage.load(keys),
  ): Promise<Decision> => {
    const { projectId } = keys
    const decision = decideAll(await slice, projectId, commands, { now: storage.now, ids, random })
    if (!decision.ok || decision.events.length === 0) return decision
    written.any = true
    const stored = await storage.write(projectId, decision.changes, decision.events, actor)
    events.push(...stored)
    for (const effect of decision.effects) {
      if (effect.type === 'release-lease') await storage.release(effect.workOrderIds)
    }
    if (decision.effects.length > 0) {
      effects.push({ projectId, effects: decision.effects })
    }
    return decision
  }
  return {
    storage,
    atEnd(work, item) {
      const key = work as AtEnd<unknown>
      const items = atEnd.get(key)
      if (items === undefined) atEnd.set(key, [item])
      else items.push(item)
    },
    decide: (command) => decideAndWrite(sliceOf(command), [command]),
    execute: async (command, slice) =>
      accepted(await decideAndWrite(sliceOf(command), [command], slice)),
    executeAll: async (keys, commands) => accepted(await decideAndWrite(keys, commands)),
  }
}

function accepted(decision: Decision): Accepted {
  if (!decision.ok) throw refusalError(decision.refusal)
  return decision
}

const codes: Readonly<Record<Refusal['code'], CuelineErrorCode>> = {
  'not-found': 'not-found',
  conflict: 'conflict',
  'invalid-input': 'invalid-input',
  'lease-lost': 'lease-lost',
  'not-allowed': 'refused',
}

/** A refusal as the error that callers get. */
export function refusalError(refusal: Refusal): CuelineError {
  return new CuelineError(codes[refusal.code], refusal.message)
}
