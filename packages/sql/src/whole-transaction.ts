import { errorMessage } from '@cueline/core'
import type { ProjectId } from '@cueline/core'
import { sql } from 'kysely'
import type { CompiledQuery } from 'kysely'

import { nowOf, theStore } from './clock.ts'
import type { Database, Dialect } from './dialect.ts'
import { joinedBehind } from './joined.ts'
import type { ProjectVersion } from './known-projects.ts'
import { boundQuery } from './pipelined.ts'
import { statement } from './statement.ts'

/** What has to be so in the moment in which a statement that is a whole transaction writes. */
export interface Expected {
  readonly projectId: ProjectId
  readonly version: ProjectVersion
  /** The time that was given out. */
  readonly now: number
  /** The database's clock has to be before this time: until then what was decided by it stands. */
  readonly before: number
}

/** The number of the last event that it appends, and one of its own, by which it can be told. */
export interface Written {
  readonly last: number
  readonly writer: number
}

/** Somebody else has written meanwhile, or the clock has moved: what was decided is decided anew. */
export class Outdated extends Error {
  override readonly name = 'Outdated'
}

/** Stands in the server's log too, so it says that nothing is wrong. */
const outdated = 'cueline: another process has changed the project, so this transaction runs again'

export function isOutdated(error: unknown): boolean {
  return error instanceof Outdated || errorMessage(error).includes(outdated)
}

/**
 * Writes as one statement that is a transaction of its own and fails unless the project is at the
 * version that is expected; undefined where they cannot be one yet. The counter of the log, which its
 * first part raises, is what it compares: a row that somebody else has changed since the statement
 * began is looked at anew, which its other parts would not be.
 */
export function wholeTransaction(
  database: Database,
  dialect: Dialect,
  { projectId, version, now, before }: Expected,
  last: number,
  writes: readonly CompiledQuery[],
): CompiledQuery | undefined {
  const { lastSequence, silentWrites, schema, server } = version
  const given = { projectId, now, before, last, lastSequence, silentWrites, schema, server }
  const whole = joinedBehind(guard.bound(database, dialect, given), writes, verdict)
  return whole && boundQuery(whole.sql, whole.parameters)
}

const guard = statement<{
  projectId: string
  now: number
  before: number
  last: number
  lastSequence: number
  silentWrites: number
  schema: number
  server: string
}>(
  (given, dialect) => sql`written as (
      update logs set last_sequence = ${given.last} from store
      where logs.project_id = ${given.projectId}
        and logs.last_sequence = ${given.lastSequence}
        and logs.silent_writes = ${given.silentWrites}
        and ${theStore}
        and store.clock_mark <= ${given.now}
        and store.schema = ${given.schema}
        and ${nowOf(dialect)} < ${given.before}
        and ${dialect.server ?? sql`null`} = ${given.server}
        and ${dialect.whole?.tryLock(given.projectId)}
      returning greatest(${nowOf(dialect)}, store.clock_mark) as now
    )`,
)

/** Nothing was written where it names no time, which is no number. */
const verdict = `select cast(coalesce((select cast(now as text) from written), '${outdated}') as bigint)
  as now`

/** What became of a transaction, as far as the log can tell. */
export type Fate = 'stored' | 'never' | 'unknown'

/**
 * What became of a statement whose reply was lost. Where it is not stored it never will be, also when
 * it is still on its way: what it expects is gone. `database` is a transaction that has locked the
 * project.
 */
export async function fateOf(
  database: Database,
  dialect: Dialect,
  { projectId, version }: Expected,
  { last, writer }: Written,
): Promise<Fate> {
  const [log] = await selectWriter.run(database, dialect, { projectId, last })
  if (Number(log?.writer) === writer) return 'stored'
  if (Number(log?.pruned_through ?? 0) >= last) return 'unknown'
  const lastSequence = Number(log?.last_sequence ?? 0)
  if (lastSequence <= version.lastSequence) await outdate.run(database, dialect, { projectId })
  return 'never'
}

const selectWriter = statement<
  { projectId: string; last: number },
  { writer: number | null; pruned_through: number | null; last_sequence: number | null }
>(
  ({ projectId, last }) => sql`select
    (select writer from events where project_id = ${projectId} and sequence = ${last}) as writer,
    (select pruned_through from logs where project_id = ${projectId}) as pruned_through,
    (select last_sequence from logs where project_id = ${projectId}) as last_sequence`,
)

const outdate = statement<{ projectId: string }>(
  ({ projectId }) => sql`update logs set silent_writes = silent_writes + 1
    where project_id = ${projectId}`,
)
