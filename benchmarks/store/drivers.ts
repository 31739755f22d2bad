import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { median } from '../reference/interleave.ts'
import { installPeers, loadPeer } from '../reference/peers.ts'
import { atMost, byTurns, type Goal, ratio, rounded } from './measure.ts'

/** What the two drivers have in common: all that the statements of a storage need. */
interface Driver {
  exec(text: string): unknown
  prepare(text: string): Statement
  close(): void
}

interface Statement {
  run(...values: readonly (string | number)[]): unknown
  get(...values: readonly (string | number)[]): unknown
  all(...values: readonly (string | number)[]): readonly unknown[]
}

interface BetterSqlite {
  readonly default: new (file: string) => Driver
}

const rowsThere = 10_000
const calls = 2_000

/**
 * `node:sqlite`, which the adapter uses, beside better-sqlite3: the kinds of statements that a storage
 * sends, on tables and settings like its own.
 */
export async function drivers(folder: string, rounds: number) {
  installPeers()
  const { default: Better } = await loadPeer<BetterSqlite>('better-sqlite3')
  const own = workOf(new DatabaseSync(join(folder, 'driver-node.db')))
  const better = workOf(new Better(join(folder, 'driver-better.db')))
  const rows = []
  const goals: Goal[] = []
  for (const what of Object.keys(own.cases) as (keyof typeof own.cases)[]) {
    const times = await byTurns(
      {
        node: async () => busyMs(() => own.cases[what]()),
        better: async () => busyMs(() => better.cases[what]()),
      },
      rounds,
    )
    const over = ratio(times.node, times.better)
    rows.push({
      what,
      'node:sqlite ms': rounded(median(times.node)),
      'better-sqlite3 ms': rounded(median(times.better)),
      ratio: over,
    })
    goals.push(
      atMost(`S6: ${what}, over better-sqlite3`, over, what.startsWith('read') ? 1.5 : 1.15),
    )
  }
  own.close()
  better.close()
  console.log('The drivers of SQLite, the same statements, processor time:')
  console.table(rows)
  return { rows, goals }
}

/** Processor time of this thread, milliseconds: a busy machine makes it little longer. */
function busyMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}

function workOf(driver: Driver) {
  driver.exec(`
    pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16000;
    create table tasks (id text primary key, project_id text not null, status text not null,
      title text not null, resources text not null, position integer not null, tail real not null);
    create index tasks_by_status on tasks (project_id, status, position);
    create table events (sequence integer primary key, event text not null);
  `)
  const many = JSON.stringify(Array.from({ length: rowsThere }, (_, at) => [`T${at}`, at]))
  const insert = driver.prepare(
    `insert into tasks select value ->> 0, 'p', 'staged', 'Task ' || (value ->> 0), '{"cpu":1}',
      value ->> 1, 0.5 from json_each(?)`,
  )
  const clear = driver.prepare('delete from tasks')
  const next = driver.prepare(
    `select id from tasks where project_id = ? and status = 'staged' order by position limit ?`,
  )
  const load = driver.prepare('select * from tasks where id in (select value from json_each(?))')
  const update = driver.prepare('update tasks set status = ?, tail = ? where id = ?')
  const append = driver.prepare('insert into events (event) values (?)')
  const page = driver.prepare('select sequence, event from events where sequence > ? limit ?')
  const event = JSON.stringify({ type: 'attempt.started', taskId: 'T1', at: 1_700_000_000_000 })
  const repeat = (work: (at: number) => void) => {
    for (let at = 0; at < calls; at += 1) work(at)
  }
  const together = (work: () => void) => {
    driver.exec('begin immediate')
    work()
    driver.exec('commit')
  }
  insert.run(many)
  together(() => repeat(() => append.run(event)))
  const cases = {
    'insert 10 000 rows by one statement': () =>
      together(() => {
        clear.run()
        insert.run(many)
      }),
    'next 10 of an index, 2 000 times': () => repeat(() => next.all('p', 10)),
    'load 4 rows by key, 2 000 times': () =>
      repeat((at) =>
        load.all(JSON.stringify([`T${at}`, `T${at + 1}`, `T${at + 2}`, `T${at + 3}`])),
      ),
    'change 2 000 rows in one commit': () =>
      together(() => repeat((at) => update.run('doing', at / 7, `T${at}`))),
    'append 2 000 events in one commit': () => together(() => repeat(() => append.run(event))),
    '50 commits of one row each': () => {
      for (let at = 0; at < 50; at += 1) together(() => update.run('staged', at / 3, `T${at}`))
    },
    'read 10 000 rows at once': () => next.all('p', rowsThere),
    'read 2 000 pages of 100 events': () => repeat((at) => page.all(at % 1_900, 100)),
  }
  return { cases, close: () => driver.close() }
}
