import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline, type Storage } from '@cueline/core'
import { median } from '../reference/interleave.ts'
import { queuedProject } from './drain.ts'
import { atMost, byTurns, type Goal, ratio, rounded } from './measure.ts'

const stored = 10_000
const claims = 300
const description = 'What has to be done, at the length that such texts usually have. '.repeat(7)

type Synchronous = 'full' | 'normal'

/**
 * S3 by its text: one transaction that claims one work order, by the engine's own claim - limits, lease,
 * fence, attempt, event -, beside the raw prepared statement that claims a row of one table.
 */
export async function claimAlone(folder: string, rounds: number) {
  const rows = []
  const goals: Goal[] = []
  let files = 0
  const file = () => join(folder, `claim-${(files += 1)}.db`)
  for (const [synchronous, limit] of [
    ['full', 1.6],
    ['normal', 4],
  ] as const) {
    const times = await byTurns(
      {
        cueline: () => claimedByCueline(file(), synchronous),
        raw: async () => claimedRaw(file(), synchronous),
      },
      rounds,
    )
    const over = ratio(times.cueline, times.raw)
    rows.push({
      synchronous,
      'cueline us': rounded(median(times.cueline) * 1_000),
      'raw us': rounded(median(times.raw) * 1_000),
      ratio: over,
    })
    const goal = `S3: a claim alone, synchronous = ${synchronous}, over the raw statement`
    goals.push(atMost(goal, over, limit))
  }
  console.log(`A claim alone on SQLite, ${stored} tasks stored, median of ${claims} claims:`)
  console.table(rows)
  return { rows, goals }
}

/** Milliseconds of the transaction that claims, from its call to its end. */
async function claimedByCueline(file: string, synchronous: Synchronous): Promise<number> {
  const storage = await sqliteStorage({ file, synchronous })
  let lastMs = 0
  const timed: Storage = {
    async transaction(work, projectId) {
      const startedAt = performance.now()
      const result = await storage.transaction(work, projectId)
      lastMs = performance.now() - startedAt
      return result
    },
    renew: storage.renew,
    eventsAfter: storage.eventsAfter,
    watch: storage.watch,
    close: () => storage.close(),
  }
  const took: number[] = []
  const stop = new AbortController()
  const cueline = await createCueline({
    storage: timed,
    // Whoever asks gives its place away, so that the next is claimed by a transaction of its own.
    runner: async (_, { report }) => {
      if (took.length === claims) stop.abort()
      return report.ask({ text: 'And now?' })
    },
  })
  const projectId = await queuedProject(cueline, stored, description)
  cueline.on('event', ({ type }) => {
    // Told right after the commit of the transaction that claimed, before any other begins.
    if (type === 'attempt.started' && took.length < claims) took.push(lastMs)
  })
  await cueline.run({ projectId, workers: 1, signal: stop.signal })
  await cueline.close()
  if (took.length !== claims) throw new Error(`${took.length} claims instead of ${claims}.`)
  return median(took)
}

/** A row of one table with a lease, by the index of what is ready, in a commit of its own. */
function claimedRaw(file: string, synchronous: Synchronous): number {
  const database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma cache_size = -16000;
    create table task (id text primary key, status text not null, priority integer not null,
      spec text not null, worker text, lease_until integer);
    create index task_ready on task (status, priority, id);
  `)
  const insert = database.prepare(
    `insert into task (id, status, priority, spec) values (?, 'ready', 1, ?)`,
  )
  database.exec('begin immediate')
  for (let index = 0; index < stored; index += 1) insert.run(`T${index}`, description)
  database.exec('commit')
  const claim = database.prepare(`update task set status = 'claimed', worker = ?, lease_until = ?
    where id = (select id from task where status = 'ready' order by priority, id limit 1)
    returning id`)
  const took: number[] = []
  for (let index = 0; index < claims; index += 1) {
    const startedAt = performance.now()
    const claimed = claim.all('worker-of-a-run', Date.now() + 30_000)
    took.push(performance.now() - startedAt)
    if (claimed.length !== 1) throw new Error('Nothing was claimed.')
  }
  database.close()
  return median(took)
}
