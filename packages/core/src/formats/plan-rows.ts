import type { Plan, PlanTask } from '../plan/plan.ts'
import { requirePlan, requirePlanTasks } from '../plan/require-plan.ts'
import { printableText } from '../report/printable-text.ts'

/** One planned task with all that an export says about it. Times are minutes. */
export interface PlanRow {
  /** As it is; `name` and `title` are safe to show on one line. */
  readonly id: string
  readonly name: string
  readonly title: string
  readonly epic: string
  /** Positions of rows, each once, in the order given. */
  readonly dependsOn: readonly number[]
  /** Those of them that nobody declared. */
  readonly inferred: ReadonlySet<number>
  readonly start: number
  readonly finish: number
  readonly lane: number
  readonly layer: number
  readonly slack: number
  readonly estimate: number
  readonly estimated: boolean
  readonly critical: boolean
}

/**
 * The tasks of a plan in input order. Tasks that are no part of the plan are left out.
 *
 * @throws CuelineError `invalid-input`, naming the place, for tasks or a plan that cannot be read.
 */
export function planRows(tasks: readonly PlanTask[], plan: Plan): PlanRow[] {
  requirePlanTasks('tasks', tasks)
  requirePlan('plan', plan)
  // A plan that was stored before there were inferred dependencies has none.
  const inferred = new Map<string, Set<string>>()
  for (const edge of plan.inferred ?? []) {
    inferred.set(edge.task, (inferred.get(edge.task) ?? new Set()).add(edge.dependsOn))
  }
  const given = new Map(tasks.map((task) => [task.id, task]))
  const times = new Map(plan.schedule.map((time) => [time.task, time]))
  const positions = new Map(plan.facts.map(({ task }, position) => [task, position]))
  const critical = new Set(plan.criticalPath.tasks)
  return plan.facts.map(({ task: id, layer, slack, estimate, estimated }): PlanRow => {
    const task = given.get(id)
    const { start, finish, lane } = times.get(id) ?? { start: 0, finish: 0, lane: 0 }
    const dependsOn = new Set<number>()
    for (const dependency of task?.dependsOn ?? []) {
      const other = typeof dependency === 'string' ? dependency : dependency.task
      const position = positions.get(other)
      if (position !== undefined) dependsOn.add(position)
    }
    const guessed = new Set<number>()
    for (const other of inferred.get(id) ?? []) {
      const position = positions.get(other)
      if (position === undefined || dependsOn.has(position)) continue
      dependsOn.add(position)
      guessed.add(position)
    }
    return {
      id,
      name: shown(id),
      title: shown(task?.title ?? ''),
      epic: shown(task?.epic ?? ''),
      dependsOn: [...dependsOn],
      inferred: guessed,
      start,
      finish,
      lane,
      layer,
      slack,
      estimate,
      estimated,
      critical: critical.has(id),
    }
  })
}

/** Id and title, or the one of them when they say the same. */
export function rowLabel({ name, title }: PlanRow): string {
  return title === '' || title === name ? name : `${name} ${title}`.trim()
}

/** On one line, at most 1000 characters; what no document may hold is left out. */
function shown(text: string): string {
  return printableText(text.slice(0, 1000).replaceAll(/[\ufffe\uffff]/g, ' '))
}
