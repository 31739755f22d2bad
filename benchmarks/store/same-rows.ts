import { DatabaseSync } from 'node:sqlite'
import { createCueline, type Storage } from '@cueline/core'
import { Client, type ClientConfig } from 'pg'
import { queuedProject } from './drain.ts'

/**
 * The rows and events that Cueline writes while workers drain a queue, in as many commits - one per
 * turn of all workers, which ends their tasks and claims the next - by statements that decide and
 * check nothing: what a durable, fenced queue with a log of events costs at least on its own tables.
 */
export async function sameRowsOnPostgres(
  { url, schema, storage }: { url: string; schema: string; storage: Storage },
  tasks: number,
  workers: number,
): Promise<number> {
  const projectId = await prepared(storage, tasks)
  // As the storage itself: `pipeline` is newer than the published types.
  const config: ClientConfig & { pipeline: true } = { connectionString: url, pipeline: true }
  const client = new Client(config)
  await client.connect()
  try {
    await client.query(`set search_path to "${schema}"; set plan_cache_mode = force_generic_plan;
      set enable_seqscan = off; set enable_bitmapscan = off; set jit = off`)
    const { rows } = await client.query<QueuedTask>(selectQueued('$1'), [projectId])
    const turns = turnsOf(rows, workers, await lastSequence(client, projectId))
    const startedAt = performance.now()
    for (const turn of turns) {
      await Promise.all([
        client.query('begin'),
        client.query({ name: 'turn', text: turnOnPostgres, values: valuesOf(turn, projectId) }),
        client.query('commit'),
      ])
    }
    return performance.now() - startedAt
  } finally {
    await client.end()
  }
}

/** As `sameRowsOnPostgres`, row by row with prepared statements: the fastest way on SQLite. */
export async function sameRowsOnSqlite(
  { file, storage }: { file: string; storage: Storage },
  tasks: number,
  workers: number,
): Promise<number> {
  const projectId = await prepared(storage, tasks)
  const database = new DatabaseSync(file)
  database.exec('pragma synchronous = full; pragma cache_size = -16000')
  const rows = database.prepare(selectQueued('?')).all(projectId) as unknown as QueuedTask[]
  const log = database.prepare('select last_sequence from logs where project_id = ?').get(projectId)
  const turns = turnsOf(rows, workers, Number(log?.['last_sequence']))
  const run = Object.fromEntries(
    Object.entries(onSqlite).map(([name, text]) => [name, database.prepare(text)]),
  ) as Record<keyof typeof onSqlite, ReturnType<DatabaseSync['prepare']>>
  const startedAt = performance.now()
  for (const { ended, claimed, events, sequence, now } of turns) {
    database.exec('begin immediate')
    for (const { id, order, attempt } of ended) {
      run.endAttempt.run(now, attempt)
      run.endTask.run(now, now, id)
      run.endOrder.run(now, order)
      run.endLease.run(order)
    }
    for (const { id, order, attempt } of claimed) {
      run.startAttempt.run(attempt, projectId, id, order, now)
      run.startOrder.run(attempt, order)
      run.startTask.run(now, now, id)
      run.startLease.run(order, now)
    }
    for (const [number, event] of events) run.append.run(projectId, number, event)
    run.count.run(sequence, projectId)
    database.exec('commit')
  }
  const ms = performance.now() - startedAt
  database.close()
  return ms
}

interface QueuedTask {
  readonly id: string
  readonly order: string
}

interface StartedTask extends QueuedTask {
  readonly attempt: string
}

/** What one commit writes. */
interface Turn {
  readonly ended: readonly StartedTask[]
  readonly claimed: readonly StartedTask[]
  readonly events: readonly (readonly [number, string])[]
  readonly sequence: number
  readonly now: number
}

async function prepared(storage: Storage, tasks: number): Promise<string> {
  const cueline = await createCueline({ storage, runner: async () => {} })
  const projectId = await queuedProject(cueline, tasks)
  await cueline.close()
  return projectId
}

function selectQueued(projectId: string): string {
  return `select id, work_order_id as "order" from tasks
    where project_id = ${projectId} order by position`
}

async function lastSequence(client: Client, projectId: string): Promise<number> {
  const text = 'select last_sequence from logs where project_id = $1'
  const { rows } = await client.query<{ last_sequence: string }>(text, [projectId])
  return Number(rows[0]?.last_sequence)
}

