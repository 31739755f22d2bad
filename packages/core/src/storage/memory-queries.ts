import type { BatchId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import {
  addToLoad,
  emptyLoad,
  growingLoad,
  hasRoom,
  lackingOf,
  type Load,
} from '../limit/admission.ts'
import { isSettled, readiness } from '../staging/readiness.ts'
import { defaultAccount } from '../staging/state.ts'
import type { Slice } from '../staging/slice.ts'
import type {
  Attempt,
  Batch,
  StoredArtifact,
  StoredPlan,
  Task,
  WorkOrder,
} from '../staging/state.ts'
import { compareClaims } from './claim-order.ts'
import type { MemoryWorld } from './memory-world.ts'
import { byPosition } from './memory-slice.ts'
import { compareBatches } from './moving-batches.ts'
import type { ProjectRows } from './project-rows.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import type { Queries, QueryName, QueuedMerge, QueueCounts } from './storage.ts'
import { compareText } from './compare-text.ts'

type Answers = {
  readonly [Name in QueryName]: (
    world: MemoryWorld,
    input: Queries[Name]['input'],
    now: number,
  ) => Queries[Name]['output']
}

/** The named reads of `Storage`, answered from the indexes of each project. */
export const memoryQueries: Answers = {
  projects: (world) =>
    [...world.projects.values()]
      .map((rows) => rows.slice.project)
      .filter((project) => project !== null)
      .toSorted(
        (left, right) => left.createdAt - right.createdAt || compareText(left.id, right.id),
      ),
  claimable: (world, input, now) => {
    const rows = world.rowsOf(input.projectId)
    const inUse = new Set(input.keysInUse)
    const { interruptionsBelow = Infinity } = input
    const fullAccounts = new Set(input.fullAccounts)
    const fullBatches = new Set<BatchId | null>(input.fullBatches)
    const scarce = new Map(input.scarceResources?.map((use) => [use.name, use]))
    const able = input.capabilities === undefined ? undefined : new Set(input.capabilities)
    const isFree = (task: Task, order: WorkOrder) =>
      order.interruptions < interruptionsBelow &&
      !fullAccounts.has(task.account ?? defaultAccount) &&
      !fullBatches.has(task.batchId) &&
      !task.exclusiveKeys.some((key) => inUse.has(key)) &&
      (able === undefined || lackingOf(task, able).length === 0) &&
      Object.entries(task.resources).every(([name, demand]) => {
        const use = scarce.get(name)
        return use === undefined || hasRoom(use, demand)
      })
    const conditions = {
      isOpen: (batchId: BatchId, layer: number) => isOpen(rows, batchId, layer),
      isHeld: (account: string) => isHeld(rows, account, now),
      isFree,
    }
    if (input.enqueuedUntil !== undefined) {
      return rows.claims.oldest(input.limit, now, input.enqueuedUntil, conditions)
    }
    return input.workOrderIds === undefined
      ? rows.claims.first(input.limit, now, conditions)
      : claimableOf(rows, input.workOrderIds, now, isFree).slice(0, input.limit)
  },
  queues: (world, input, now) => queuesOf(world.rowsOf(input.projectId), now),
  ready: (world, input) => readyTasks(world.rowsOf(input.projectId)).map((task) => task.id),
  load: (world, input) => loadOf(world.rowsOf(input.projectId)),
  expired: (world, input, now) => {
    const rows = world.rowsOf(input.projectId)
    const expired = []
    for (const id of rows.claimed) {
      const order = rows.slice.workOrders.get(id)
      if (order !== undefined && !isLive(world, id, now)) expired.push(order)
    }
    return expired
      .toSorted(
        (left, right) => left.enqueuedAt - right.enqueuedAt || compareText(left.id, right.id),
      )
      .slice(0, input.limit)
      .map((order) => order.id)
  },
  mergeQueue: (world, { target, limit }, now) => {
    const queued: QueuedMerge[] = []
    for (const rows of world.projects.values()) {
      for (const id of rows.claimed) {
        const merge = queuedMerge(world, rows, id, now)
        if (merge === null || (target !== undefined && merge.target !== target)) continue
        queued.push(merge)
      }
    }
    return queued
      .toSorted(
        (left, right) =>
          compareText(left.target, right.target) ||
          left.queuedAt - right.queuedAt ||
          compareText(left.attemptId, right.attemptId),
      )
      .slice(0, limit)
  },
  silentWorkers: (world, input, now) => {
    const silent: WorkerId[] = []
    for (const worker of world.rowsOf(input.projectId).slice.workers.values()) {
      const heardAt = world.heartbeats.get(worker.id) ?? worker.registeredAt
      if (worker.status !== 'offline' && heardAt + input.silentMs < now) silent.push(worker.id)
    }
    return silent.toSorted(compareText)
  },
  batches: (world, input) => {
    const rows = world.rowsOf(input.projectId)
    const batches =
      input.moving === true
        ? rows.moving.all()
        : [...rows.slice.batches.values()].toSorted(compareBatches)
    return batches.map((batch) => summaryOf(rows, batch))
  },
  nextTime: (world, input, now) => {
    const rows = world.rowsOf(input.projectId)
    let next = rows.timed.firstWhere((order) => order.notBefore > now)?.notBefore ?? null
    for (const { until } of rows.slice.holds.values()) {
      if (until > now && (next === null || until < next)) next = until
    }
    return next
  },
  tasks: (world, input) => {
    const rows = world.rowsOf(input.projectId)
    const wanted = input.codes === undefined ? undefined : new Set(input.codes)
    let tasks: Iterable<Task>
    if (wanted !== undefined) tasks = pick(rows.slice.tasks, mapped(wanted, rows.taskByCode))
    else if (input.batchId === undefined) tasks = rows.slice.tasks.values()
    else tasks = pick(rows.slice.tasks, rows.tasksOfBatch.of(input.batchId))
    return [...tasks]
      .filter((task) => input.batchId === undefined || task.batchId === input.batchId)
      .filter((task) => input.status === undefined || input.status.includes(task.status))
      .toSorted(byPosition)
  },
  workOrders: (world, input) => {
    const { slice, ordersOfTask } = world.rowsOf(input.projectId)
    const orders =
      input.taskId === undefined
        ? slice.workOrders.values()
        : pick(slice.workOrders, ordersOfTask.of(input.taskId))
    return [...orders].toSorted(
      (left, right) => left.enqueuedAt - right.enqueuedAt || compareText(left.id, right.id),
    )
  },
  attempts: (world, input) => {
    const { slice, attemptsOfTask } = world.rowsOf(input.projectId)
    const attempts =
      input.taskId === undefined
        ? slice.attempts.values()
        : pick(slice.attempts, attemptsOfTask.of(input.taskId))
    return [...attempts]
      .filter((attempt) => input.status === undefined || input.status.includes(attempt.status))
      .toSorted(
        (left, right) =>
          left.startedAt - right.startedAt ||
          left.number - right.number ||
          compareText(left.id, right.id),
      )
  },
  requests: (world, input) => {
    const { slice, requestsOfTask } = world.rowsOf(input.projectId)
    const requests =
      input.taskId === undefined
        ? slice.requests.values()
        : pick(slice.requests, requestsOfTask.of(input.taskId))
    return [...requests]
      .filter((request) => input.status === undefined || input.status.includes(request.status))
      .toSorted((left, right) => left.askedAt - right.askedAt || compareText(left.id, right.id))
  },
  workers: (world, input) =>
    [...world.rowsOf(input.projectId).slice.workers.values()].toSorted(
      (left, right) => left.registeredAt - right.registeredAt || compareText(left.id, right.id),
    ),
  sessions: (world, input) => {
    const { slice, sessionsOfTask } = world.rowsOf(input.projectId)
    const sessions =
      input.taskId === undefined
        ? slice.sessions.values()
        : pick(slice.sessions, sessionsOfTask.of(input.taskId))
    return [...sessions]
      .filter(({ status }) => input.status === undefined || input.status.includes(status))
      .filter(({ workerId }) => input.workerId === undefined || input.workerId === workerId)
      .toSorted((left, right) => left.startedAt - right.startedAt || compareText(left.id, right.id))
  },
  plan: (world, input) => {
    const { plans } = world.rowsOf(input.projectId)
    if (input.planId !== undefined) return plans.get(input.planId) ?? null
    let newest: StoredPlan | null = null
    for (const plan of plans.values()) {
      if (newest === null || isNewer(plan, newest)) newest = plan
    }
    return newest
  },
  artifact: (world, input) => {
    const artifact = world.rowsOf(input.projectId).artifacts.get(input.hash)?.[0]
    return artifact === undefined ? null : { ...artifact, bytes: artifact.bytes.slice() }
  },
  artifacts: (world, input) =>
    [...world.rowsOf(input.projectId).artifacts.values()]
      .flat()
      .filter((artifact) => input.taskId === undefined || artifact.taskId === input.taskId)
      .toSorted(
        (left, right) =>
          left.createdAt - right.createdAt ||
          compareText(left.hash, right.hash) ||
          compareText(left.name, right.name),
      )
      .map(withoutBytes),
  projectOf: (world, { id }) => {
    for (const [projectId, rows] of world.projects) if (rows.knows(id)) return projectId
    return null
  },
  lastSequence: (world, input) => world.lastSequence(input.projectId),
  prunedThrough: (world, input) => world.prunedThrough(input.projectId),
  logBase: (world, input) => world.logBase(input.projectId),
}

function isOpen(rows: ProjectRows, batchId: BatchId, layer: number): boolean {
  const batch = rows.slice.batches.get(batchId)
  return (
    rows.slice.project !== null &&
    rows.slice.project.pausedAt === null &&
    batch !== undefined &&
    batch.promotedAt !== null &&
    batch.pausedAt === null &&
    (batch.openLayer === null || layer <= batch.openLayer)
  )
}

function isHeld(rows: ProjectRows, account: string, now: number): boolean {
  const hold = rows.slice.holds.get(account)
  return hold !== undefined && hold.until > now
}

function claimableOf(
  rows: ProjectRows,
  ids: readonly WorkOrderId[],
  now: number,
  isFree: (task: Task, order: WorkOrder) => boolean,
): readonly WorkOrderId[] {
  const found = new Map<WorkOrderId, Task>()
  for (const id of ids) {
    const order = rows.slice.workOrders.get(id)
    const task = order && rows.slice.tasks.get(order.taskId)
    if (order?.status !== 'queued' || task?.workOrderId !== id || order.notBefore > now) continue
    if (!isReady(rows, task) || isHeld(rows, task.account ?? defaultAccount, now)) continue
    if (!isFree(task, order)) continue
    found.set(id, task)
  }
  return [...found].toSorted((left, right) => compareClaims(left[1], right[1])).map(([id]) => id)
}

function isReady(rows: ProjectRows, task: Task): boolean {
  const { project, batches } = rows.slice
  if (project === null || task.batchId === null) return false
  return readiness(task, batches.get(task.batchId), project)
}

function readyTasks(rows: ProjectRows): readonly Task[] {
  const ready: Task[] = []
  for (const batch of rows.slice.batches.values()) {
    if (batch.promotedAt === null || batch.pausedAt !== null) continue
    for (const id of rows.tasksOfBatch.of(batch.id)) {
      const task = rows.slice.tasks.get(id)
      if (task !== undefined && isReady(rows, task)) ready.push(task)
    }
  }
  return ready.toSorted(compareClaims)
}

function loadOf(rows: ProjectRows): Load {
  if (rows.claimed.size === 0) return emptyLoad
  const load = growingLoad(emptyLoad)
  let total = 0
  for (const id of rows.claimed) {
    const attempt = namedAttempt(rows.slice, id)
    if (attempt === undefined || !isActive(attempt)) continue
    total += 1
    const task = rows.slice.tasks.get(attempt.taskId)
    if (task !== undefined) addToLoad(load, task, task.batchId, rows.slice.workOrders.get(id))
  }
  return { ...load, total }
}

/** The attempt of a claimed work order that it names. */
function namedAttempt({ workOrders, attempts }: Slice, id: WorkOrderId): Attempt | undefined {
  const attemptId = workOrders.get(id)?.attemptId ?? null
  const attempt = attemptId === null ? undefined : attempts.get(attemptId)
  return attempt?.workOrderId === id ? attempt : undefined
}

/** Work that counts against caps: a waiting attempt has freed its slot. */
function isActive({ status }: Attempt): boolean {
  return status === 'running' || status === 'verifying' || status === 'merging'
}

function queuedMerge(
  world: MemoryWorld,
  { slice }: ProjectRows,
  workOrderId: WorkOrderId,
  now: number,
): QueuedMerge | null {
  const attempt = namedAttempt(slice, workOrderId)
  if (attempt?.status !== 'merging') return null
  const { id: attemptId, projectId, taskId, fence, number, mergeTarget, mergeQueuedAt } = attempt
  const task = slice.tasks.get(taskId)
  if (mergeTarget === null || mergeQueuedAt === null || task === undefined) return null
  if (world.leases.get(workOrderId)?.fence !== fence || !isLive(world, workOrderId, now))
    return null
  return {
    target: mergeTarget,
    projectId,
    taskId,
    code: task.code,
    workOrderId,
    attemptId,
    number,
    queuedAt: mergeQueuedAt,
  }
}

function isLive(world: MemoryWorld, id: WorkOrderId, now: number): boolean {
  const lease = world.leases.get(id)
  return lease !== undefined && lease.until > now
}

function summaryOf(rows: ProjectRows, batch: Batch): BatchSummary {
  const counts = rows.counts.of(batch.id)
  return {
    batch,
    // Named one by one: there are as many of these as batches each time the project moves on.
    total: counts.total,
    todo: counts.byStatus.todo,
    staged: counts.byStatus.staged,
    doing: counts.byStatus.doing,
    review: counts.byStatus.review,
    done: counts.byStatus.done,
    failed: counts.byStatus.failed,
    cancelled: counts.byStatus.cancelled,
    queued: isOpen(rows, batch.id, -Infinity) ? rows.claims.queued(batch) : 0,
    lowestOpenLayer: rows.counts.lowestOpenLayer(batch.id),
    lastProgressAt:
      rows.counts.lastChange(batch.id, rows.tasksOfBatch.of(batch.id)) ?? batch.createdAt,
  }
}

function isNewer(one: StoredPlan, other: StoredPlan): boolean {
  const later = one.revision - other.revision || one.createdAt - other.createdAt
  return later > 0 || (later === 0 && compareText(one.id, other.id) < 0)
}

function withoutBytes(artifact: StoredArtifact): Omit<StoredArtifact, 'bytes'> {
  const { bytes: _, ...rest } = artifact
  return rest
}

function* mapped(codes: Iterable<string>, ids: ReadonlyMap<string, TaskId>): Iterable<TaskId> {
  for (const code of codes) {
    const id = ids.get(code)
    if (id !== undefined) yield id
  }
}

function* pick<Id, Row>(rows: ReadonlyMap<Id, Row>, ids: Iterable<Id>): Iterable<Row> {
  for (const id of ids) {
    const row = rows.get(id)
    if (row !== undefined) yield row
  }
}

const priorities = ['high', 'normal', 'low'] as const

function queuesOf(rows: ProjectRows, now: number): readonly QueueCounts[] {
  const { tasks, workOrders } = rows.slice
  const orders = [...workOrders.values()].flatMap((order) => {
    const task = tasks.get(order.taskId)
    return task?.workOrderId === order.id && !isSettled(task) ? [{ order, task }] : []
  })
  return priorities.map((priority) => {
    const own = orders.flatMap(({ order, task }) => (task.priority === priority ? [order] : []))
    const queued = own.filter(({ status }) => status === 'queued')
    return {
      priority,
      queued: queued.length,
      later: queued.filter(({ notBefore }) => notBefore > now).length,
      retried: queued.filter(({ fence }) => fence > 0).length,
      claimed: own.filter(({ status }) => status === 'claimed').length,
      oldestAt: queued.reduce<number | null>(
        (least, { enqueuedAt }) => Math.min(least ?? enqueuedAt, enqueuedAt),
        null,
      ),
    }
  })
}
