import type { BatchId } from '../id.ts'
import { neededFor } from '../merge/merge-rounds.ts'
import type { Obstacle } from '../staging/readiness.ts'
import {
  type Batch,
  defaultAccount,
  type Hold,
  type Project,
  type ProjectSettings,
  type Task,
  type WorkOrder,
} from '../staging/state.ts'

/** What runs at this moment; attempts that wait for a person are not counted. */
export interface Load {
  readonly total: number
  readonly byBatch: ReadonlyMap<BatchId, number>
  readonly byAccount: ReadonlyMap<string, number>
  /** Units in use, by the name of the resource. */
  readonly byResource: ReadonlyMap<string, number>
  /** Who has each exclusive key that is in use, by code. */
  readonly byKey: ReadonlyMap<string, string>
  /** Tasks whose work order has lost workers before, by code, and how many. */
  readonly interruptions: ReadonlyMap<string, number>
}

/**
 * The second question about a ready task: is there room for it right now? Decided in the claim
 * transaction. Null admits; otherwise says which limit stands in the way. `capabilities` are those
 * of the worker; undefined when nobody asks for a particular worker.
 */
export function admission(
  task: Task,
  batch: Batch,
  project: Project,
  load: Load,
  holds: ReadonlyMap<string, Hold>,
  now: number,
  order?: WorkOrder,
  capabilities?: ReadonlySet<string>,
): Obstacle | null {
  for (const limit of limits(task, batch, project, load, holds, now, order)) return limit
  if (capabilities === undefined) return null
  return lackingCapability(neededFor(task, order, project.settings), capabilities)
}

/** Every limit that stands in the way of the task right now, the ones above all tasks first. */
export function* limits(
  task: Task,
  batch: Batch,
  project: Project,
  load: Load,
  holds: ReadonlyMap<string, Hold>,
  now: number,
  order?: WorkOrder,
): Generator<Obstacle, void, undefined> {
  const account = task.account ?? defaultAccount
  const hold = holds.get(account)
  if (hold !== undefined && hold.until > now) {
    yield {
      kind: 'account-held',
      message: `account "${account}" is held for another ${Math.ceil((hold.until - now) / 1000)} s: ${hold.reason}`,
    }
  }
  const limit = project.settings.maxParallelTasks
  if (load.total >= limit) {
    yield { kind: 'project-full', message: `${load.total} of ${limit} tasks of the project run` }
  }
  const running = load.byBatch.get(batch.id) ?? 0
  if (running >= batch.maxParallelTasks) {
    yield {
      kind: 'batch-full',
      message: `${running} of ${batch.maxParallelTasks} tasks of batch "${batch.name}" run`,
    }
  }
  const { accountLimits = {}, resources = {} } = project.settings
  const most = own(accountLimits, account)
  const used = load.byAccount.get(account) ?? 0
  if (most !== undefined && used >= most) {
    yield {
      kind: 'account-full',
      message: `${used} of ${most} tasks of account "${account}" run`,
    }
  }
  for (const [name, demand] of Object.entries(task.resources)) {
    const capacity = own(resources, name)
    if (capacity === undefined) continue
    const taken = load.byResource.get(name) ?? 0
    if (hasRoom({ name, capacity, taken }, demand)) continue
    yield {
      kind: 'resource-full',
      message: `it needs ${demand} of resource "${name}", and ${taken} of ${capacity} are taken`,
    }
  }
  yield* conflicts(task, load)
  const suspect = suspectIn(load, project.settings, task)
  if (suspect !== undefined && (order?.interruptions ?? 0) >= suspectFrom(project.settings)) {
    yield {
      kind: 'suspect',
      message: `one more lost worker and it is given up, which is true of ${suspect} too, and that runs now; such tasks run one at a time`,
      tasks: [suspect],
    }
  }
}

/** How much of a resource there is, and how much of it is in use. */
export interface ResourceUse {
  readonly name: string
  readonly capacity: number
  readonly taken: number
}

/** Who asks for more than there is gets all of it, and waits until nobody else has any. */
export function hasRoom({ capacity, taken }: ResourceUse, demand: number): boolean {
  const needed = Math.min(demand, capacity)
  return demand <= 0 || (needed > 0 && taken + needed <= capacity)
}

/** The resources that may stand in the way of a task right now. */
export function scarceResources(
  { byResource }: Load,
  { resources = {} }: ProjectSettings,
): readonly ResourceUse[] {
  return Object.entries(resources).flatMap(([name, capacity]) => {
    const taken = byResource.get(name) ?? 0
    return taken > 0 || capacity <= 0 ? [{ name, capacity, taken }] : []
  })
}

