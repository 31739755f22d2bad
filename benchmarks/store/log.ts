import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import type { Event, ProjectId } from '@cueline/core'
import { median } from '../reference/interleave.ts'
import { byTurns, ratio, rounded } from './measure.ts'

const projectId = 'log' as ProjectId
const event: Event = { type: 'project.updated', projectId, name: 'A name', at: 1 }

/** Appending events, each durable or a thousand at once, and reading ten thousand by pages. */
export async function log(folder: string, rounds: number) {
  const storage = await sqliteStorage({ file: join(folder, 'log.db') })
  const bare = bareLog(join(folder, 'log-bare.db'))
  const append = (events: readonly Event[]) =>
    storage.transaction((transaction) => transaction.write(projectId, [], events, 'bench'))
  const many = Array.from({ length: 1_000 }, () => event)
  for (let page = 0; page < 10; page += 1) {
    await append(many)
    bare.append(many)
  }
  const cases = {
    'append 50, each durable': {
      cueline: async () => {
        for (let at = 0; at < 50; at += 1) await append([event])
      },
      bare: async () => {
        for (let at = 0; at < 50; at += 1) bare.append([event])
      },
    },
    'append 1 000 at once': {
      cueline: async () => void (await append(many)),
      bare: async () => bare.append(many),
    },
    'read 10 000 by pages': {
      cueline: async () => {
        for (let cursor = 0; cursor < 10_000; cursor += 1_000) {
          await storage.eventsAfter(projectId, cursor, 1_000)
        }
      },
      bare: async () => {
        for (let cursor = 0; cursor < 10_000; cursor += 1_000) bare.page(cursor, 1_000)
      },
    },
  }
  const rows = []
  for (const [what, candidates] of Object.entries(cases)) {
    const times = await byTurns(candidates, rounds)
    rows.push({
      what,
      'cueline ms': rounded(median(times.cueline)),
      'bare ms': rounded(median(times.bare)),
      ratio: ratio(times.cueline, times.bare),
    })
  }
  await storage.close()
  bare.close()
  console.log('The log on SQLite:')
  console.table(rows)
  return { rows }
}

function bareLog(file: string) {
  const database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal; pragma synchronous = full;
    create table logs (project_id text primary key, last_sequence integer not null);
    create table events (project_id text not null, sequence integer not null, actor text not null,
      event text not null, primary key (project_id, sequence));
    insert into logs values ('${projectId}', 0);
  `)
  const raise = database.prepare(
    'update logs set last_sequence = last_sequence + ? where project_id = ? returning last_sequence',
  )
  const insert = database.prepare('insert into events values (?, ?, ?, ?)')
  const select = database.prepare(
    'select sequence, actor, event from events where project_id = ? and sequence > ? order by sequence limit ?',
  )
  return {
    append(events: readonly Event[]) {
      database.exec('begin immediate')
      const last = Number(raise.get(events.length, projectId)?.['last_sequence'])
      events.forEach((one, at) => {
        insert.run(projectId, last - events.length + at + 1, 'bench', JSON.stringify(one))
      })
      database.exec('commit')
    },
    page: (cursor: number, limit: number) =>
      select.all(projectId, cursor, limit).map((row) => JSON.parse(String(row['event'])) as Event),
    close: () => database.close(),
  }
}
