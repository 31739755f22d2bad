import process from 'node:process'
import { createCueline, memoryStorage } from '@cueline/core'
import type { PlanTask } from '@cueline/core/planner'
import { csrRun } from '../reference/csr-run.ts'
import { collectGarbage, median } from '../reference/interleave.ts'
import { installPeers, loadPeer } from '../reference/peers.ts'
import { atMost, byTurns, type Goal, ratio, rounded } from '../store/measure.ts'

interface PGraphModule {
  readonly PGraph: new (
    nodes: ReadonlyMap<string, { readonly run: () => Promise<void> }>,
    edges: readonly (readonly [string, string])[],
  ) => { run(options: { readonly concurrency: number }): Promise<void> }
}

const slots = 10
const nothing = async () => {}
/** Runs for one sample of what is quick: the clock of processor time ticks in steps. */
const quickRuns = 10

/**
 * E1 and E4: tasks that do nothing in dependency order, in memory with a listener of events, beside the
 * limit and p-graph, and the same of ever more tasks. Processor time of the main thread by turns.
 */
export async function noOpTasks(sizes: readonly number[], rounds: number) {
  installPeers()
  const { PGraph } = await loadPeer<PGraphModule>('p-graph')
  const rows = []
  const goals: Goal[] = []
  const perTask = new Map<number, number>()
  for (const size of sizes) {
    const tasks = windowed(size)
    const report: number[] = []
    const candidates = {
      limit: async () => {
        const took = await cpuMs(async () => {
          for (let run = 0; run < quickRuns; run += 1) await csrRun(tasks, slots, nothing)
        })
        return took / quickRuns
      },
      'p-graph': () =>
        cpuMs(async () => {
          const nodes = new Map(tasks.map(({ id }) => [id, { run: nothing }]))
          const edges = tasks.flatMap(({ id, dependsOn = [] }) =>
            (dependsOn as readonly string[]).map((dependency) => [dependency, id] as const),
          )
          await new PGraph(nodes, edges).run({ concurrency: slots })
        }),
      cueline: async () => {
        const { runMs, reportMs } = await runInMemory(tasks)
        report.push(reportMs)
        return runMs
      },
    }
    const times = await byTurns(candidates, rounds)
    const us = (ms: readonly number[]) => rounded((median(ms) * 1_000) / size)
    perTask.set(size, us(times.cueline))
    const row = {
      tasks: size,
      'limit us': us(times.limit),
      'p-graph us': us(times['p-graph']),
      'cueline us': us(times.cueline),
      'of the limit': ratio(times.cueline, times.limit),
      'of p-graph': ratio(times.cueline, times['p-graph']),
      'its report us': us(report.slice(1)),
    }
    rows.push(row)
    if (size === 10_000) {
      goals.push(
        atMost('E1: 10 000 tasks, over the limit', row['of the limit'], 3),
        atMost('E1: 10 000 tasks, over p-graph', row['of p-graph'], 0.5),
      )
    }
  }
  const [first = 0, last = 0] = [sizes[0], sizes.at(-1)]
  const growth = rounded((perTask.get(last) ?? 0) / (perTask.get(first) ?? 1))
  goals.push(atMost(`E4: a task of ${last} over one of ${first}`, growth, 3))
  console.log(
    `Tasks that do nothing, three dependencies each, ${slots} at once, microseconds of processor time per task:`,
  )
  console.table(rows)
  return { rows, goals }
}

/** From the call to the event of the last task, and from there to the report. */
async function runInMemory(
  tasks: readonly PlanTask[],
): Promise<{ readonly runMs: number; readonly reportMs: number }> {
  const cueline = await createCueline({ storage: memoryStorage(), runner: nothing })
  const { id: projectId } = await cueline.projects.create({ name: 'bench' })
  const document = { tasks: tasks.map((task) => ({ ...task, title: task.id })) }
  await cueline.tasks.import({ projectId, document })
  const plan = await cueline.plans.build({ projectId, workers: slots })
  await cueline.stages.fromPlan({ planId: plan.id, force: true, maxParallelTasks: 10_000 })
  let done = 0
  let runMs = 0
  collectGarbage()
  const before = process.threadCpuUsage()
  cueline.on('event', ({ type }) => {
    if (type !== 'attempt.succeeded') return
    done += 1
    if (done === tasks.length) runMs = msSince(before)
  })
  await cueline.run({ projectId, workers: slots })
  const reportMs = msSince(before) - runMs
  await cueline.close()
  if (done !== tasks.length) throw new Error(`Only ${done} of ${tasks.length} tasks are done.`)
  return { runMs, reportMs }
}

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  return msSince(before)
}

function msSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}

/** Each task waits for up to three earlier ones within a window of 50. */
export function windowed(count: number): PlanTask[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `T${index}`,
    dependsOn: [...new Set([7, 19, 43].map((back) => index - back).filter((at) => at >= 0))].map(
      (at) => `T${at}`,
    ),
  }))
}
