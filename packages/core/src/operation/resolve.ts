import { CuelineError } from '../error.ts'
import type { ProjectId, TaskId } from '../id.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import type { Slice, SliceKeys } from '../staging/slice.ts'
import type { Project, Task } from '../staging/state.ts'

/** The project; an unknown one is an error, never an empty answer. */
export async function requireProject(
  storage: StorageTransaction,
  projectId: ProjectId,
): Promise<Project> {
  const { project } = await storage.load({ projectId })
  if (project !== null) return project
  throw new CuelineError(
    'not-found',
    `There is no project "${projectId}". List the projects to find its id.`,
    { details: { projectId } },
  )
}

/** Tasks by id or code, in the order given; an unknown one is an error that names it. */
export async function resolveTasks(
  storage: StorageTransaction,
  projectId: ProjectId,
  references: readonly string[],
): Promise<readonly Task[]> {
  const { tasks } = await loadTasks(storage, references, { projectId })
  return tasks
}

/**
 * As `resolveTasks`, with the slice of these tasks and of what else the keys name; undefined where some
 * of them were found by their codes, so that it does not hold them.
 */
export async function loadTasks(
  storage: StorageTransaction,
  references: readonly string[],
  keys: Omit<SliceKeys, 'tasks'>,
): Promise<{ readonly tasks: readonly Task[]; readonly slice: Slice | undefined }> {
  const { projectId } = keys
  const byId = await storage.load({ ...keys, tasks: references as readonly TaskId[] })
  const codes = references.filter((reference) => !byId.tasks.has(reference as TaskId))
  const found = codes.length > 0 ? await storage.query('tasks', { projectId, codes }) : []
  const byCode = new Map(found.map((task) => [task.code, task]))
  const tasks = references.map((reference) => {
    const task = byId.tasks.get(reference as TaskId) ?? byCode.get(reference)
    if (task !== undefined) return task
    throw new CuelineError(
      'not-found',
      `Project "${byId.project?.name ?? projectId}" has no task "${reference}". \`tasks.list\` (\`cueline tasks\`) names those it has.`,
      { details: { projectId, task: reference } },
    )
  })
  return { tasks, slice: codes.length === 0 ? byId : undefined }
}

export async function resolveTask(
  storage: StorageTransaction,
  projectId: ProjectId,
  reference: string,
): Promise<Task> {
  const [task] = await resolveTasks(storage, projectId, [reference])
  // resolveTasks gives one task per reference, or throws.
  return task as Task
}

/** The project that a batch, plan or request belongs to. */
export async function projectOf(
  storage: StorageTransaction,
  kind: string,
  id: string,
): Promise<ProjectId> {
  const projectId = await storage.query('projectOf', { id })
  if (projectId === null) {
    throw new CuelineError('not-found', `There is no ${kind} "${id}".`, { details: { id } })
  }
  return projectId
}

export async function requireBatch(
  storage: StorageTransaction,
  batchId: string,
): Promise<ProjectId> {
  return projectOf(storage, 'batch', batchId)
}
