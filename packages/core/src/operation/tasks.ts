import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { ProjectId, TaskId } from '../id.ts'
import type { Dependency, Task } from '../staging/state.ts'
import { storable } from '../storage/storable.ts'
import { parsePlanDocument } from '../task/parse-task-spec.ts'
import type { StatelessReadiness } from '../task/stateless-ready.ts'
import { taskContextSchema, taskSpecSchema } from '../task/task-schema.ts'
import type { PlanDocument } from '../task/task-spec.ts'
import { actor, batchId, projectId, taskReference, text } from './input.ts'
import { newTasks, requirePlannable } from './new-tasks.ts'
import { operation, type OperationContext } from './operation.ts'
import { requireProject, resolveTask, resolveTasks } from './resolve.ts'
import {
  type DependencySuggestion,
  suggestDependencies,
  withSuggestions,
} from './suggest-dependencies.ts'
import { readinessOf, why } from './why.ts'

const one = z.strictObject({ projectId, task: taskReference })
const status = z.enum(['todo', 'staged', 'doing', 'review', 'done', 'failed', 'cancelled'])
const { type, epic, sprint, parent, estimate, touches, resources } = taskSpecSchema.shape
const { repository, baseBranch, account, capabilities } = taskSpecSchema.shape
/** What a task has or has not: null takes it away. */
const orNone = <Schema extends z.ZodType>(field: z.ZodOptional<Schema>) =>
  field.unwrap().nullable().optional()

export interface AddedTasks {
  readonly tasks: readonly { readonly id: TaskId; readonly code: string }[]
}

export interface ImportedTasks extends AddedTasks {
  /** Dependencies that the texts imply and that nobody declared, in the order of the tasks. */
  readonly suggestions: readonly DependencySuggestion[]
}

export interface TaskAnswer {
  readonly task: Task
  readonly dependencies: readonly { readonly code: string; readonly edge: Dependency }[]
  readonly context: StatelessReadiness
}