function turnsOf(rows: readonly QueuedTask[], workers: number, last: number): readonly Turn[] {
  const turns: Turn[] = []
  let sequence = last
  let ended: readonly StartedTask[] = []
  const now = Date.now()
  const event = (type: string, { id, order, attempt }: StartedTask): readonly [number, string] => {
    sequence += 1
    const ids = { taskId: id, workOrderId: order, attemptId: attempt, workerId: 'worker-of-a-run' }
    return [sequence, JSON.stringify({ type, at: now, ...ids, number: 1, fence: 1 })]
  }
  for (let start = 0; start < rows.length + workers; start += workers) {
    const claimed = rows
      .slice(start, start + workers)
      .map((row) => ({ ...row, attempt: `attempt-of-${row.id}` }))
    const events = [
      ...ended.flatMap((task) => [
        event('attempt.verified', task),
        event('attempt.succeeded', task),
      ]),
      ...claimed.map((task) => event('attempt.started', task)),
    ]
    turns.push({ ended, claimed, events, sequence, now })
    ended = claimed
  }
  return turns
}

const turnOnPostgres = `with
  attempts_ended as (update attempts set status = 'succeeded', summary = '', verdicts = '[]',
    ended_at = $1 where id = any($2::text[])),
  tasks_ended as (update tasks set status = 'done', reached = 'verified', summary = '',
    revision = revision + 1, settled_at = $1, work_order_id = null, changed_at = $1
    where id = any($3::text[])),
  orders_ended as (update work_orders set status = 'completed', settled_at = $1
    where id = any($4::text[])),
  leases_ended as (delete from leases where work_order_id = any($4::text[])),
  attempts_started as (insert into attempts (id, project_id, task_id, work_order_id, number,
      worker_id, fence, status, started_at, waited_ms, verdicts)
    select attempt, $5, task, work_order, 1, 'worker', 1, 'running', $1, 0, '[]'
    from unnest($6::text[], $7::text[], $8::text[]) as given (attempt, task, work_order)),
  orders_started as (update work_orders set status = 'claimed', fence = 1, worker_id = 'worker',
      attempt_id = given.attempt
    from unnest($6::text[], $8::text[]) as given (attempt, work_order)
    where id = given.work_order),
  tasks_started as (update tasks set status = 'doing', attempt_count = 1, started_at = $1,
    revision = revision + 1, changed_at = $1 where id = any($7::text[])),
  leases_started as (insert into leases (work_order_id, fence, worker_id, until)
    select work_order, 1, 'worker', $1::bigint from unnest($8::text[]) as given (work_order)),
  appended as (insert into events (project_id, sequence, actor, event)
    select $5, number, 'worker', event
    from unnest($9::bigint[], $10::json[]) as given (number, event))
  update logs set last_sequence = $11 where project_id = $5`

function valuesOf(turn: Turn, projectId: string): unknown[] {
  const { ended, claimed, events, sequence, now } = turn
  return [
    now,
    ended.map(({ attempt }) => attempt),
    ended.map(({ id }) => id),
    ended.map(({ order }) => order),
    projectId,
    claimed.map(({ attempt }) => attempt),
    claimed.map(({ id }) => id),
    claimed.map(({ order }) => order),
    events.map(([number]) => number),
    events.map(([, event]) => event),
    sequence,
  ]
}

const onSqlite = {
  endAttempt: `update attempts set status = 'succeeded', summary = '', verdicts = '[]',
    ended_at = ? where id = ?`,
  endTask: `update tasks set status = 'done', reached = 'verified', summary = '',
    revision = revision + 1, settled_at = ?, work_order_id = null, changed_at = ? where id = ?`,
  endOrder: `update work_orders set status = 'completed', settled_at = ? where id = ?`,
  endLease: 'delete from leases where work_order_id = ?',
  startAttempt: `insert into attempts (id, project_id, task_id, work_order_id, number, worker_id,
    fence, status, started_at, waited_ms, verdicts)
    values (?, ?, ?, ?, 1, 'worker', 1, 'running', ?, 0, '[]')`,
  startOrder: `update work_orders set status = 'claimed', fence = 1, worker_id = 'worker',
    attempt_id = ? where id = ?`,
  startTask: `update tasks set status = 'doing', attempt_count = 1, started_at = ?,
    revision = revision + 1, changed_at = ? where id = ?`,
  startLease: `insert into leases (work_order_id, fence, worker_id, until)
    values (?, 1, 'worker', ?)`,
  append: `insert into events (project_id, sequence, actor, event) values (?, ?, 'worker', ?)`,
  count: 'update logs set last_sequence = ? where project_id = ?',
} as const
