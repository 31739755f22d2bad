import type { Event } from '../event/event.ts'
import type { Ids, RequestId, WorkerId, WorkOrderId } from '../id.ts'
import type { Load } from '../limit/admission.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { advance } from './advance.ts'
import { applyChanges, copySlice, type MutableSlice } from './apply-changes.ts'
import type { BatchSummary } from './batch-summary.ts'
import type { AttemptWrite, Command, CommandOf } from './command.ts'
import { decide, type Decision } from './decide.ts'
import type { Effect, Refusal } from './draft.ts'
import { batchId, projectId, settings, taskId, type TaskLine, tasksOf } from './garden.arbitrary.ts'
import { honestSlice } from './honest-slice.arbitrary.ts'
import {
  claimableIn,
  isReadyIn,
  loadOf,
  summariesOf,
  summaryOf,
} from './naive-queries.arbitrary.ts'
import { newBatch } from './new-batch.ts'
import { isRunning, type Obstacle } from './readiness.ts'
import { type Change, emptySlice, type Slice } from './slice.ts'
import { sliceOf } from './slice-of.ts'
import type { Attempt, Batch, Project, ProjectSettings, Request, Task, WorkOrder } from './state.ts'
import { whyNotReady } from './why-not-ready.ts'

export type Accepted = Extract<Decision, { ok: true }>
type WithoutProject<C> = C extends unknown ? Omit<C, 'projectId'> : never
/** A command to the one project of a world. */
export type Order = WithoutProject<Command>
type AttemptOrder = Extract<Command, AttemptWrite>
type WithoutClaim<C> = C extends unknown ? Omit<C, 'projectId' | keyof AttemptWrite> : never
export type Write = WithoutClaim<AttemptOrder>

/** Looks over the shoulder of a world; throws when something is wrong. */
export interface Checks {
  isPure(slice: Slice, decision: Decision, decideAgain: () => Decision): void
  beforeWrite(state: Slice, decision: Accepted): void
  afterWrite(state: Slice, decision: Accepted): void
}

/** What a claimer holds in hands, whatever has become of it since. */
export interface Claim {
  readonly taskId: Task['id']
  readonly workOrderId: WorkOrderId
  readonly attemptId: Attempt['id']
  readonly fence: number
}

/**
 * One project in memory, driven as an engine and a storage drive it: every command is decided on
 * the slice that `sliceOf` names, its changes are written, its leases released. Nothing waits.
 */
export class World {
  readonly state: MutableSlice = copySlice(emptySlice)
  readonly events: Event[] = []
  readonly effects: Effect[] = []
  now = 1_700_000_000_000
  /** Instead of random numbers. */
  random: (() => number) | undefined
  readonly changedAt = new Map<string, number>()
  #held = new Map<WorkOrderId, number>()
  readonly #checks: Checks | undefined
  #ids = 0

  constructor(given: Partial<ProjectSettings> = {}, checks?: Checks) {
    this.#checks = checks
    this.do({ type: 'project.create', name: 'Garden', settings: { ...settings, ...given } })
  }

  /** Decides and writes, or gives the refusal, which writes nothing. */
  try(order: Order): Decision {
    const command = { projectId, ...order } as Command
    const slice = honestSlice(this.state, sliceOf(command))
    const decision = this.decide(slice, command)
    if (!decision.ok) return decision
    this.#checks?.beforeWrite(this.state, decision)
    this.#write(decision)
    this.#checks?.afterWrite(this.state, decision)
    return decision
  }

  /** What would be decided; writes nothing. */
  decide(slice: Slice, command: Command): Decision {
    const from = this.#ids
    this.#ids += 100
    const decideOnce = () => {
      let id = from
      const ids = ((kind: string) => `${kind}-${++id}`) as Ids
      const random = this.random ?? seededRandom(from)
      return decide(slice, command, { now: this.now, ids, random })
    }
    const decision = decideOnce()
    this.#checks?.isPure(slice, decision, decideOnce)
    return decision
  }

