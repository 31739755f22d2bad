import { CuelineError } from '@cueline/core'
import type { Event, ProjectId, StoredEvent } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { insertRows } from './insert-rows.ts'
import type { InsertTarget } from './insert-rows.ts'
import { statement } from './statement.ts'

export interface NumberedEvent {
  readonly sequence: number
  readonly actor: string
  readonly event: Event
}

/**
 * Appends events that are numbered already, from the last sequence on. The counter is raised in the
 * same transaction, and numbers that it does not lead to are refused, so that there are neither gaps
 * nor doubles whoever else writes.
 */
export async function appendEvents(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
  events: readonly NumberedEvent[],
): Promise<void> {
  const last = events.at(-1)
  if (last === undefined) return
  const [counter] = await raiseCounter.run(database, dialect, { projectId, by: events.length })
  if (Number(counter?.last_sequence) !== last.sequence) {
    throw new CuelineError(
      'storage-busy',
      `The log of project ${projectId} has grown meanwhile; start the transaction again.`,
      { retryable: true, details: { projectId } },
    )
  }
  const rows = events.map(({ sequence, actor, event }) => [projectId, sequence, actor, event])
  await insertRows(database, dialect, eventTarget, rows)
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
