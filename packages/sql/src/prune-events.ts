import { checkPrune, storable } from '@cueline/core'
import type { ProjectId } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { insertRows } from './insert-rows.ts'
import type { InsertTarget } from './insert-rows.ts'
import { sendAll } from './pipelined.ts'
import { statement } from './statement.ts'

/** Parts of a base per statement, and events. */
const partsAtOnce = 16
const eventsAtOnce = 10_000

/** Takes events out of the log and keeps `base` in their place; the project must be locked. */
export async function pruneEvents(
  database: Database,
  dialect: Dialect,
  given: {
    readonly projectId: ProjectId
    readonly sequence: number
    readonly base: readonly unknown[]
  },
): Promise<void> {
  const { projectId, sequence, base } = given
  const [log] = await selectLog.run(database, dialect, { projectId })
  const before = Number(log?.pruned_through ?? 0)
  const lastSequence = Number(log?.last_sequence ?? 0)
  checkPrune(projectId, sequence, { prunedThrough: before, lastSequence })
  await markPruned.run(database, dialect, { projectId, sequence })
  await deleteBase.run(database, dialect, { projectId })
  for (let start = 0; start < base.length; start += partsAtOnce) {
    const rows = base
      .slice(start, start + partsAtOnce)
      .map((part, index) => [projectId, start + index, storable(part)])
    await sendAll(database, dialect, (writing) => {
      insertRows(writing, dialect, baseTarget, rows)
    })
  }
  for (let end = before; end < sequence;) {
    end = Math.min(end + eventsAtOnce, sequence)
    await deleteEvents.run(database, dialect, { projectId, end })
  }
}

export async function prunedThrough(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
): Promise<number> {
  const [log] = await selectLog.run(database, dialect, { projectId })
  return Number(log?.pruned_through ?? 0)
}

export async function logBase(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
): Promise<readonly unknown[]> {
  const rows = await selectBase.run(database, dialect, { projectId })
  return rows.map(({ content }) => dialect.decode('json', content))
}

const baseTarget: InsertTarget = {
  table: 'log_bases',
  columns: [
    { name: 'project_id', kind: 'text' },
    { name: 'part', kind: 'int' },
    { name: 'content', kind: 'json' },
  ],
}

const selectLog = statement<
  { projectId: string },
  { last_sequence: number; pruned_through: number }
>(
  ({ projectId }) => sql`select last_sequence, pruned_through from logs
    where project_id = ${projectId}`,
)

const markPruned = statement<{ projectId: string; sequence: number }>(
  ({ projectId, sequence }) => sql`update logs set pruned_through = ${sequence}
    where project_id = ${projectId}`,
)

const deleteBase = statement<{ projectId: string }>(
  ({ projectId }) => sql`delete from log_bases where project_id = ${projectId}`,
)

const selectBase = statement<{ projectId: string }, { content: unknown }>(
  ({ projectId }) => sql`select content from log_bases
    where project_id = ${projectId} order by part`,
)

const deleteEvents = statement<{ projectId: string; end: number }>(
  ({ projectId, end }) => sql`delete from events
    where project_id = ${projectId} and sequence <= ${end}`,
)
