import { join } from 'node:path'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { bareStore } from '../reference/bare-store.ts'
import { median } from '../reference/interleave.ts'
import { drainCueline } from './drain.ts'
import { atMost, byTurns, type Goal, ratio, rounded } from './measure.ts'
import { sameRowsOnSqlite } from './same-rows.ts'

/** Claiming and completing with 1, 4 and 16 workers, beside the bare statements. */
export async function sqliteDrain(folder: string, rounds: number, tasks: number) {
  const list = Array.from({ length: tasks }, (_, index) => ({ id: `T${index}` }))
  const rows = []
  const goals: Goal[] = []
  let files = 0
  const file = () => join(folder, `drain-${(files += 1)}.db`)
  for (const workers of [1, 4, 16]) {
    const bare = async (grouped: boolean) => (await bareStore(file(), list, workers, grouped)).runMs
    const times = await byTurns(
      {
        cueline: async () => drainCueline(await sqliteStorage({ file: file() }), tasks, workers),
        'same rows, bare': async () => {
          const own = file()
          const storage = await sqliteStorage({ file: own })
          return sameRowsOnSqlite({ file: own, storage }, tasks, workers)
        },
        'bare, commit per turn': () => bare(true),
        'bare, commit each': () => bare(false),
      },
      rounds,
    )
    const perSecond = (ms: readonly number[]) => rounded((tasks / median(ms)) * 1_000)
    const overGrouped = ratio(times.cueline, times['bare, commit per turn'])
    const overEach = ratio(times.cueline, times['bare, commit each'])
    rows.push({
      workers,
      'cueline tasks/s': perSecond(times.cueline),
      'same rows, bare': perSecond(times['same rows, bare']),
      'bare, commit per turn': perSecond(times['bare, commit per turn']),
      'bare, commit each': perSecond(times['bare, commit each']),
      'time over commit per turn': overGrouped,
      'time over commit each': overEach,
      'time over the same rows': ratio(times.cueline, times['same rows, bare']),
    })
    if (workers === 1) {
      goals.push(
        atMost(
          'S3: claim and complete with one worker, over one commit per statement pair',
          overEach,
          1.6,
        ),
      )
    } else {
      goals.push(atMost(`S5: ${workers} workers, over bare grouped commits`, overGrouped, 1.3))
      goals.push(atMost(`S5: ${workers} workers, over bare commits each`, overEach, 0.3))
    }
  }
  console.log(`Claim and complete on SQLite, ${tasks} tasks that do nothing, all durable:`)
  console.table(rows)
  return { rows, goals }
}
