import type { AttemptId, ProjectId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import {
  afterClaims,
  agedTurns,
  type ClaimTurns,
  noTurns,
  usualAgeingMs,
} from '../limit/claim-turns.ts'
import {
  lackingOf,
  type Load,
  scarceResources,
  suspectFrom,
  suspectIn,
} from '../limit/admission.ts'
import { neededFor } from '../merge/merge-rounds.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { sliceOf } from '../staging/slice-of.ts'
import type { Project } from '../staging/state.ts'
import type { Queries, StorageTransaction } from '../storage/storage.ts'
import { advanceProject } from './advance-project.ts'
import { attemptBriefOf } from './attempt-brief-of.ts'
import type { EngineContext } from './context.ts'
import type { LedgerTransaction } from './ledger.ts'

/** A work order that this process holds, by lease and fence. */
export interface ClaimIds {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  readonly attemptId: AttemptId
  readonly workerId: WorkerId
  readonly number: number
  readonly fence: number
}

export interface Claim extends ClaimIds {
  /** What its agent is told, as it was at the moment of the claim. */
  readonly brief: AttemptBrief
}

export interface ClaimResult {
  readonly claims: readonly Claim[]
  /**
   * True when nothing is running or about to be promoted, and nothing is queued that these workers
   * are able to do: the project rests.
   */
  readonly resting: boolean
  /** When the next queued work order may be claimed, if it waits for a time. */
  readonly nextTime: number | null
  /** Something was queued that others left no room for: it may start when one of them ends. */
  readonly keptBack: boolean
}

/** Looked at beyond the free workers; many more only when limits stand in the way of all. */
const spareCandidates = 2

export interface ClaimRequest {
  readonly projectId: ProjectId
  /** Free workers, each for one claim. */
  readonly workers: readonly WorkerId[]
  readonly leaseMs: number
  /** Only these, when a dispatcher named them. */
  readonly workOrderIds?: readonly WorkOrderId[] | undefined
  /** What the workers can do; left out, they can do everything. */
  readonly capabilities?: readonly string[] | undefined
  /** Nothing runs in this process: also find out whether the project rests. */
  readonly idle: boolean
}

/**
 * Claims work for free workers, best first, and lets the project advance (layers, promotions, stuck
 * batches) as long as workers stay free - all in one transaction.
 */
export async function claimWork(
  context: Pick<EngineContext, 'ledger' | 'quiet' | 'turns'>,
  request: ClaimRequest,
): Promise<ClaimResult> {
  const { projectId } = request
  const ahead = { keys: { projectId }, claims: [] }
  const step = (transaction: LedgerTransaction) => claimIn(transaction, context, request)
  const { turns, ...result } = await context.ledger.run(step, undefined, ahead)
  context.turns.set(projectId, turns)
  return result
}

/**
 * As `claimWork`, inside a transaction that does more than that; `turns` are what comes of the turns
 * once it is stored.
 */
export async function claimIn(
  transaction: LedgerTransaction,
  context: Pick<EngineContext, 'quiet' | 'turns'>,
  request: ClaimRequest,
): Promise<ClaimResult & { readonly turns: ClaimTurns }> {
  const { projectId, workers, idle } = request
  const { quiet } = context
  const claims: Claim[] = []
  let turns = context.turns.get(projectId) ?? noTurns
  for (;;) {
    const found = await claimOnce(transaction, request, workers.slice(claims.length), turns)
    turns = found.turns
    claims.push(...found.claims)
    const { keptBack } = found
    if (claims.length === workers.length) {
      return { claims, turns, resting: false, nextTime: null, keptBack }
    }
    const nextTime = await transaction.storage.query('nextTime', { projectId })
    // Whoever has found work does not rest, and a quiet project does not advance by itself.
    if (quiet.has(projectId) && (!idle || claims.length > 0)) {
      return { claims, turns, resting: false, nextTime, keptBack }
    }
    const freeSlots = workers.length - claims.length
    const look = await advanceProject(transaction, projectId, found.running, freeSlots)
    if (look.progressed) continue
    if (!look.due) quiet.add(projectId)
    if (claims.length > 0 || look.running) {
      return { claims, turns, resting: false, nextTime, keptBack }
    }
    const resting = !look.queued || (idle && (await needsOthers(transaction, request)))
    return { claims, turns, resting, nextTime, keptBack }
  }
}

interface Found {
  readonly claims: readonly Claim[]
  /** Attempts that run now, these claims included. */
  readonly running: number
  readonly turns: ClaimTurns
  readonly keptBack: boolean
}

async function claimOnce(
  transaction: LedgerTransaction,
  request: ClaimRequest,
  free: readonly WorkerId[],
  turns: ClaimTurns,
): Promise<Found> {
  const { storage } = transaction
  const { projectId, workOrderIds } = request
  const named = workOrderIds === undefined ? {} : { workOrderIds }
  // Asked at once: mostly nothing that runs keeps anything from being claimed.
  const limit = free.length + spareCandidates
  const [load, { project }, candidates] = await Promise.all([
    storage.query('load', { projectId }),
    storage.load({ projectId }),
    storage.query('claimable', { projectId, limit, ...named }),
  ])
  const { maxParallelTasks = 0, ageingMs = usualAgeingMs } = project?.settings ?? {}
  const workers = free.slice(0, Math.max(0, maxParallelTasks - load.total))
  const turn = workOrderIds === undefined && ageingMs > 0 ? agedTurns(turns, workers.length) : 0
  const claims: Claim[] = []
  if (turn > 0) {
    const enqueuedUntil = storage.now - ageingMs
    const some = workers.slice(0, turn)
    const old = await claimSome(transaction, request, project, load, some, { enqueuedUntil })
    claims.push(...old.claims)
  }
  const aged = claims.length
  const now = aged === 0 ? load : await storage.query('load', { projectId })
  const left = workers.slice(aged)
  const first = aged === 0 ? { limit, candidates } : undefined
  const found = await claimSome(transaction, request, project, now, left, named, first)
  claims.push(...found.claims)
  return {
    claims,
    running: load.total + claims.length,
    turns: afterClaims(turns, claims.length, aged),
    keptBack: found.keptBack,
  }
}

type Queued = Queries['claimable']['input']

/** Claims for as many of the workers as there is work that the others leave room for. */
async function claimSome(
  transaction: LedgerTransaction,
  { projectId, leaseMs, capabilities }: ClaimRequest,
  project: Project | null,
  running: Load,
  free: readonly WorkerId[],
  wanted: Pick<Queued, 'enqueuedUntil' | 'workOrderIds'>,
  asked?: { readonly limit: number; readonly candidates: readonly WorkOrderId[] },
): Promise<Pick<Found, 'claims' | 'keptBack'>> {
  const { storage } = transaction
  const claims: Claim[] = []
  let keptBack = false
  let load = running
  let taken = takenBy(load, project)
  let full: Full | undefined
  // What was asked before it was known who is in the way serves as long as nobody is.
  let known = Object.keys(taken).length === 0 ? asked : undefined
  for (let limit = known?.limit ?? free.length + spareCandidates; claims.length < free.length;) {
    const candidates =
      known?.candidates ??
      (await storage.query('claimable', { projectId, limit, ...wanted, ...taken, ...full }))
    known = undefined
    keptBack ||= full !== undefined || Object.keys(taken).length > 0
    if (candidates.length === 0) break
    const command = {
      type: 'work.claim',
      projectId,
      workers: free.slice(claims.length),
      candidates,
      load,
      ...(capabilities !== undefined && { capabilities }),
    } as const
    // As it is before: nothing of what the claim changes is told to an agent.
    const slice = await storage.load(sliceOf(command))
    const { events } = await transaction.execute(command, slice)
    const before = claims.length
    const started = events
      .filter((event) => event.type === 'attempt.started')
      .map((event): ClaimIds => ({ ...event, projectId }))
    for (const ids of started) await storage.lease([ids], ids.workerId, leaseMs)
    for (const ids of started) {
      claims.push({ ...ids, brief: await attemptBriefOf(storage, slice, ids) })
    }
    keptBack ||= candidates.length > started.length
    if (candidates.length < limit || claims.length === free.length) break
    if (claims.length === before) {
      // With all of that left out the first candidate can start; a storage that did not is looked through.
      if (full !== undefined) limit *= 8
      full = await fullBy(storage, load, project, capabilities)
      continue
    }
    // What was just claimed may stand in the way of these candidates, though not of those behind them.
    load = await storage.query('load', { projectId })
    taken = takenBy(load, project)
    full = await fullBy(storage, load, project, capabilities)
  }
  return { claims, keptBack }
}

type Taken = Pick<Queued, 'keysInUse' | 'interruptionsBelow'>

type Full = Pick<Queued, 'fullAccounts' | 'fullBatches' | 'scarceResources' | 'capabilities'>

/**
 * What has no room and what these workers cannot do: thousands of such tasks may stand before one that
 * can start. Asked for only when they do, since it makes the usual statement slower.
 */
async function fullBy(
  storage: StorageTransaction,
  load: Load,
  project: Project | null,
  capabilities: readonly string[] | undefined,
): Promise<Full> {
  if (project === null) return {}
  const { byAccount, byBatch } = load
  const scarce = scarceResources(load, project.settings)
  const { accountLimits = {} } = project.settings
  const { batches } = await storage.load({ projectId: project.id, batches: [...byBatch.keys()] })
  const fullAccounts = Object.entries(accountLimits).flatMap(([account, most]) =>
    (byAccount.get(account) ?? 0) >= most ? [account] : [],
  )
  const fullBatches = [...batches.values()].flatMap(({ id, maxParallelTasks }) =>
    (byBatch.get(id) ?? 0) >= maxParallelTasks ? [id] : [],
  )
  return {
    ...(fullAccounts.length > 0 && { fullAccounts }),
    ...(fullBatches.length > 0 && { fullBatches }),
    ...(scarce.length > 0 && { scarceResources: scarce }),
    ...(capabilities !== undefined && { capabilities }),
  }
}

/** What those who run leave to nobody else. */
function takenBy(load: Load, project: Project | null): Taken {
  return {
    ...(load.byKey.size > 0 && { keysInUse: [...load.byKey.keys()] }),
    ...(project !== null &&
      suspectIn(load, project.settings) !== undefined && {
        interruptionsBelow: suspectFrom(project.settings),
      }),
  }
}

/** Looked at in one go. */
const portion = 500

/**
 * Whether all that is queued is for workers who can do what these cannot. Nothing runs, so if there
 * were any, they would be at it.
 */
async function needsOthers(
  { storage }: LedgerTransaction,
  { projectId, capabilities }: ClaimRequest,
): Promise<boolean> {
  if (capabilities === undefined) return false
  const able = new Set(capabilities)
  const ids = await storage.query('ready', { projectId })
  for (let from = 0; from < ids.length; from += portion) {
    const { project, tasks, workOrders } = await storage.load({
      projectId,
      tasks: ids.slice(from, from + portion),
    })
    for (const task of tasks.values()) {
      const order = task.workOrderId === null ? undefined : workOrders.get(task.workOrderId)
      const needed = project === null ? task : neededFor(task, order, project.settings)
      if (lackingOf(needed, able).length === 0) return false
    }
  }
  return true
}