  do(order: Order): Accepted {
    const decision = this.try(order)
    if (!decision.ok) throw new Error(`${order.type} was refused: ${decision.refusal.message}`)
    return decision
  }

  refuse(order: Order): Refusal {
    const decision = this.try(order)
    if (decision.ok) throw new Error(`${order.type} was accepted`)
    return decision.refusal
  }

  add(...lines: readonly TaskLine[]): this {
    this.do({ type: 'tasks.add', ...tasksOf(lines, this.state.tasks.size) })
    return this
  }

  create(name: string, given: Partial<Batch> = {}): this {
    const order = this.state.batches.size + 1
    const id = batchId(name)
    const batch = newBatch({ id, projectId, name, order, createdAt: this.now, ...given })
    this.do({ type: 'batch.create', batch })
    return this
  }

  /** Stages tasks in a batch, which is created when there is none of that name. */
  stage(name: string, codes: readonly string[], given: Partial<Batch> = {}): Accepted {
    if (!this.state.batches.has(batchId(name))) this.create(name, given)
    const tasks = codes.map((code) => ({ id: taskId(code), stagePriority: 0 }))
    return this.do({ type: 'tasks.stage', batchId: batchId(name), tasks, force: false })
  }

  promote(name: string): Accepted {
    const order = { type: 'batch.promote', batchId: batchId(name), auto: false } as const
    return this.do({ ...order, reason: 'asked' })
  }

  /** Claims for so many workers, best first. */
  claim(workers = 1, candidates: readonly WorkOrderId[] = this.claimable()): readonly Claim[] {
    const names = Array.from({ length: workers }, (_, index) => `worker-${index + 1}` as WorkerId)
    const decision = this.do({
      type: 'work.claim',
      workers: names,
      candidates,
      load: this.load(),
    })
    return decision.events.flatMap((event) => {
      if (event.type !== 'attempt.started') return []
      this.#held.set(event.workOrderId, event.fence)
      return [event]
    })
  }

  /** Claims just this task. */
  start(code: string): Claim {
    const order = this.task(code).workOrderId
    const [claim] = this.claim(1, order === null ? [] : [order])
    if (claim === undefined) throw new Error(`${code} cannot start: ${this.why(code).join('; ')}`)
    return claim
  }

  /** A write of a claim, checked against its lease as it stands now. */
  tryWrite(claim: Claim, write: Write): Decision {
    const { taskId, workOrderId, attemptId, fence } = claim
    const held = this.#held.get(workOrderId) === fence
    return this.try({ taskId, workOrderId, attemptId, fence, held, ...write })
  }

  write(claim: Claim, write: Write): Accepted {
    const decision = this.tryWrite(claim, write)
    if (!decision.ok) throw new Error(`${write.type} was refused: ${decision.refusal.message}`)
    return decision
  }

  succeed(claim: Claim, merged: string | null = null): Accepted {
    this.write(claim, { type: 'attempt.verify', summary: 'done' })
    return this.write(claim, { type: 'attempt.succeed', verdicts: [], merged })
  }

