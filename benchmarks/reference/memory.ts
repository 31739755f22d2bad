// Prints how many megabytes the process grew by for one run, at its peak, its result kept.
import process from 'node:process'

import { analyzeTasks, planTasks, type PlanTask } from '@cueline/core/planner'

import { collectGarbage } from './interleave.ts'
import { madeTasks } from './made-tasks.ts'
import { typedArrayPass } from './typed-array-pass.ts'

const runs: Record<string, (tasks: readonly PlanTask[]) => unknown> = {
  limit: typedArrayPass,
  analysis: analyzeTasks,
  plan: planTasks,
}
const run = runs[process.argv[2] ?? '']
if (run === undefined) throw new Error(`Give one of ${Object.keys(runs).join(', ')}.`)

run(madeTasks('random', 1_000))
const tasks = madeTasks('random', 100_000)
collectGarbage()
const before = process.memoryUsage.rss()
const result = run(tasks)
const peak = process.resourceUsage().maxRSS * 1024
if (result === undefined) throw new Error('No result.')
console.log(((Math.max(peak, process.memoryUsage.rss()) - before) / 1e6).toFixed(1))
