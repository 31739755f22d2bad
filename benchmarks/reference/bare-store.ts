import { DatabaseSync } from 'node:sqlite'
import type { PlanTask } from '@cueline/core/planner'
import { readyLoop } from './ready-loop.ts'

/**
 * The least that durable execution can cost on SQLite: a row per task, claimed, finished, its
 * dependents counted down, an event for each - with one commit per turn of the event loop, or one
 * commit per statement pair. No leases, no fences, no attempts, no replay. What counts is the loop, without
 * making the tables and their rows.
 */
export async function bareStore(
  file: string,
  tasks: readonly PlanTask[],
  slots: number,
  grouped: boolean,
): Promise<{ readonly runMs: number }> {
  const database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal; pragma synchronous = full;
    create table task (id text primary key, status text not null, remaining integer not null);
    create table edge (dependency text not null, task text not null, primary key (dependency, task)) without rowid;
    create table event (sequence integer primary key, task text not null, type text not null);
  `)
  const insertTask = database.prepare('insert into task values (?, ?, ?)')
  const insertEdge = database.prepare('insert into edge values (?, ?)')
  database.exec('begin immediate')
  for (const task of tasks) {
    insertTask.run(task.id, 'queued', task.dependsOn?.length ?? 0)
    for (const edge of task.dependsOn ?? []) {
      insertEdge.run(typeof edge === 'string' ? edge : edge.task, task.id)
    }
  }
  database.exec('commit')
  const claim = database.prepare(`update task set status = 'claimed' where id = ? returning id`)
  const finish = database.prepare(`update task set status = 'done' where id = ?`)
  const countDown = database.prepare(
    'update task set remaining = remaining - 1 where id in (select task from edge where dependency = ?)',
  )
  const append = database.prepare('insert into event (task, type) values (?, ?)')
  const commit = grouped ? perTurn(database) : atOnce(database)
  const startedAt = performance.now()
  await readyLoop(tasks, slots, async ({ id }) => {
    await commit(() => {
      claim.all(id)
      append.run(id, 'started')
    })
    await commit(() => {
      finish.run(id)
      countDown.run(id)
      append.run(id, 'done')
    })
  })
  const runMs = performance.now() - startedAt
  database.close()
  return { runMs }
}

type Commit = (write: () => void) => Promise<void>

function atOnce(database: DatabaseSync): Commit {
  return async (write) => {
    database.exec('begin immediate')
    write()
    database.exec('commit')
  }
}

function perTurn(database: DatabaseSync): Commit {
  let waiting: { readonly write: () => void; readonly done: () => void }[] = []
  return (write) =>
    new Promise((done) => {
      waiting.push({ write, done })
      if (waiting.length > 1) return
      void Promise.resolve().then(() => {
        const turn = waiting
        waiting = []
        database.exec('begin immediate')
        for (const one of turn) one.write()
        database.exec('commit')
        for (const one of turn) one.done()
      })
    })
}
