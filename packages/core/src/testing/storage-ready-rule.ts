import type { BatchId, TaskId, WorkOrderId } from '../id.ts'
import { readiness } from '../staging/readiness.ts'
import type { Change, Slice } from '../staging/slice.ts'
import type {
  Batch,
  Priority,
  Task,
  TaskStatus,
  WorkOrder,
  WorkOrderStatus,
} from '../staging/state.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import { check, equal } from './check.ts'
import { type ContractCase, settled } from './contract.ts'
import { exampleBatch, exampleTask, exampleWorkOrder } from './example-rows.ts'
import { seededRandom } from './seeded-random.ts'
import {
  inserts,
  load,
  now,
  orderId,
  projectId,
  query,
  update,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

/** What is ready, claimable and counted, in random states, beside the rule written down once more. */
export const storageReadyRule: ContractCase<StorageSubject> = {
  id: 'storage.ready.same-rule',
  title: 'ready, claimable and the counts of batches follow the one readiness rule in any state',
  async run({ storage }) {
    const random = seededRandom(20_261_121)
    await withProject(storage)
    for (let round = 0; round < 40; round += 1) {
      const at = await now(storage)
      // What is undone leaves nothing behind, in no index either.
      const undone = storage.transaction(async (transaction) => {
        const changes = randomChanges(seededRandom(round), round, at)
        await transaction.write(projectId, changes, [], 'suite')
        throw new Error('undone')
      })
      check('error' in (await settled(undone)), 'work that throws was stored')
      await write(storage, randomChanges(random, round, at))
      const slice = await load(storage, { everything: true })
      const expected = expectedOf(slice, at)
      equal(await query(storage, 'ready', { projectId }), expected.ready, `ready in round ${round}`)
      // Far enough that nothing of `randomChanges` becomes due between the two calls.
      equal(
        await query(storage, 'claimable', { projectId, limit: 1_000 }),
        expected.claimable,
        `claimable in round ${round}`,
      )
      equal(
        await query(storage, 'claimable', { projectId, limit: 3 }),
        expected.claimable.slice(0, 3),
        `the first claimable in round ${round}`,
      )
      const some = [...slice.workOrders.keys()].filter(() => random() < 0.5)
      equal(
        await query(storage, 'claimable', { projectId, limit: 1_000, workOrderIds: some }),
        expected.claimable.filter((id) => some.includes(id)),
        `claimable of some in round ${round}`,
      )
      equal(
        (await query(storage, 'batches', { projectId })).map(withoutTime),
        expected.batches,
        `batches in round ${round}`,
      )
      const moving = (await query(storage, 'batches', { projectId, moving: true })).map(withoutTime)
      const given = new Set(moving.map(({ batch }) => batch.id))
      equal(
        moving,
        expected.batches.filter(({ batch }) => given.has(batch.id)),
        `moving batches in round ${round}`,
      )
      equal(
        mustBeGiven(expected.batches).filter((id) => !given.has(id)),
        [],
        `moving batches left out in round ${round}`,
      )
    }
  },
}

const priorities: readonly Priority[] = ['high', 'normal', 'low']
const rank = new Map(priorities.map((priority, index) => [priority, index]))
const taskStatuses: readonly TaskStatus[] = [
  'todo',
  'doing',
  'review',
  'done',
  'failed',
  'cancelled',
]
const orderStatuses: readonly WorkOrderStatus[] = ['claimed', 'completed', 'failed', 'cancelled']
const accounts = [null, null, 'default', 'team', 'solo']
const batchCount = 6
const hourMs = 3_600_000

/** Some rows more and some rows changed; most tasks are ready but for one thing or another. */
function randomChanges(random: () => number, round: number, at: number): readonly Change[] {
  const chance = (share: number): boolean => random() < share
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)]!
  const known = (prefix: string, count: number): string =>
    `${prefix}${Math.floor(random() * count)}`
  const batch = (): Partial<Batch> => ({
    order: Math.floor(random() * 9),
    promotedAt: chance(0.85) ? 5 : null,
    pausedAt: chance(0.1) ? 6 : null,
    openLayer: chance(0.5) ? Math.floor(random() * 4) : null,
  })
  const task = (): Partial<Task> => ({
    status: chance(0.75) ? 'staged' : pick(taskStatuses),
    batchId: chance(0.95) ? exampleBatch(projectId, known('b', batchCount)).id : null,
    priority: pick(priorities),
    stagePriority: Math.floor(random() * 3),
    tail: Math.floor(random() * 4),
    layer: Math.floor(random() * 5),
    account: pick(accounts),
    contextReady: chance(0.8),
    forced: chance(0.2),
    openDependencies: chance(0.85) ? 0 : 1,
  })
  const order = (): Partial<WorkOrder> => ({
    status: chance(0.75) ? 'queued' : pick(orderStatuses),
    notBefore: pick([0, 0, 1, at - hourMs, at + hourMs]),
  })
  const tasks = (round + 1) * 8
  const added = Array.from({ length: 8 }, (_, offset) => round * 8 + offset)
  const hold = { projectId, account: pick(['team', 'solo', 'default']), reason: 'r' }
  return [
    ...(round < batchCount
      ? inserts(['batch', exampleBatch(projectId, `b${round}`, batch())])
      : [update('batch', known('b', batchCount), batch())]),
    ...inserts(
      ...added.flatMap((index) => [
        [
          'task',
          exampleTask(projectId, `t${index}`, {
            position: index % 4,
            workOrderId: chance(0.9) ? orderId(`o${index}`) : null,
            ...task(),
          }),
        ] as const,
        ['workOrder', exampleWorkOrder(projectId, `t${index}`, `o${index}`, order())] as const,
      ]),
    ),
    update('task', known('t', tasks), task()),
    update('task', known('t', tasks), { workOrderId: orderId(known('o', tasks)) }),
    update('workOrder', known('o', tasks), order()),
    { table: 'workOrder', kind: 'delete', key: known('o', tasks) },
    { table: 'task', kind: 'delete', key: known('t', tasks) },
    ...(round % 9 === 8
      ? [{ table: 'batch', kind: 'delete', key: known('b', batchCount) } as const]
      : []),
    update('project', projectId, { pausedAt: chance(0.1) ? 3 : null }),
    { table: 'hold', kind: 'delete', key: { projectId, account: 'team' } },
    ...inserts(['hold', { ...hold, until: at + pick([-hourMs, hourMs]) }]),
  ]
}

