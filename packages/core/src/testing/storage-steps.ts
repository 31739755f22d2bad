import type { Event, StoredEvent } from '../event/event.ts'
import type { ProjectId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import type { Change, SliceKeys, TableName, Tables } from '../staging/slice.ts'
import type { Slice } from '../staging/slice.ts'
import type { Batch, Task } from '../staging/state.ts'
import type { LeaseClaim, Queries, QueryName, Storage } from '../storage/storage.ts'
import { within } from './contract.ts'
import { exampleEvent, exampleProject, exampleTask } from './example-rows.ts'

/** What the cases of the storage suite do again and again. */

export const projectId = 'project-1' as ProjectId
export const workerId = 'worker-1' as WorkerId
/** Bounds a hang; nothing ever waits this long. */
export const patienceMs = 10_000

type Inserted = { [Name in TableName]: readonly [Name, Tables[Name]] }[TableName]

export function inserts(...rows: readonly Inserted[]): readonly Change[] {
  return rows.map(([table, row]) => ({ table, kind: 'insert', row }) as Change)
}

export function update<Name extends TableName>(
  table: Name,
  key: string,
  set: Partial<Tables[Name]>,
): Change {
  return { table, kind: 'update', key, set } as Change
}

export async function write(
  storage: Storage,
  changes: readonly Change[],
  events: readonly Event[] = [],
  project: ProjectId = projectId,
): Promise<readonly StoredEvent[]> {
  return storage.transaction((transaction) => transaction.write(project, changes, events, 'suite'))
}

export async function withProject(storage: Storage, ...rows: readonly Inserted[]): Promise<void> {
  await write(storage, inserts(['project', exampleProject(projectId)], ...rows))
}

export function load(storage: Storage, keys: Omit<SliceKeys, 'projectId'>): Promise<Slice> {
  return storage.transaction((transaction) => transaction.load({ projectId, ...keys }))
}

export function query<Name extends QueryName>(
  storage: Storage,
  name: Name,
  input: Queries[Name]['input'],
): Promise<Queries[Name]['output']> {
  return storage.transaction((transaction) => transaction.query(name, input))
}

export function now(storage: Storage): Promise<number> {
  return storage.transaction(async (transaction) => transaction.now)
}

/** Events that tell themselves apart by their time. */
export function events(...times: readonly number[]): readonly Event[] {
  return times.map((at) => exampleEvent(projectId, at))
}

/** The next events of a log; an error when they do not come. */
export async function take(
  log: AsyncIterator<StoredEvent>,
  count: number,
): Promise<readonly StoredEvent[]> {
  const taken: StoredEvent[] = []
  while (taken.length < count) {
    const next = await within(patienceMs, log.next(), `event ${taken.length + 1} of ${count}`)
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}

export function taskId(id: string): TaskId {
  return id as TaskId
}

export function orderId(id: string): WorkOrderId {
  return id as WorkOrderId
}

export function claimOf(id: string, fence: number): LeaseClaim {
  return { workOrderId: orderId(id), fence }
}

/** A task of a batch, with a work order of its own: `o0` for `t0`, and so on. */
export function queuedTask(index: number, batch: Batch, set: Partial<Task>): Task {
  return exampleTask(projectId, `t${index}`, {
    status: 'staged',
    batchId: batch.id,
    position: index,
    workOrderId: orderId(`o${index}`),
    ...set,
  })
}
