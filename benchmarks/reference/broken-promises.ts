import { analyzeTasks, idsByLayer, planTasks, type PlanTask } from '@cueline/core/planner'

import { generator, madeTasks, shapes } from './made-tasks.ts'

/** What docs/planner.md promises about the order and the names of tasks, as far as it does not hold. */
export function brokenPromises(size: number): string[] {
  return shapes.flatMap((shape) => {
    const tasks = madeTasks(shape, size)
    const plan = planned(tasks)
    const broken: string[] = []
    if (planned(structuredClone(tasks)) !== plan) broken.push('equal tasks, another plan')
    const mixed = tasks.map((task) => ({ ...task, dependsOn: task.dependsOn!.toReversed() }))
    if (planned(mixed) !== plan) broken.push('dependencies in another order, another plan')
    if (relabelled(tasks) !== plan) broken.push('other ids, another plan')
    if (facts(shuffled(tasks)) !== facts(tasks)) {
      broken.push('another order of tasks, other layers or critical path')
    }
    return broken.map((what) => `${shape}: ${what}`)
  })
}

function planned(tasks: readonly PlanTask[]): string {
  const result = planTasks(tasks, { workers: 8, rounds: 20 })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return JSON.stringify(result.plan)
}

/** The plan under ids that break many programs, the ids turned back in the result. */
function relabelled(tasks: readonly PlanTask[]): string {
  const names = new Map(tasks.map(({ id }, nth) => [id, unusual[nth] ?? `${nth + 10}`]))
  const ids = new Map([...names].map(([id, name]) => [name, id]))
  const result = planTasks(
    tasks.map(({ id, dependsOn, ...task }) => ({
      ...task,
      id: names.get(id)!,
      dependsOn: dependsOn!.map((dependency) => names.get(dependency as string)!),
    })),
    { workers: 8, rounds: 20 },
  )
  if (!result.ok) throw new Error(result.problems[0]!.message)
  // Only tasks are named by these strings; every other text of a plan is a sentence or a word.
  return JSON.stringify(result.plan, (_, value: unknown) =>
    typeof value === 'string' ? (ids.get(value) ?? value) : value,
  )
}

const unusual = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '-1', '7', ' ', '\n']

function facts(tasks: readonly PlanTask[]): string {
  const analysis = analyzeTasks(tasks)
  if (!analysis.ok) throw new Error(analysis.problems[0]!.message)
  const layers = idsByLayer(analysis.index, analysis.layers)
  return JSON.stringify([layers.map((ids) => ids.toSorted()), analysis.criticalPath.length])
}

function shuffled(tasks: readonly PlanTask[]): PlanTask[] {
  const random = generator(3)
  const mixed = [...tasks]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = random(at + 1)
    const task = mixed[at]!
    mixed[at] = mixed[other]!
    mixed[other] = task
  }
  return mixed
}
