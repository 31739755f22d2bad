import { join } from 'node:path'
import process from 'node:process'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { bareStore } from '../reference/bare-store.ts'
import { drainCueline } from './drain.ts'
import { sameRowsOnSqlite } from './same-rows.ts'

export interface SqliteDrain {
  readonly folder: string
  readonly tasks: number
  readonly workers: number
}

/** Everybody who drains a queue in an SQLite file of its own. */
export async function candidates({ folder, tasks, workers }: SqliteDrain) {
  const list = Array.from({ length: tasks }, (_, index) => ({ id: `T${index}` }))
  let files = 0
  const file = () => join(folder, `drain-${process.pid}-${(files += 1)}.db`)
  const bare = async (grouped: boolean) => (await bareStore(file(), list, workers, grouped)).runMs
  return {
    cueline: async () => drainCueline(await sqliteStorage({ file: file() }), tasks, workers),
    'same rows, bare': async () => {
      const own = file()
      const storage = await sqliteStorage({ file: own })
      return sameRowsOnSqlite({ file: own, storage }, tasks, workers)
    },
    'bare, commit per turn': () => bare(true),
    'bare, commit each': () => bare(false),
  }
}
