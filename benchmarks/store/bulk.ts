import { join } from 'node:path'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline } from '@cueline/core'
import { bareStage } from '../reference/bare-stage.ts'
import { median } from '../reference/interleave.ts'
import { atMost, byTurns, type Goal, ratio, rounded } from './measure.ts'

const stored = 10_000
const sizes = [10, 1_000, 10_000] as const
const repeated = { 10: 9, 1_000: 3, 10_000: 1 }
/**
 * What is over in less than a millisecond is done several times in a turn: garbage was collected before
 * it, and what comes right after that waits for memory, the more the more code it has.
 */
const inARow = { 10: 9, 1_000: 1, 10_000: 1 }

/** Staging and promoting, the whole operation, beside one bare statement each on the same tables. */
export async function bulk(folder: string, rounds: number) {
  const file = join(folder, 'bulk.db')
  const { projectId, batchId } = await filled(file)
  const bare = bareStage(file, join(folder, 'bulk-bare.db'), projectId, batchId)
  const storage = await sqliteStorage({ file })
  const cueline = await createCueline({ storage })
  const all = await storage.transaction((transaction) => transaction.query('tasks', { projectId }))
  const rows = []
  const goals: Goal[] = []
  for (const size of sizes) {
    const ids: string[] = all.slice(0, size).map((task) => task.id)
    const promoteMs = { cueline: [] as number[], bare: [] as number[] }
    const turnOf = (name: 'cueline' | 'bare', once: () => Promise<Times>) => async () => {
      const times: Times[] = []
      for (let nth = 0; nth < inARow[size]; nth += 1) times.push(await once())
      promoteMs[name].push(median(times.map(({ promote }) => promote)))
      return median(times.map(({ stage }) => stage))
    }
    const staged = await byTurns(
      {
        cueline: turnOf('cueline', async () => {
          const batch = await cueline.stages.create({ projectId, name: 'bulk' })
          const input = { batchId: batch.id, tasks: ids, force: true }
          const stage = await timed(() => cueline.stages.stage(input))
          const promote = await timed(() => cueline.stages.promote({ batchId: batch.id }))
          await cueline.stages.unstage({ projectId, tasks: ids })
          await cueline.stages.delete({ batchId: batch.id })
          return { stage, promote }
        }),
        bare: turnOf('bare', async () => {
          const stage = await timed(() => bare.stage(ids))
          const promote = await timed(() => bare.promote(ids))
          bare.unstage()
          return { stage, promote }
        }),
      },
      // What is over in a millisecond is at the mercy of the disk, and takes no time to repeat.
      rounds * repeated[size],
    )
    // The first of each is the one that warms up.
    const promoted = { cueline: promoteMs.cueline.slice(1), bare: promoteMs.bare.slice(1) }
    for (const [what, times] of Object.entries({ stage: staged, promote: promoted })) {
      const over = ratio(times.cueline, times.bare)
      rows.push({
        what: `${what} ${size}`,
        'cueline ms': rounded(median(times.cueline)),
        'bare ms': rounded(median(times.bare)),
        ratio: over,
      })
      goals.push(atMost(`S1: ${what} ${size}, over one bare statement`, over, 1.3))
    }
  }
  await cueline.close()
  bare.close()
  console.log(`Bulk on SQLite, ${stored} tasks stored, each operation durable:`)
  console.table(rows)
  return { rows, goals }
}

interface Times {
  readonly stage: number
  readonly promote: number
}

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

async function filled(file: string) {
  const cueline = await createCueline({ storage: await sqliteStorage({ file }) })
  const { id: projectId } = await cueline.projects.create({ name: 'bulk' })
  const description = 'What has to be done, at the length that such texts usually have. '.repeat(6)
  const tasks = Array.from({ length: stored }, (_, index) => ({
    id: `T${index}`,
    title: `Task ${index}`,
    description,
  }))
  await cueline.tasks.import({ projectId, document: { tasks } })
  const { id: batchId } = await cueline.stages.create({ projectId, name: 'for the bare one' })
  await cueline.close()
  return { projectId, batchId }
}
