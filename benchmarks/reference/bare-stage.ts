import { copyFileSync } from 'node:fs'
import { randomIds } from '@cueline/core'
import { DatabaseSync } from 'node:sqlite'

/**
 * The least that staging and promoting can cost on the tables of Cueline: the same columns of the
 * same rows by one prepared statement each, an event, one commit - nothing read, nothing checked.
 */
export function bareStage(source: string, file: string, projectId: string, batchId: string) {
  copyFileSync(source, file)
  const database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16000;
  `)
  const stage = database.prepare(`
    update tasks set status = 'staged', batch_id = ?, stage_priority = 0, staged_at = ?, forced = 1,
      revision = revision + 1, changed_at = ?
    where id in (select value from json_each(?)) and +project_id = ?`)
  const promote = database.prepare(`
    update batches set promoted_at = ?, generation = generation + 1, open_layer = null,
      stuck_since = null, stuck_reason = null, stuck_count = 0
    where id = ?`)
  const release = database.prepare(`
    insert into work_orders (id, project_id, task_id, status, fence, charged_attempts,
      uncharged_attempts, interruptions, not_before, enqueued_at)
    select value ->> 0, ?, value ->> 1, 'queued', 0, 0, 0, 0, 0, ? from json_each(?)`)
  const link = database.prepare(`
    update tasks set work_order_id = given.work_order_id, changed_at = ?
    from (select value ->> 0 as work_order_id, value ->> 1 as id from json_each(?)) as given
    where tasks.id = given.id and +tasks.project_id = ?`)
  const unstage = database.prepare(`
    update tasks set status = 'todo', batch_id = null, work_order_id = null
    where project_id = ? and status = 'staged'`)
  // As Cueline does, which forgets no work order: so both insert into tables of the same size.
  const withdraw = database.prepare(`
    update work_orders set status = 'cancelled', settled_at = ?
    where project_id = ? and status = 'queued'`)
  const append = database.prepare(
    'insert into events (project_id, sequence, actor, event) values (?, ?, ?, ?)',
  )
  // Events are numbered by a row, for other processes write to the same log.
  const raise = database.prepare(`
    update logs set last_sequence = last_sequence + ? where project_id = ?
    returning last_sequence as last`)
  const event = (sequence: number, type: string, list: unknown) => {
    append.run(
      projectId,
      sequence,
      'bench',
      JSON.stringify({ type, batchId, list, at: Date.now() }),
    )
  }
  const lastOf = (events: number) => Number(raise.get(events, projectId)?.['last'])
  return {
    stage(ids: readonly string[]) {
      database.exec('begin immediate')
      stage.run(batchId, Date.now(), Date.now(), JSON.stringify(ids), projectId)
      event(
        lastOf(1),
        'tasks.staged',
        ids.map((id) => ({ id, stagePriority: 0 })),
      )
      database.exec('commit')
    },
    promote(ids: readonly string[]) {
      database.exec('begin immediate')
      promote.run(Date.now(), batchId)
      const orders = ids.map((id) => [randomIds('workOrder'), id])
      const given = JSON.stringify(orders)
      release.run(projectId, Date.now(), given)
      link.run(Date.now(), given, projectId)
      const last = lastOf(2)
      event(last - 1, 'batch.promoted', null)
      event(
        last,
        'work.released',
        orders.map(([id, taskId]) => ({ id, taskId })),
      )
      database.exec('commit')
    },
    unstage() {
      database.exec('begin immediate')
      unstage.run(projectId)
      withdraw.run(Date.now(), projectId)
      database.exec('commit')
    },
    close: () => database.close(),
  }
}
