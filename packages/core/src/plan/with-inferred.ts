import { isObject, listProblems } from './input-problems.ts'
import type { PlanDependency, PlanInference, PlanTask, Problem } from './plan.ts'
import { shown } from './shown.ts'

export interface WithInferred {
  /** With what is inferred behind what each declares; the list given when nothing is. */
  readonly tasks: readonly PlanTask[]
  /** What counts beside the declared ones, in the order given: the most certain of each pair. */
  readonly inferred: PlanInference[]
  readonly problems: Problem[]
}

/**
 * Adds inferred dependencies to those declared, in time linear in both. What is declared anyway stays
 * declared. One that is unreadable, names no task, its own or a later one, is a problem and left out;
 * whether the others close a cycle with what is declared is not looked at here.
 */
export function withInferred(
  tasks: readonly PlanTask[],
  inferred: readonly PlanInference[] = [],
): WithInferred {
  const problems = listProblems('inferred', inferred)
  if (problems.length > 0 || inferred.length === 0 || !Array.isArray(tasks)) {
    return { tasks, inferred: [], problems }
  }
  const positions = new Map<unknown, number>()
  for (const [at, task] of tasks.entries()) {
    if (!positions.has(task?.id)) positions.set(task?.id, at)
  }
  const found = new Map<number, Map<string, PlanInference>>()
  for (const [nth, edge] of inferred.entries()) {
    const problem = problemOf(edge, nth, positions)
    if (problem !== undefined) {
      problems.push(problem)
      continue
    }
    const { task, dependsOn, source, confidence, evidence } = edge
    const at = positions.get(task)!
    const own = found.get(at) ?? new Map<string, PlanInference>()
    found.set(at, own)
    const known = own.get(dependsOn)
    if (known !== undefined && known.confidence >= confidence) continue
    own.set(dependsOn, { task, dependsOn, source, confidence, evidence })
  }
  const joined = [...tasks]
  for (const [at, own] of found) {
    const declared: unknown = tasks[at]!.dependsOn ?? []
    // Not a list: that is named where all dependencies are read.
    if (!Array.isArray(declared)) continue
    for (const entry of declared as readonly (string | PlanDependency)[]) own.delete(idOf(entry))
    if (own.size > 0) joined[at] = { ...tasks[at]!, dependsOn: [...declared, ...own.keys()] }
  }
  return {
    tasks: joined,
    inferred: [...found.values()].flatMap((own) => [...own.values()]),
    problems,
  }
}

/** Those between tasks that are there; the others are nobody's any more. */
export function inferredAmong(
  inferred: readonly PlanInference[] | undefined,
  there: Pick<ReadonlySet<string>, 'has'>,
): readonly PlanInference[] {
  return (inferred ?? []).filter(({ task, dependsOn }) => there.has(task) && there.has(dependsOn))
}

/** A cycle says which of its dependencies are only inferred: those are the first to be doubted. */
export function namingInferred(problem: Problem, inferred: readonly PlanInference[]): Problem {
  if (problem.kind !== 'cycle' || inferred.length === 0) return problem
  const steps = new Map(problem.tasks.map((task, at) => [task, problem.tasks[at + 1]]))
  const guessed = inferred.filter(({ task, dependsOn }) => steps.get(task) === dependsOn)
  if (guessed.length === 0) return problem
  const names = guessed
    .slice(0, most)
    .map(({ task, dependsOn }) => `${shown(task)} after ${shown(dependsOn)}`)
  const more = guessed.length > most ? ` and ${guessed.length - most} more` : ''
  return {
    ...problem,
    message: `${problem.message} Only inferred: ${names.join(', ')}${more}.`,
  }
}

const most = 5

function problemOf(
  edge: unknown,
  nth: number,
  positions: ReadonlyMap<unknown, number>,
): Problem | undefined {
  const { task, dependsOn, source, confidence, evidence } = isObject(edge) ? edge : {}
  const problem = (kind: Problem['kind'], tasks: string[], message: string): Problem => ({
    kind,
    tasks,
    message,
  })
  if (typeof task !== 'string' || typeof dependsOn !== 'string') {
    return problem(
      'invalid-dependency',
      [],
      `inferred[${nth}] is ${shown(edge)} without the ids of two tasks. Give task, dependsOn, source, confidence and evidence, as inferDependencies does.`,
    )
  }
  const both = [task, dependsOn]
  const name = `The inferred dependency of ${shown(task)} on ${shown(dependsOn)}`
  const unknown = both.find((id) => !positions.has(id))
  if (unknown !== undefined) {
    const advice = 'Add that task or leave the dependency out.'
    const message = `${name} names ${shown(unknown)}, which is not in the plan. ${advice}`
    return problem('missing', both, message)
  }
  if (task === dependsOn) {
    return problem('self', [task], `${name} is one on itself. Leave it out.`)
  }
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) {
    const message = `${name} has the confidence ${shown(confidence)}. Give a number from 0 to 1.`
    return problem('invalid-dependency', both, message)
  }
  for (const [field, value] of Object.entries({ source, evidence })) {
    if (typeof value === 'string') continue
    const advice = field === 'source' ? 'a word' : 'a sentence'
    const message = `${name} has the ${field} ${shown(value)}. Give ${advice} that says how it is known.`
    return problem('invalid-dependency', both, message)
  }
  if (positions.get(task)! > positions.get(dependsOn)!) return undefined
  return problem(
    'against-order',
    both,
    `${name} points to a later task: inferred ones point to an earlier task of the input only. Leave it out, give the tasks in another order, or declare it in dependsOn.`,
  )
}

function idOf(entry: string | PlanDependency): string {
  return typeof entry === 'string' ? entry : entry?.task
}
