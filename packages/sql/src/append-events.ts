import { prunedError } from '@cueline/core'
import type { Event, ProjectId, StoredEvent, WorkOrderId } from '@cueline/core'
import { sql } from 'kysely'

import { nowOf, theStore } from './clock.ts'
import type { Database, Dialect } from './dialect.ts'
import { insertRows } from './insert-rows.ts'
import type { InsertTarget } from './insert-rows.ts'
import type { ProjectVersion } from './known-projects.ts'
import type { Writing } from './pipelined.ts'
import { statement } from './statement.ts'

export interface NumberedEvent {
  readonly sequence: number
  readonly actor: string
  readonly event: Event
}

/**
 * Appends events that are numbered already, on from the last sequence as it was read in the same
 * transaction, which nobody else can raise meanwhile; their key refuses a number that is taken.
 */
export function appendEvents(
  writing: Writing,
  dialect: Dialect,
  projectId: ProjectId,
  events: readonly NumberedEvent[],
): void {
  const last = events.at(-1)
  if (last === undefined) return
  setCounter.send(writing, dialect, { projectId, last: last.sequence })
  const rows = events.map(({ sequence, actor, event }) => [projectId, sequence, actor, event])
  insertRows(writing, dialect, eventTarget, rows)
}

/** As `appendEvents`, where the counter is raised otherwise; all of them say who writes them. */
export function insertEventsOf(
  writing: Writing,
  dialect: Dialect,
  projectId: ProjectId,
  events: readonly NumberedEvent[],
  writer: number,
): void {
  const rows = events.map(({ sequence, actor, event }) => [
    projectId,
    sequence,
    actor,
    event,
    writer,
  ])
  insertRows(writing, dialect, writtenTarget, rows)
}

export async function eventsAfter(
  database: Database,
  dialect: Dialect,
  given: { readonly projectId: ProjectId; readonly cursor: number; readonly limit: number },
): Promise<readonly StoredEvent[]> {
  const rows = await selectEvents.run(database, dialect, given)
  const events: StoredEvent[] = []
  for (const { sequence, actor, event } of rows) {
    if (actor === null) throw prunedError(given.projectId, given.cursor, Number(sequence))
    events.push({
      ...(dialect.decode('json', event) as Event),
      projectId: given.projectId,
      sequence: Number(sequence),
      actor,
    })
  }
  return events
}

export async function lastSequence(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
): Promise<number> {
  const [row] = await readCounter.run(database, dialect, { projectId })
  return Number(row?.last_sequence ?? 0)
}

/** Of those that have a log; all in one read. */
export async function lastSequences(
  database: Database,
  dialect: Dialect,
  projectIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const ids = JSON.stringify([...projectIds])
  const rows = await readCounters.run(database, dialect, { ids })
  return new Map(rows.map((row) => [row.project_id, Number(row.last_sequence)]))
}

/** What is read of a project as soon as it is locked. */
export interface LockedProject extends ProjectVersion {
  /** The database's clock: a transaction may have waited for the lock for seconds. */
  readonly now: number
  /** Its stored high-water mark. */
  readonly mark: number
}

/**
 * What tells whether somebody has written to the project - its log, and a counter of the writes that
 * came without events - and whether it is still the same database.
 */
export async function readVersion(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
): Promise<LockedProject> {
  const [row] = await selectVersion.run(database, dialect, { projectId })
  return {
    lastSequence: Number(row?.last_sequence),
    silentWrites: Number(row?.silent_writes),
    schema: Number(row?.schema),
    server: String(row?.server),
    now: Number(row?.now),
    mark: Number(row?.mark),
  }
}

/** Notes a write without events, so that what others keep of the project is not taken for true. */
export function noteSilentWrite(writing: Writing, dialect: Dialect, projectId: ProjectId): void {
  raiseSilent.send(writing, dialect, { projectId })
}

/** As `noteSilentWrite`, for the projects of work orders whose leases end without an event. */
export function noteSilentReleases(
  writing: Writing,
  dialect: Dialect,
  workOrderIds: readonly WorkOrderId[],
): void {
  if (workOrderIds.length === 0) return
  raiseSilentOf.send(writing, dialect, { ids: JSON.stringify(workOrderIds) })
}

const selectVersion = statement<
  { projectId: string },
  {
    last_sequence: number
    silent_writes: number
    schema: number
    server: unknown
    now: number
    mark: number
  }
>(
  ({ projectId }, dialect) => sql`select
    store.schema as schema,
    ${dialect.server ?? sql`null`} as server,
    ${nowOf(dialect)} as now,
    store.clock_mark as mark,
    coalesce((select last_sequence from logs where project_id = ${projectId}), 0) as last_sequence,
    coalesce((select silent_writes from logs where project_id = ${projectId}), 0) as silent_writes
    from store where ${theStore}`,
)

const raiseSilent = statement<{ projectId: string }>(
  ({ projectId }) => sql`insert into logs (project_id, last_sequence, silent_writes)
    values (${projectId}, 0, 1)
    on conflict (project_id) do update set silent_writes = logs.silent_writes + 1`,
)

const raiseSilentOf = statement<{ ids: string }>(
  ({ ids }, dialect) => sql`insert into logs (project_id, last_sequence, silent_writes)
    select distinct project_id, 0, 1 from work_orders where id in ${dialect.texts(ids)}
    on conflict (project_id) do update set silent_writes = logs.silent_writes + 1`,
)

const setCounter = statement<{ projectId: string; last: number }>(
  ({ projectId, last }) => sql`insert into logs (project_id, last_sequence)
    values (${projectId}, ${last})
    on conflict (project_id) do update set last_sequence = excluded.last_sequence`,
)

const readCounter = statement<{ projectId: string }, { last_sequence: number }>(
  ({ projectId }) => sql`select last_sequence from logs where project_id = ${projectId}`,
)

const readCounters = statement<{ ids: string }, { project_id: string; last_sequence: number }>(
  ({ ids }, dialect) => sql`select project_id, last_sequence from logs
    where project_id in ${dialect.texts(ids)}`,
)

const eventTarget: InsertTarget = {
  table: 'events',
  columns: [
    { name: 'project_id', kind: 'text' },
    { name: 'sequence', kind: 'int' },
    { name: 'actor', kind: 'text' },
    { name: 'event', kind: 'json' },
  ],
  shared: new Set(['project_id', 'writer']),
  // One task that ends, and another that starts.
  usual: 3,
}

const writtenTarget: InsertTarget = {
  ...eventTarget,
  columns: [...eventTarget.columns, { name: 'writer', kind: 'int' }],
}

/**
 * In one statement, so that no prune comes between: the events, or - without an actor - what was
 * pruned when that reaches beyond the cursor.
 */
const selectEvents = statement<
  { projectId: string; cursor: number; limit: number },
  { sequence: number; actor: string | null; event: unknown }
>(
  ({ projectId, cursor, limit }) => sql`select * from (
      select sequence, actor, event from events
      where project_id = ${projectId} and sequence > ${cursor}
      order by sequence limit ${limit}
    ) as page
    union all select pruned_through, null, null from logs
      where project_id = ${projectId} and pruned_through > ${cursor}
    order by sequence`,
)
