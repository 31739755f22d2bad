import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import type { Change, ProjectId } from '@cueline/core'
import { exampleDependency, exampleProject, exampleTask } from '@cueline/core/testing'
import { median } from '../reference/interleave.ts'
import { atMost, byTurns, ratio, rounded } from './measure.ts'

const tasks = 10_000
const projectId = 'insert' as ProjectId

/** Ten thousand tasks with three dependencies each in one transaction, and bare prepared inserts. */
export async function insert(folder: string, rounds: number) {
  const empty = join(folder, 'empty.db')
  await (await sqliteStorage({ file: empty })).close()
  let copies = 0
  const copy = () => {
    const file = join(folder, `insert-${(copies += 1)}.db`)
    copyFileSync(empty, file)
    return file
  }
  const rows = rowsOf()
  const project: Change = { table: 'project', kind: 'insert', row: exampleProject(projectId) }
  const times = await byTurns(
    {
      cueline: async () => {
        const storage = await sqliteStorage({ file: copy() })
        const startedAt = performance.now()
        const changes = [project, ...rows.tasks, ...rows.edges]
        await storage.transaction((transaction) =>
          transaction.write(projectId, changes, [], 'bench'),
        )
        const ms = performance.now() - startedAt
        await storage.close()
        return ms
      },
      bare: async () => insertBare(copy(), rows),
    },
    rounds,
  )
  const over = ratio(times.cueline, times.bare)
  const result = {
    'cueline ms': rounded(median(times.cueline)),
    'bare ms': rounded(median(times.bare)),
    ratio: over,
  }
  console.log('10 000 tasks and 30 000 dependencies in one transaction on SQLite:')
  console.table([result])
  return {
    rows: [result],
    goals: [atMost('S4: insert 10 000 tasks and 30 000 edges, over bare inserts', over, 1.7)],
  }
}

type Insert<Name> = Extract<Change, { table: Name; kind: 'insert' }>

function rowsOf() {
  const description = 'What has to be done, at the length that such texts usually have. '.repeat(6)
  const inserted: Insert<'task'>[] = []
  const edges: Insert<'dependency'>[] = []
  for (let index = 0; index < tasks; index += 1) {
    const row = exampleTask(projectId, `T${index}`, { position: index, description })
    inserted.push({ table: 'task', kind: 'insert', row })
    for (const back of [1, 2, 3]) {
      const edge = exampleDependency(projectId, `T${index}`, `T${(index + back) % tasks}`)
      edges.push({ table: 'dependency', kind: 'insert', row: edge })
    }
  }
  return { tasks: inserted, edges }
}

function insertBare(file: string, rows: ReturnType<typeof rowsOf>): number {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16000')
  const insertTask = preparedFor(database, 'tasks', rows.tasks[0]?.row ?? {})
  const insertEdge = preparedFor(database, 'dependencies', rows.edges[0]?.row ?? {})
  const startedAt = performance.now()
  database.exec('begin immediate')
  for (const { row } of rows.tasks) insertTask(row)
  for (const { row } of rows.edges) insertEdge(row)
  database.exec('commit')
  const ms = performance.now() - startedAt
  database.close()
  return ms
}

/** One prepared statement per table and row, with the values that Cueline stores. */
function preparedFor(database: DatabaseSync, table: string, example: object) {
  const fields = Object.keys(example)
  const columns = fields.map((field) =>
    field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
  if (table === 'tasks') columns.push('changed_at')
  const marks = columns.map(() => '?').join(', ')
  const statement = database.prepare(
    `insert into ${table} (${columns.join(', ')}) values (${marks})`,
  )
  return (row: object) => {
    const values = Object.values(row).map((value: unknown) => {
      if (typeof value === 'boolean') return Number(value)
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
    }) as (string | number | null)[]
    if (table === 'tasks') values.push(1)
    statement.run(...values)
  }
}