/**
 * From how many lost workers on a task is a suspect: one more, and it is given up. A task that kills its
 * engine takes those beside it along, and nobody can tell which of them did it. Suspects run one at a
 * time, so that the guilty one is given up alone; that an engine is lost now and then costs nothing.
 */
export function suspectFrom({ maxInterruptions }: ProjectSettings): number {
  return Math.max(1, maxInterruptions - 1)
}

/** The code of a suspect that runs, other than this task; the first of several. */
export function suspectIn(
  { interruptions }: Load,
  settings: ProjectSettings,
  task?: Task,
): string | undefined {
  const least = suspectFrom(settings)
  let first: string | undefined
  for (const [code, lost] of interruptions) {
    if (lost < least || code === task?.code) continue
    if (first === undefined || code < first) first = code
  }
  return first
}

/** One for each running task that it must not run beside. */
function* conflicts(task: Task, load: Load): Generator<Obstacle, void, undefined> {
  if (task.exclusiveKeys.length === 0 || load.byKey.size === 0) return
  const named = new Set([task.code])
  for (const key of task.exclusiveKeys) {
    const holder = load.byKey.get(key)
    if (holder === undefined || named.has(holder)) continue
    named.add(holder)
    yield {
      kind: 'conflict',
      message: `it conflicts with ${holder}, which runs now (both touch ${key})`,
      tasks: [holder],
    }
  }
}

/** The capabilities that the task asks for and these do not have. */
export function lackingOf(
  task: Pick<Task, 'capabilities'>,
  capabilities: ReadonlySet<string>,
): readonly string[] {
  return task.capabilities.filter((capability) => !capabilities.has(capability))
}

function lackingCapability(
  task: Pick<Task, 'capabilities'>,
  capabilities: ReadonlySet<string>,
): Obstacle | null {
  const lacking = lackingOf(task, capabilities)
  if (lacking.length === 0) return null
  return {
    kind: 'no-capability',
    message: `the worker lacks ${lacking.map((name) => `"${name}"`).join(', ')}`,
  }
}

function own(record: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** A load that grows as tasks are admitted. */
export interface GrowingLoad extends Load {
  total: number
  readonly byBatch: Map<BatchId, number>
  readonly byAccount: Map<string, number>
  readonly byResource: Map<string, number>
  readonly byKey: Map<string, string>
  readonly interruptions: Map<string, number>
}

export function growingLoad(load: Load): GrowingLoad {
  return {
    total: load.total,
    byBatch: new Map(load.byBatch),
    byAccount: new Map(load.byAccount),
    byResource: new Map(load.byResource),
    byKey: new Map(load.byKey),
    interruptions: new Map(load.interruptions),
  }
}

/** This task has been admitted too. */
export function addToLoad(
  load: GrowingLoad,
  task: Task,
  batchId: BatchId | null,
  order?: WorkOrder,
): void {
  load.total += 1
  if (batchId !== null) load.byBatch.set(batchId, (load.byBatch.get(batchId) ?? 0) + 1)
  const account = task.account ?? defaultAccount
  load.byAccount.set(account, (load.byAccount.get(account) ?? 0) + 1)
  addResources(load.byResource, task.resources)
  addKeys(load.byKey, task)
  addInterruptions(load.interruptions, task, order)
}

/** Adds the task when its work order has lost workers. */
export function addInterruptions(
  interruptions: Map<string, number>,
  { code }: Pick<Task, 'code'>,
  order: Pick<WorkOrder, 'interruptions'> | undefined,
): void {
  if (order === undefined || order.interruptions === 0) return
  interruptions.set(code, Math.max(order.interruptions, interruptions.get(code) ?? 0))
}

/** Adds the keys that a task has while it runs; of several tasks the one whose code comes first. */
export function addKeys(
  byKey: Map<string, string>,
  { code, exclusiveKeys }: Pick<Task, 'code' | 'exclusiveKeys'>,
): void {
  for (const key of exclusiveKeys) {
    const known = byKey.get(key)
    if (known === undefined || code < known) byKey.set(key, code)
  }
}

/** Adds what `count` tasks take to the units in use. */
export function addResources(
  byResource: Map<string, number>,
  resources: Task['resources'],
  count = 1,
): void {
  for (const [name, units] of Object.entries(resources)) {
    byResource.set(name, (byResource.get(name) ?? 0) + units * count)
  }
}

export const emptyLoad: Load = {
  total: 0,
  byBatch: new Map(),
  byAccount: new Map(),
  byResource: new Map(),
  byKey: new Map(),
  interruptions: new Map(),
}