  fail(claim: Claim, failure: Partial<Task['failure']> = {}, retryAfterMs?: number): Accepted {
    return this.write(claim, {
      type: 'attempt.fail',
      failure: { class: 'gate-failed', message: 'red', evidence: '', ...failure },
      verdicts: [],
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }

  /** The lease of the claim lapses, and the sweep finds it. */
  lapse(
    claim: Claim,
    landed?: string,
    how: Partial<Pick<CommandOf<'work.reclaim'>, 'alive' | 'waited'>> = {},
  ): Accepted {
    const { workOrderId, taskId } = claim
    this.#held.delete(workOrderId)
    return this.do({
      type: 'work.reclaim',
      workOrderIds: [workOrderId],
      landed: landed === undefined ? [] : [{ workOrderId, taskId, merged: landed }],
      ...how,
    })
  }

  /** Lets the project advance until nothing happens any more, as the engine does. */
  advance(freeSlots = 1): readonly Event[] {
    const from = this.events.length
    for (let round = 0; ; round += 1) {
      if (round > 200) throw new Error('advance does not come to rest')
      const before = this.events.length
      for (const { projectId: _, ...order } of this.advanceCommands(freeSlots)) {
        this.do(order)
      }
      const added = this.events.slice(before)
      if (added.every((event) => event.type === 'batch.stuck')) return this.events.slice(from)
    }
  }

  advanceCommands(freeSlots: number): readonly Command[] {
    const load = this.load()
    return advance({
      project: this.project,
      batches: this.batches(),
      running: load.total,
      claimable: this.claimable().length,
      freeSlots,
      now: this.now,
    })
  }

  get project(): Project {
    const { project } = this.state
    if (project === null) throw new Error('There is no project.')
    return project
  }

  task(code: string): Task {
    return found(this.state.tasks.get(taskId(code)), code)
  }

  batch(name: string): Batch {
    return found(this.state.batches.get(batchId(name)), name)
  }

  /** The current work order of a task. */
  order(code: string): WorkOrder {
    const id = this.task(code).workOrderId
    return found(id === null ? undefined : this.state.workOrders.get(id), `work order of ${code}`)
  }

  attempt(claim: Claim): Attempt {
    return found(this.state.attempts.get(claim.attemptId), claim.attemptId)
  }

  requests(code: string): readonly Request[] {
    return [...this.state.requests.values()].filter((request) => request.taskId === code)
  }

  answer(requestId: RequestId, answer: string): Accepted {
    return this.do({ type: 'request.answer', requestId, answer, by: 'Ada' })
  }

  statuses(): Record<string, string> {
    return Object.fromEntries([...this.state.tasks.values()].map((t) => [t.code, t.status]))
  }

  /** What keeps a task from starting, as people read it. */
  why(code: string): readonly string[] {
    return this.obstacles(code).map((obstacle) => obstacle.message)
  }

  obstacles(code: string): readonly Obstacle[] {
    const slice = honestSlice(this.state, {
      projectId,
      dependenciesOf: [taskId(code)],
      holds: true,
      openRequests: true,
    })
    return whyNotReady(this.task(code), slice, this.load(), this.now)
  }

  isReady(task: Task): boolean {
    return isReadyIn(this.state, task)
  }

  claimable(): readonly WorkOrderId[] {
    return claimableIn(this.state, this.now)
  }

  load(): Load {
    return loadOf(this.state)
  }

  batches(): readonly BatchSummary[] {
    return summariesOf(this.state, this.changedAt)
  }

  summary(batch: Batch): BatchSummary {
    return summaryOf(this.state, this.changedAt, batch)
  }

  /** Claims whose lease stands. */
  liveClaims(): readonly Claim[] {
    return [...this.state.tasks.values()].filter(isRunning).flatMap((task): Claim[] => {
      const order = task.workOrderId && this.state.workOrders.get(task.workOrderId)
      if (!order || order.attemptId === null) return []
      const { id: workOrderId, attemptId, fence } = order
      return [{ taskId: task.id, workOrderId, attemptId, fence }]
    })
  }

  #write({ changes, events, effects }: Accepted): void {
    applyChanges(this.state, changes.map(frozen))
    for (const event of events) this.events.push(event)
    for (const change of changes) {
      if (change.table === 'task' && change.kind === 'update')
        this.changedAt.set(change.key, this.now)
    }
    for (const effect of effects) {
      this.effects.push(effect)
      if (effect.type !== 'release-lease') continue
      for (const id of effect.workOrderIds) this.#held.delete(id)
    }
  }
}

/** A world of one task, `seed`, that is staged in a batch which is promoted. */
export function oneTask(given: Partial<ProjectSettings> = {}): World {
  const world = new World(given).add('seed')
  world.stage('spring', ['seed'])
  world.promote('spring')
  return world
}

/** Rows that throw when a decision writes into them. */
function frozen(change: Change): Change {
  if (change.kind === 'insert') Object.freeze(change.row)
  return change
}

function found<Row>(row: Row | undefined, name: string): Row {
  if (row === undefined) throw new Error(`There is no ${name}.`)
  return row
}
