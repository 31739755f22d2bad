import type { Event, ProjectId, StoredEvent } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { insertRows } from './insert-rows.ts'
import type { InsertTarget } from './insert-rows.ts'
import { statement } from './statement.ts'

/**
 * Appends events to the log of a project. The counter is raised in the same transaction, so that
 * numbers have neither gaps nor doubles whoever else writes.
 */
export async function appendEvents(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
  events: readonly Event[],
  actor: string,
): Promise<readonly StoredEvent[]> {
  if (events.length === 0) return []
  const [counter] = await raiseCounter.run(database, dialect, { projectId, by: events.length })
  let sequence = Number(counter?.last_sequence) - events.length
  const stored = events.map((event): StoredEvent => {
    sequence += 1
    return { ...event, projectId, sequence, actor }
  })
  const rows = stored.map((event, index) => [projectId, event.sequence, actor, events[index]])
  await insertRows(database, dialect, eventTarget, rows)
  return stored
}

export async function eventsAfter(
  database: Database,
  dialect: Dialect,
  given: { readonly projectId: ProjectId; readonly cursor: number; readonly limit: number },
): Promise<readonly StoredEvent[]> {
  const rows = await selectEvents.run(database, dialect, given)
  return rows.map((row): StoredEvent => ({
    ...(dialect.decode('json', row.event) as Event),
    projectId: given.projectId,
    sequence: Number(row.sequence),
    actor: row.actor,
  }))
}

export async function lastSequence(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
): Promise<number> {
  const [row] = await readCounter.run(database, dialect, { projectId })
  return Number(row?.last_sequence ?? 0)
}

const raiseCounter = statement<{ projectId: string; by: number }, { last_sequence: number }>(
  ({ projectId, by }) => sql`insert into logs (project_id, last_sequence)
    values (${projectId}, ${by})
    on conflict (project_id) do update
      set last_sequence = logs.last_sequence + excluded.last_sequence
    returning last_sequence`,
)

const readCounter = statement<{ projectId: string }, { last_sequence: number }>(
  ({ projectId }) => sql`select last_sequence from logs where project_id = ${projectId}`,
)

const eventTarget: InsertTarget = {
  table: 'events',
  columns: [
    { name: 'project_id', kind: 'text' },
    { name: 'sequence', kind: 'int' },
    { name: 'actor', kind: 'text' },
    { name: 'event', kind: 'json' },
  ],
}

const selectEvents = statement<
  { projectId: string; cursor: number; limit: number },
  { sequence: number; actor: string; event: unknown }
>(
  ({ projectId, cursor, limit }) => sql`select sequence, actor, event from events
    where project_id = ${projectId} and sequence > ${cursor}
    order by sequence limit ${limit}`,
)
