import { join } from 'node:path'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline, type Storage } from '@cueline/core'
import type { PlanTask } from '@cueline/core/planner'
import { windowed } from '../engine/no-op-tasks.ts'
import { bareStore } from '../reference/bare-store.ts'
import { median } from '../reference/interleave.ts'
import { atMost, byTurns, ratio, rounded } from './measure.ts'

const slots = 25

/**
 * S5 by its text: no-op tasks in dependency order, each claimed with its event and finished with its
 * dependents counted down and its event, by the hand-written loop that commits once per turn, by one
 * that commits twice per task, and by Cueline.
 */
export async function groupCommit(folder: string, rounds: number, count: number) {
  const tasks = windowed(count)
  let files = 0
  const file = () => join(folder, `loop-${(files += 1)}.db`)
  const bare = async (grouped: boolean) => (await bareStore(file(), tasks, slots, grouped)).runMs
  const times = await byTurns(
    {
      cueline: async () => runPlanned(await sqliteStorage({ file: file() }), tasks),
      'commit per turn': () => bare(true),
      'commit each': () => bare(false),
    },
    rounds,
  )
  const overGrouped = ratio(times.cueline, times['commit per turn'])
  const overEach = ratio(times.cueline, times['commit each'])
  const perTask = (ms: readonly number[]) => rounded((median(ms) * 1_000) / count)
  const rows = [
    {
      'cueline us/task': perTask(times.cueline),
      'bare, commit per turn': perTask(times['commit per turn']),
      'bare, commit each': perTask(times['commit each']),
      'over commit per turn': overGrouped,
      'over commit each': overEach,
    },
  ]
  console.log(`${count} no-op tasks with three dependencies each, ${slots} at once, on SQLite:`)
  console.table(rows)
  return {
    rows,
    goals: [
      atMost('S5: the window of 5 000 tasks, 25 at once, over grouped commits', overGrouped, 1.3),
      atMost('S5: the same over two commits per task', overEach, 0.3),
      atMost('held: the same over two commits per task', overEach, 1),
    ],
  }
}

async function runPlanned(storage: Storage, tasks: readonly PlanTask[]): Promise<number> {
  const cueline = await createCueline({ storage, runner: async () => {} })
  const settings = { maxParallelTasks: 10_000 }
  const { id: projectId } = await cueline.projects.create({ name: 'loop', settings })
  const document = { tasks: tasks.map((task) => ({ ...task, title: task.id })) }
  await cueline.tasks.import({ projectId, document })
  const plan = await cueline.plans.build({ projectId, workers: slots })
  await cueline.stages.fromPlan({ planId: plan.id, force: true, maxParallelTasks: 10_000 })
  let done = 0
  let ms = 0
  const startedAt = performance.now()
  cueline.on('event', ({ type }) => {
    if (type !== 'attempt.succeeded') return
    done += 1
    if (done === tasks.length) ms = performance.now() - startedAt
  })
  await cueline.run({ projectId, workers: slots })
  await cueline.close()
  if (done !== tasks.length) throw new Error(`Only ${done} of ${tasks.length} tasks are done.`)
  return ms
}
