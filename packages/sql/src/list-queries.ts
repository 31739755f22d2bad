import type { Attempt, Queries, QueryName, StoredArtifact, TableName, Tables } from '@cueline/core'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { columnsOf, decodeRow, decodeRows } from './rows.ts'
import { statement } from './statement.ts'
import { tables } from './tables.ts'

/**
 * The reads for lists and details, where filters come and go. They are built anew each time: none
 * of them is on the way of a claim.
 */
async function select<Name extends TableName>(
  database: Database,
  dialect: Dialect,
  name: Name,
  wanted: readonly (RawBuilder<unknown> | undefined)[],
  rest: RawBuilder<unknown>,
): Promise<Tables[Name][]> {
  const spec = tables[name]
  const filters = wanted.filter((filter) => filter !== undefined)
  const where = filters.length === 0 ? sql`` : sql`where ${sql.join(filters, sql` and `)}`
  const query = sql<Record<string, unknown>>`select ${columnsOf(spec)}
    from ${sql.ref(spec.name)} ${where} ${rest}`
  return decodeRows(dialect, name, (await query.execute(database)).rows)
}

function equals(column: string, value: unknown): RawBuilder<unknown> | undefined {
  return value === undefined ? undefined : sql`${sql.ref(column)} = ${value}`
}

/** By task where one is named: its rows are few, the project's many. */
function owner(
  dialect: Dialect,
  projectId: string,
  taskId: string | undefined,
): readonly RawBuilder<unknown>[] {
  return taskId === undefined
    ? [sql`project_id = ${projectId}`]
    : [sql`task_id = ${taskId}`, sql`${dialect.filterOnly('project_id')} = ${projectId}`]
}

function oneOf(
  dialect: Dialect,
  column: string,
  values: readonly string[] | undefined,
): RawBuilder<unknown> | undefined {
  return values === undefined
    ? undefined
    : sql`${sql.ref(column)} in ${dialect.texts(sql.val(JSON.stringify(values)))}`
}

const openStates: ReadonlySet<Attempt['status']> = new Set([
  'running',
  'waiting',
  'verifying',
  'merging',
])

function isOpen(status: Attempt['status']): boolean {
  return openStates.has(status)
}

/** The attempts that claimed work orders name: those that ended may be a thousand times as many. */
function openOf(dialect: Dialect, projectId: string): readonly RawBuilder<unknown>[] {
  return [
    sql`id in (select attempt_id from work_orders
      where project_id = ${projectId} and status = 'claimed')`,
    sql`${dialect.filterOnly('project_id')} = ${projectId}`,
  ]
}

type ListName = Exclude<
  QueryName,
  | 'claimable'
  | 'ready'
  | 'load'
  | 'expired'
  | 'mergeQueue'
  | 'batches'
  | 'nextTime'
  | 'queues'
  | 'lastSequence'
  | 'prunedThrough'
  | 'logBase'
>

export const listQueries: {
  readonly [Name in ListName]: (
    database: Database,
    dialect: Dialect,
    input: Queries[Name]['input'],
    now: number,
  ) => Promise<Queries[Name]['output']>
} = {
  projects: (database, dialect) =>
    select(database, dialect, 'project', [], sql`order by created_at, id`),
  silentWorkers: async (database, _dialect, { projectId, silentMs }, now) => {
    const { rows } = await sql<{ id: Tables['worker']['id'] }>`select workers.id from workers
      left join heartbeats on heartbeats.worker_id = workers.id
      where workers.project_id = ${projectId} and workers.status <> 'offline'
        and coalesce(heartbeats.heard_at, workers.registered_at) + ${silentMs} < ${now}
      order by workers.id`.execute(database)
    return rows.map((row) => row.id)
  },
  tasks: (database, dialect, { projectId, status, batchId, codes }) =>
    select(
      database,
      dialect,
      'task',
      [
        equals('project_id', projectId),
        equals('batch_id', batchId),
        oneOf(dialect, 'code', codes),
        oneOf(dialect, 'status', status),
      ],
      sql`order by position, id`,
    ),
  workOrders: (database, dialect, { projectId, taskId }) =>
    select(
      database,
      dialect,
      'workOrder',
      owner(dialect, projectId, taskId),
      sql`order by enqueued_at, id`,
    ),
  attempts: (database, dialect, { projectId, taskId, status }) =>
    select(
      database,
      dialect,
      'attempt',
      [
        ...(taskId === undefined && status?.every(isOpen) === true
          ? openOf(dialect, projectId)
          : [equals('project_id', projectId), equals('task_id', taskId)]),
        oneOf(dialect, 'status', status),
      ],
      sql`order by started_at, number, id`,
    ),
  requests: (database, dialect, { projectId, taskId, status }) =>
    select(
      database,
      dialect,
      'request',
      [...owner(dialect, projectId, taskId), oneOf(dialect, 'status', status)],
      sql`order by asked_at, id`,
    ),
  workers: (database, dialect, { projectId }) =>
    select(
      database,
      dialect,
      'worker',
      [equals('project_id', projectId)],
      sql`order by registered_at, id`,
    ),
  sessions: (database, dialect, { projectId, taskId, workerId, status }) =>
    select(
      database,
      dialect,
      'session',
      [
        ...owner(dialect, projectId, taskId),
        equals('worker_id', workerId),
        oneOf(dialect, 'status', status),
      ],
      sql`order by started_at, id`,
    ),
  plan: async (database, dialect, { projectId, planId }) => {
    const [plan] = await select(
      database,
      dialect,
      'plan',
      [equals('project_id', projectId), equals('id', planId)],
      sql`order by revision desc, created_at desc, id limit 1`,
    )
    return plan ?? null
  },
  artifact: async (database, dialect, { projectId, hash }) => {
    const { rows } = await sql<Record<string, unknown>>`
      select ${columnsOf(tables.artifact)}, artifact_bytes.bytes from artifacts
      join artifact_bytes on artifact_bytes.project_id = artifacts.project_id
        and artifact_bytes.hash = artifacts.hash
      where artifacts.project_id = ${projectId} and artifacts.hash = ${hash}
      order by artifacts.id limit 1`.execute(database)
    const [row] = rows
    return row === undefined ? null : decodeRow(dialect, 'artifact', row)
  },
  artifacts: async (database, dialect, { projectId, taskId }) => {
    const rows = await select(
      database,
      dialect,
      'artifact',
      owner(dialect, projectId, taskId),
      sql`order by created_at, hash, name, id`,
    )
    return rows.map(withoutBytes)
  },
  projectOf: async (database, dialect, { id }) => {
    const [row] = await projectOf.run(database, dialect, { id })
    return row?.project_id ?? null
  },
}

const idTables = [
  'batches',
  'plans',
  'requests',
  'tasks',
  'work_orders',
  'attempts',
  'sessions',
] as const

const projectOf = statement<{ id: string }, { project_id: Tables['project']['id'] }>(({ id }) => {
  const lookups = idTables.map(
    (name) => sql`select project_id from ${sql.ref(name)} where id = ${id}`,
  )
  return sql`${sql.join(lookups, sql` union all `)} limit 1`
})

function withoutBytes(artifact: StoredArtifact): Omit<StoredArtifact, 'bytes'> {
  const { bytes: _, ...rest } = artifact
  return rest
}