function expectedOf(
  slice: Slice,
  at: number,
): {
  readonly ready: readonly TaskId[]
  readonly claimable: readonly WorkOrderId[]
  readonly batches: readonly Omit<BatchSummary, 'lastProgressAt'>[]
} {
  const project = slice.project!
  const ready = [...slice.tasks.values()]
    .filter((task) => readiness(task, batchOf(slice, task), project))
    .toSorted(
      (left, right) =>
        rank.get(left.priority)! - rank.get(right.priority)! ||
        right.stagePriority - left.stagePriority ||
        right.tail - left.tail ||
        left.position - right.position ||
        (left.id < right.id ? -1 : 1),
    )
  const queued = ready.filter((task) => orderOf(slice, task)?.status === 'queued')
  const claimable = queued.filter((task) => {
    const hold = slice.holds.get(task.account ?? 'default')
    return orderOf(slice, task)!.notBefore <= at && (hold === undefined || hold.until <= at)
  })
  const summaries = [...slice.batches.values()]
    .toSorted((left, right) => left.order - right.order || (left.id < right.id ? -1 : 1))
    .map((batch) => summaryOf(batch, [...slice.tasks.values()], queued))
  return {
    ready: ready.map((task) => task.id),
    claimable: claimable.map((task) => orderOf(slice, task)!.id),
    batches: summaries,
  }
}

function summaryOf(
  batch: Batch,
  tasks: readonly Task[],
  queued: readonly Task[],
): Omit<BatchSummary, 'lastProgressAt'> {
  const own = tasks.filter((task) => task.batchId === batch.id)
  const count = (status: TaskStatus) => own.filter((task) => task.status === status).length
  const open = own.filter((task) => !['done', 'failed', 'cancelled'].includes(task.status))
  return {
    batch,
    total: own.length,
    todo: count('todo'),
    staged: count('staged'),
    queued: queued.filter((task) => task.batchId === batch.id).length,
    doing: count('doing'),
    review: count('review'),
    done: count('done'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    lowestOpenLayer: open.length === 0 ? null : Math.min(...open.map((task) => task.layer)),
  }
}

/** The batches that `moving` never leaves out. */
function mustBeGiven(all: readonly Omit<BatchSummary, 'lastProgressAt'>[]): readonly BatchId[] {
  const waiting = all.filter(({ batch, staged }) => batch.promotedAt === null && staged > 0)
  const byItself = waiting.find(({ batch }) => batch.autoPromote && batch.pausedAt === null)
  const moving = all.filter(
    ({ batch, total, queued, doing, review, done, failed, cancelled }) =>
      queued + doing + review + failed + cancelled > 0 ||
      batch.stuckSince !== null ||
      (batch.promotedAt !== null && batch.openLayer !== null && done < total),
  )
  const unfinished = all.find(
    ({ batch, todo, staged, doing, review }) =>
      batch.promotedAt !== null && todo + staged + doing + review > 0,
  )
  const firsts = [unfinished, waiting[0], byItself].filter((summary) => summary !== undefined)
  return [...moving, ...firsts].map(({ batch }) => batch.id)
}

function withoutTime(summary: BatchSummary): Omit<BatchSummary, 'lastProgressAt'> {
  const { lastProgressAt: _, ...rest } = summary
  return rest
}

function batchOf(slice: Slice, task: Task): Batch | undefined {
  return task.batchId === null ? undefined : slice.batches.get(task.batchId)
}

/** The current work order of a task; one that points elsewhere is not its own. */
function orderOf(slice: Slice, task: Task): WorkOrder | undefined {
  const order = task.workOrderId === null ? undefined : slice.workOrders.get(task.workOrderId)
  return order?.taskId === task.id ? order : undefined
}
