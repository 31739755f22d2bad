import { CuelineError } from '../error.ts'
import type { Ids, ProjectId, TaskId } from '../id.ts'
import { type PlanTask, planTasks, type Problem } from '../plan/index.ts'
import type { NewTask } from '../staging/command.ts'
import type { Dependency, ReleaseOn } from '../staging/state.ts'
import { generateContext } from '../task/generate-context.ts'
import { isStatelessReady } from '../task/stateless-ready.ts'
import type { PlanDocument, TaskSpec } from '../task/task-spec.ts'

export interface NewTasks {
  readonly tasks: readonly NewTask[]
  readonly dependencies: readonly Dependency[]
}

/**
 * Rows for the tasks of a document: ids given, contexts generated, dependencies resolved against
 * the document and the tasks that the project has already.
 */
export function newTasks(
  document: PlanDocument,
  options: {
    readonly projectId: ProjectId
    readonly ids: Ids
    readonly releaseOn: ReleaseOn
    /** Known tasks by code. */
    readonly known: ReadonlyMap<string, TaskId>
    readonly firstPosition: number
  },
): NewTasks {
  const ids = new Map(options.known)
  for (const task of document.tasks) ids.set(task.id, options.ids('task'))
  const dependencies: Dependency[] = []
  const tasks = document.tasks.map((task, index): NewTask => {
    const id = ids.get(task.id) as TaskId
    for (const edge of dependenciesOf(task)) {
      const dependsOn = ids.get(edge.task)
      if (dependsOn === undefined) continue
      dependencies.push({
        projectId: options.projectId,
        taskId: id,
        dependsOn,
        releaseOn: edge.releaseOn ?? options.releaseOn,
        source: edge.source ?? 'declared',
        confidence: edge.confidence ?? 1,
        evidence: edge.evidence ?? null,
      })
    }
    return newTask(document, task, id, options.firstPosition + index)
  })
  return { tasks, dependencies }
}

function newTask(document: PlanDocument, task: TaskSpec, id: TaskId, position: number): NewTask {
  const { context } = generateContext(document, task)
  return {
    id,
    code: task.id,
    position,
    title: task.title,
    description: task.description ?? '',
    type: task.type ?? 'feature',
    priority: task.priority ?? 'normal',
    epic: task.epic ?? null,
    sprint: task.sprint ?? null,
    parent: task.parent ?? null,
    estimate: task.estimate ?? null,
    touches: task.touches ?? [],
    resources: task.resources ?? {},
    repository: task.repository ?? null,
    baseBranch: task.baseBranch ?? null,
    account: task.account ?? null,
    capabilities: task.capabilities ?? [],
    context,
    contextReady: isStatelessReady({ ...task, context }).ready,
    status: task.status ?? 'todo',
  }
}

/** Each dependency once; the first mention counts. */
function dependenciesOf(task: TaskSpec) {
  const seen = new Map<string, Exclude<NonNullable<TaskSpec['dependsOn']>[number], string>>()
  for (const entry of task.dependsOn ?? []) {
    const edge = typeof entry === 'string' ? { task: entry } : entry
    if (!seen.has(edge.task)) seen.set(edge.task, edge)
  }
  return [...seen.values()]
}

/** Throws when the tasks cannot be planned together, naming every problem. */
export function requirePlannable(tasks: readonly PlanTask[], known: Iterable<string> = []): void {
  const added = new Set(tasks.map((task) => task.id))
  const outside = [...known].filter((code) => !added.has(code)).map((id) => ({ id }))
  const result = planTasks([...outside, ...tasks], { workers: 1 })
  if (!result.ok) throw problemsError(result.problems)
}

export function problemsError(problems: readonly Problem[]): CuelineError {
  const shown = problems.slice(0, 5).map((problem) => `- ${problem.message}`)
  const more = problems.length > 5 ? [`- and ${problems.length - 5} more`] : []
  return new CuelineError(
    'invalid-input',
    [
      `The tasks cannot be planned (${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}):`,
      ...shown,
      ...more,
      'Mend these in the plan and try again.',
    ].join('\n'),
    { details: { problems } },
  )
}
