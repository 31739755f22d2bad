import { median } from '../reference/interleave.ts'
import { atMost, byTurns, type Goal, ratio, rounded } from './measure.ts'
import { ownProcesses } from './own-processes.ts'
import { candidates } from './sqlite-candidates.ts'

type CandidateName = keyof Awaited<ReturnType<typeof candidates>>

/** Claiming and completing with 1, 4 and 16 workers, beside the bare statements. */
export async function sqliteDrain(folder: string, rounds: number, tasks: number) {
  const rows = []
  const goals: Goal[] = []
  for (const workers of [1, 4, 16]) {
    const given = { folder, tasks, workers }
    const names = Object.keys(await candidates(given)) as CandidateName[]
    const own = ownProcesses('sqlite-candidates.ts', given, names)
    const times = await byTurns(own.candidates, rounds).finally(own.end)
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
      const overSame = ratio(times.cueline, times['same rows, bare'])
      goals.push(
        atMost('held: claim and complete with one worker, over the same rows', overSame, 2.5),
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
