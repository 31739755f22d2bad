import type { LedgerTransaction } from '../engine/ledger.ts'
import type { Ids, TaskId } from '../id.ts'
import type { PlanTask } from '../plan/index.ts'
import type { PlanRevision } from '../plan/revise-plan.ts'
import type { TaskPatch } from '../staging/command.ts'
import type { Slice } from '../staging/slice.ts'
import type { Dependency, Project, Task } from '../staging/state.ts'
import type { DependencySpec, TaskSpec } from '../task/task-spec.ts'
import { newTasks } from './new-tasks.ts'

interface Revising {
  readonly project: Project
  /** Everything of the project, as it was decided with. */
  readonly slice: Slice
  readonly revision: PlanRevision
  /** Tasks of the patch, in full; those that the revision does not hold are left out. */
  readonly added: readonly TaskSpec[]
  /** Whether what needs a restart was applied. */
  readonly restart: boolean
  readonly ids: Ids
}

/**
 * Carries out what `revisePlan` decided, command by command in the caller's transaction: running tasks
 * are started again where that was asked for, then dependencies go, tasks go, change and come,
 * dependencies come. In that order no step closes a cycle that the whole does not have.
 */
export async function applyRevision(
  transaction: LedgerTransaction,
  revising: Revising,
): Promise<{ taskIds: ReadonlyMap<string, TaskId>; restarted: readonly string[] }> {
  const { project, slice, revision, ids } = revising
  const projectId = project.id
  const byCode = new Map([...slice.tasks.values()].map((task) => [task.code, task]))
  const taskIds = new Map([...byCode].map(([code, { id }]) => [code, id]))
  const revised = new Map(revision.tasks.map((task) => [task.id, task]))
  const kept = revision.tasks.flatMap((task) => {
    const row = byCode.get(task.id)
    return row === undefined || row.status === 'done' ? [] : [{ task, row }]
  })

  const restarted = revising.restart
    ? [...new Set(revision.restart.flatMap(({ tasks }) => tasks.slice(0, 1)))]
    : []
  for (const code of restarted) {
    const taskId = taskIds.get(code)!
    const reason = 'started again: the plan was revised'
    await transaction.execute({ type: 'task.cancel', projectId, taskId, reason })
    await transaction.execute({ type: 'tasks.retry', projectId, taskIds: [taskId] })
  }

  const edgesOf = new Map<TaskId, readonly Dependency[]>()
  for (const { task, row } of kept) {
    const before = slice.dependencies.get(row.id) ?? []
    const wanted = waitsFor(task)
    const left = before.filter((edge) => isWanted(slice, edge, wanted))
    edgesOf.set(row.id, left)
    if (left.length === before.length) continue
    await transaction.execute({
      type: 'task.depend',
      projectId,
      taskId: row.id,
      dependencies: left,
    })
  }
  for (const { code, id, status } of slice.tasks.values()) {
    if (status === 'cancelled' || revised.has(code)) continue
    const reason = 'removed from the plan'
    await transaction.execute({ type: 'task.cancel', projectId, taskId: id, reason })
  }
  for (const { task, row } of kept) {
    const set = changedFields(row, task)
    if (Object.keys(set).length === 0) continue
    await transaction.execute({ type: 'task.update', projectId, taskId: row.id, set })
  }

  const tasks = revising.added.flatMap((spec) => {
    const own = byCode.has(spec.id) ? undefined : revised.get(spec.id)
    if (own === undefined) return []
    // A second task of the same code was refused, the first was taken.
    revised.delete(spec.id)
    return [{ ...spec, dependsOn: withMore(spec.dependsOn ?? [], own) }]
  })
  if (tasks.length > 0) {
    const rows = newTasks(
      { tasks },
      {
        projectId,
        ids,
        known: taskIds,
        releaseOn: project.settings.releaseOn,
        firstPosition: slice.tasks.size,
      },
    )
    for (const { code, id } of rows.tasks) taskIds.set(code, id)
    await transaction.execute({ type: 'tasks.add', projectId, ...rows })
  }
  for (const { task, row } of kept) {
    const left = edgesOf.get(row.id) ?? []
    const known = new Set(left.map((edge) => edge.dependsOn))
    const more = [...waitsFor(task)].flatMap((code) => {
      const dependsOn = taskIds.get(code)
      if (dependsOn === undefined || known.has(dependsOn)) return []
      return [declared(project, row.id, dependsOn)]
    })
    if (more.length === 0) continue
    const dependencies = [...left, ...more]
    await transaction.execute({ type: 'task.depend', projectId, taskId: row.id, dependencies })
  }
  return { taskIds, restarted }
}

function waitsFor({ dependsOn = [] }: PlanTask): ReadonlySet<string> {
  return new Set(dependsOn.map((entry) => (typeof entry === 'string' ? entry : entry.task)))
}

/** Plans know nothing of edges to cancelled tasks, so nobody asked for them to go. */
function isWanted({ tasks }: Slice, edge: Dependency, wanted: ReadonlySet<string>): boolean {
  const target = tasks.get(edge.dependsOn)
  return target === undefined || target.status === 'cancelled' || wanted.has(target.code)
}

function declared({ id, settings }: Project, taskId: TaskId, dependsOn: TaskId): Dependency {
  return {
    projectId: id,
    taskId,
    dependsOn,
    releaseOn: settings.releaseOn,
    source: 'declared',
    confidence: 1,
    evidence: null,
  }
}

/** The fields that the revised task has otherwise than its row. */
function changedFields(row: Task, task: PlanTask): TaskPatch {
  const wanted = {
    title: task.title ?? row.title,
    estimate: task.estimate ?? null,
    priority: task.priority ?? 'normal',
    epic: task.epic ?? null,
    touches: task.touches ?? [],
    resources: task.resources ?? {},
  } as const
  const different = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(row[name as keyof typeof wanted]) !== JSON.stringify(value),
  )
  return Object.fromEntries(different)
}

/** What an added task waits for as it was given, and what the patch adds to it. */
function withMore(given: readonly DependencySpec[], task: PlanTask): DependencySpec[] {
  const named = new Set(given.map((entry) => (typeof entry === 'string' ? entry : entry.task)))
  return [...given, ...[...waitsFor(task)].filter((code) => !named.has(code))]
}