export const tasks = {
  add: operation({
    summary: 'Add tasks to a project',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/tasks',
    input: z.strictObject({ projectId, tasks: z.array(z.unknown()).max(1_000_000), actor }),
    run: (context, input): Promise<AddedTasks> =>
      addTasks(context, input.projectId, { tasks: input.tasks }, input.actor),
  }),
  import: operation({
    summary: 'Import a plan document: every task with the context that the document gives it',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/import',
    input: z.strictObject({
      projectId,
      document: z.unknown(),
      /** Dependencies that the texts imply with at least this confidence become the tasks' own. */
      acceptSuggestions: z.number().min(0).max(1).optional(),
      actor,
    }),
    async run(context, input): Promise<ImportedTasks> {
      const { projectId: owner } = input
      const suggestions: DependencySuggestion[] = []
      const added = await addTasks(context, owner, input.document, input.actor, (given, known) => {
        const suggested = suggestDependencies(given, known, input.acceptSuggestions)
        // The transaction may run more than once.
        suggestions.splice(0, suggestions.length, ...suggested)
        return withSuggestions(given, suggested)
      })
      return { ...added, suggestions }
    },
  }),
  list: operation({
    summary: 'List tasks, by status or batch',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/tasks',
    input: z.strictObject({
      projectId,
      status: z.array(status).optional(),
      batchId: batchId.optional(),
    }),
    run: ({ storage }, input) =>
      storage.transaction(async (transaction) => {
        await requireProject(transaction, input.projectId)
        return transaction.query('tasks', {
          projectId: input.projectId,
          ...(input.status !== undefined && { status: input.status }),
          ...(input.batchId !== undefined && { batchId: input.batchId }),
        })
      }),
  }),
  get: operation({
    summary: 'Read a task with its dependencies and what its context lacks',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/tasks/{task}',
    input: one,
    run: ({ storage }, input) =>
      storage.transaction(async (transaction): Promise<TaskAnswer> => {
        const task = await resolveTask(transaction, input.projectId, input.task)
        const slice = await transaction.load({
          projectId: input.projectId,
          dependenciesOf: [task.id],
        })
        return {
          task,
          dependencies: (slice.dependencies.get(task.id) ?? []).map((edge) => ({
            code: slice.tasks.get(edge.dependsOn)?.code ?? edge.dependsOn,
            edge,
          })),
          context: readinessOf(task),
        }
      }),
  }),
  why: operation({
    summary: 'Say everything that keeps a task from starting right now',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/tasks/{task}/why',
    input: one,
    run: ({ storage }, input) =>
      storage.transaction((transaction) => why(transaction, input.projectId, input.task)),
  }),
  update: operation({
    summary: 'Change a task: its text, context, priority, estimate or what it touches and needs',
    kind: 'command',
    method: 'PATCH',
    path: '/projects/{projectId}/tasks/{task}',
    input: z.strictObject({
      projectId,
      task: taskReference,
      title: z.string().min(1).max(1_000).optional(),
      description: z.string().max(1_000_000).optional(),
      type,
      priority: z.enum(['high', 'normal', 'low']).optional(),
      epic: orNone(epic),
      sprint: orNone(sprint),
      parent: orNone(parent),
      /** Minutes, or `{ min, max }` in minutes. */
      estimate: orNone(estimate),
      touches,
      resources,
      repository: orNone(repository),
      baseBranch: orNone(baseBranch),
      account: orNone(account),
      capabilities,
      stagePriority: z.int().min(-1_000_000).max(1_000_000).optional(),
      context: taskContextSchema.optional(),
      summary: text.optional(),
      actor,
    }),
    async run({ ledger }, { projectId, task: reference, actor, ...given }) {
      await ledger.run(async (transaction) => {
        const task = await resolveTask(transaction.storage, projectId, reference)
        const set = Object.fromEntries(
          Object.entries(given).filter(([, value]) => value !== undefined),
        )
        const contextReady = readinessOf({ ...task, ...set }).ready
        await transaction.execute({
          type: 'task.update',
          projectId,
          taskId: task.id,
          // What is said again counts as changed, and a running task keeps what it was told.
          set: contextReady === task.contextReady ? set : { ...set, contextReady },
        })
      }, actor)
    },
  }),
  depend: operation({
    summary: 'Set what a task waits for',
    kind: 'command',
    method: 'PATCH',
    path: '/projects/{projectId}/tasks/{task}/dependencies',
    input: z.strictObject({
      projectId,
      task: taskReference,
      dependsOn: z.array(taskReference).max(10_000),
      actor,
    }),
    async run({ ledger }, input) {
      await ledger.run(async (transaction) => {
        const { storage } = transaction
        const task = await resolveTask(storage, input.projectId, input.task)
        const targets = await resolveTasks(storage, input.projectId, [...new Set(input.dependsOn)])
        const project = await requireProject(storage, input.projectId)
        await transaction.execute({
          type: 'task.depend',
          projectId: input.projectId,
          taskId: task.id,
          dependencies: targets.map((target) => ({
            projectId: input.projectId,
            taskId: task.id,
            dependsOn: target.id,
            releaseOn: project.settings.releaseOn,
            source: 'declared',
            confidence: 1,
            evidence: null,
          })),
        })
      }, input.actor)
    },
  }),
  cancel: operation({
    summary: 'Cancel a task; a running attempt is stopped',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/tasks/{task}/cancel',
    input: z.strictObject({
      projectId,
      task: taskReference,
      reason: text.default('cancelled by a person'),
      actor,
    }),
    async run({ ledger }, input) {
      await ledger.run(async (transaction) => {
        const task = await resolveTask(transaction.storage, input.projectId, input.task)
        const { reason } = input
        await transaction.execute({
          type: 'task.cancel',
          projectId: input.projectId,
          taskId: task.id,
          reason,
        })
      }, input.actor)
    },
  }),
  retry: operation({
    summary: 'Give failed or cancelled tasks another chance',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/tasks/retry',
    input: z.strictObject({ projectId, tasks: z.array(taskReference).min(1).max(100_000), actor }),
    run: ({ ledger }, input) =>
      ledger.run(async (transaction) => {
        const found = await resolveTasks(transaction.storage, input.projectId, input.tasks)
        const taskIds = found.map((task) => task.id)
        const { results } = await transaction.execute({
          type: 'tasks.retry',
          projectId: input.projectId,
          taskIds,
        })
        return results
      }, input.actor),
  }),
  complete: operation({
    summary: 'Mark a task done by hand; a summary is required',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/tasks/{task}/complete',
    input: z.strictObject({ projectId, task: taskReference, summary: text.min(1), actor }),
    async run({ ledger }, input) {
      await ledger.run(async (transaction) => {
        const task = await resolveTask(transaction.storage, input.projectId, input.task)
        await transaction.execute({
          type: 'task.complete',
          projectId: input.projectId,
          taskId: task.id,
          summary: input.summary,
        })
      }, input.actor)
    },
  }),
}

/** Adds all tasks of a document or none; `complete` may give them more dependencies before. */
async function addTasks(
  { ledger, ids }: OperationContext,
  projectId: ProjectId,
  given: unknown,
  actor: string,
  complete: (document: PlanDocument, known: readonly Task[]) => PlanDocument = (same) => same,
): Promise<AddedTasks> {
  // As it will be stored, so that codes that become the same are told as doubles.
  const parsed: PlanDocument = storable(parsePlanDocument(given))
  const added = await ledger.run(async (transaction) => {
    const { storage } = transaction
    const project = await requireProject(storage, projectId)
    const existing = await storage.query('tasks', { projectId })
    const known = new Map(existing.map((task) => [task.code, task.id]))
    refuseKnown(parsed, known)
    requirePlannable(parsed.tasks, known.keys())
    const document = complete(
      parsed,
      existing.filter((task) => task.status !== 'cancelled'),
    )
    const rows = newTasks(document, {
      projectId,
      ids,
      known,
      releaseOn: project.settings.releaseOn,
      firstPosition: existing.length,
    })
    await transaction.execute({ type: 'tasks.add', projectId, ...rows })
    return rows.tasks
  }, actor)
  return { tasks: added.map(({ id, code }) => ({ id, code })) }
}

function refuseKnown(document: PlanDocument, known: ReadonlyMap<string, TaskId>): void {
  const again = document.tasks.filter((task) => known.has(task.id)).map((task) => task.id)
  if (again.length === 0) return
  throw new CuelineError(
    'conflict',
    `The project has ${again.length} of these tasks already (${again.slice(0, 5).join(', ')}${again.length > 5 ? ', …' : ''}). Leave them out, or import into a new project.`,
    { details: { tasks: again } },
  )
}
