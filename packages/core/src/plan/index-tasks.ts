import { ascend } from './ascend.ts'
import { isTooLong, lengthOf, longestId } from './id-length.ts'
import type { PlanDependency, PlanTask, PlanWarning, Problem } from './plan.ts'
import { listProblems } from './input-problems.ts'
import { similarIds } from './similar-ids.ts'
import { shown } from './shown.ts'
import { onlyIds, taskNamed } from './task-named.ts'

/**
 * The graph of a plan as typed arrays: tasks are their input positions, ids are mapped once. The
 * dependencies of task `t` are `dependencies[dependencyOffsets[t] … dependencyOffsets[t + 1])`; its
 * dependents likewise. Both ascend, whatever the order in which a task names what it waits for: no plan
 * may depend on that. Nobody may write to it.
 */
export interface TaskIndex {
  readonly size: number
  readonly ids: readonly string[]
  readonly positions: ReadonlyMap<string, number>
  readonly dependencyOffsets: Int32Array
  readonly dependencies: Int32Array
  readonly dependentOffsets: Int32Array
  readonly dependents: Int32Array
}

export interface IndexedTasks {
  readonly index: TaskIndex
  /** Everything wrong with ids and dependencies; cycles are not looked for here. */
  readonly problems: Problem[]
  readonly warnings: PlanWarning[]
}

/**
 * Maps ids to positions and dependencies to edges, in one pass each. Edges that cannot stand - to a
 * missing task, to itself, named twice - are reported and left out of the index.
 */
export function indexTasks(tasks: readonly PlanTask[]): IndexedTasks {
  const problems = listProblems('tasks', tasks)
  const size = problems.length > 0 ? 0 : tasks.length
  const warnings: PlanWarning[] = []
  const ids: string[] = []
  let positions = new Map<string, number>()
  let namesOtherThanAscii = false
  let declared = 0

  for (let position = 0; position < size; position++) {
    const task = tasks[position]
    const id = task?.id as string
    ids.push(id)
    positions.set(id, position)
    if (Array.isArray(task?.dependsOn)) declared += task.dependsOn.length
    if (typeof id !== 'string' || id.length === 0 || isTooLong(id)) {
      problems.push(invalidId(id, position))
    } else if (!namesOtherThanAscii) {
      namesOtherThanAscii = !isAscii(id)
    }
  }
  if (positions.size < size) positions = withFirstOfEach(ids, problems)
  if (namesOtherThanAscii) warnings.push(...similarIds(ids))

  const dependencyOffsets = new Int32Array(size + 1)
  const dependentOffsets = new Int32Array(size + 1)
  const dependencies = new Int32Array(declared)
  const lastDependent = new Int32Array(size).fill(-1)
  let edges = 0
  for (let position = 0; position < size; position++) {
    const list = tasks[position]?.dependsOn ?? none
    if (!Array.isArray(list)) {
      problems.push(invalidDependency(ids[position]!, position, list))
      dependencyOffsets[position + 1] = edges
      continue
    }
    const wrong = problems.length
    const warned = warnings.length
    for (let nth = 0; nth < list.length; nth++) {
      const name = nameOf(list[nth] as string | PlanDependency)
      const dependency = typeof name === 'string' ? positions.get(name) : undefined
      if (dependency === undefined) {
        problems.push(unresolved(ids[position]!, position, name, list[nth]))
      } else if (dependency === position) {
        problems.push(self(name))
      } else if (lastDependent[dependency] === position) {
        warnings.push(namedTwice(ids[position]!, name))
      } else {
        lastDependent[dependency] = position
        dependencies[edges++] = dependency
        dependentOffsets[dependency + 1]!++
      }
    }
    if (problems.length > wrong + 1) oncePerMessage(problems, wrong)
    if (warnings.length > warned + 1) oncePerMessage(warnings, warned)
    ascend(dependencies, dependencyOffsets[position]!, edges)
    dependencyOffsets[position + 1] = edges
  }

  const dependents = new Int32Array(edges)
  const next = lastDependent
  for (let position = 0; position < size; position++) {
    next[position] = dependentOffsets[position]!
    dependentOffsets[position + 1]! += dependentOffsets[position]!
  }
  for (let position = 0; position < size; position++) {
    const end = dependencyOffsets[position + 1]!
    for (let edge = dependencyOffsets[position]!; edge < end; edge++) {
      dependents[next[dependencies[edge]!]!++] = position
    }
  }

  return {
    index: {
      size,
      ids,
      positions,
      dependencyOffsets,
      dependencies: dependencies.subarray(0, edges),
      dependentOffsets,
      dependents,
    },
    problems,
    warnings,
  }
}

const none: readonly string[] = []

function nameOf(entry: string | PlanDependency): string {
  return typeof entry === 'string' ? entry : entry?.task
}

function isAscii(id: string): boolean {
  for (let at = 0; at < id.length; at++) {
    if (id.charCodeAt(at) > 127) return false
  }
  return true
}

/** Names refer to the first task of several with one id, so that the other problems stay true. */
function withFirstOfEach(ids: readonly string[], problems: Problem[]): Map<string, number> {
  const positions = new Map<string, number>()
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position]!
    const first = positions.get(id)
    if (first === undefined) {
      positions.set(id, position)
    } else if (typeof id === 'string') {
      problems.push({
        kind: 'duplicate',
        tasks: [id],
        message: `Tasks ${first + 1} and ${position + 1} of the input both have the id ${shown(id)}. Give one of them another id.`,
      })
    }
  }
  return positions
}

function invalidId(id: unknown, position: number): Problem {
  const what =
    typeof id !== 'string'
      ? id === undefined || id === null
        ? 'has no id'
        : `has ${shown(id)} as its id, which is not a string`
      : id === ''
        ? 'has an empty id'
        : `has an id of ${lengthOf(id)} characters (${shown(id)})`
  const advice =
    typeof id === 'string' && id !== '' ? 'Shorten it to at most' : 'Give it a string of 1 to'
  return {
    kind: 'invalid-id',
    tasks: onlyIds(id),
    message: `Task ${position + 1} of the input ${what}. ${advice} ${longestId} characters.`,
  }
}

function invalidDependency(id: string, position: number, value: unknown): Problem {
  return {
    kind: 'invalid-dependency',
    tasks: onlyIds(id),
    message: `${taskNamed(id, position)} has ${shown(value)} among its dependencies. dependsOn is a list of ids or of { task: id }.`,
  }
}

function unresolved(id: string, position: number, name: string, entry: unknown): Problem {
  if (typeof name !== 'string') return invalidDependency(id, position, entry)
  return {
    kind: 'missing',
    tasks: onlyIds(id, name),
    message: `${taskNamed(id, position)} waits for ${shown(name)}, which is not in the plan. Add that task or remove the dependency.`,
  }
}

/** What is said of a task's dependencies is said once: keeps one of each message from `start` on. */
function oncePerMessage<Said extends { readonly message: string }>(
  list: Said[],
  start: number,
): void {
  const seen = new Map(list.splice(start).map((said) => [said.message, said]))
  for (const said of seen.values()) list.push(said)
}

function self(id: string): Problem {
  return {
    kind: 'self',
    tasks: [id],
    message: `Task ${shown(id)} waits for itself. Remove that dependency.`,
  }
}

function namedTwice(id: string, name: string): PlanWarning {
  return {
    kind: 'duplicate-dependency',
    tasks: [id, name],
    message: `Task ${shown(id)} names its dependency ${shown(name)} more than once; it counts once.`,
  }
}
