import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { BatchId, ProjectId } from '../id.ts'
import {
  batchLabel,
  type BatchLabel,
  batchOutcome,
  type BatchOutcome,
} from '../staging/batch-label.ts'
import type { Command } from '../staging/command.ts'
import type { TaskResult } from '../staging/draft.ts'
import { newBatch } from '../staging/new-batch.ts'
import type { Batch, Task } from '../staging/state.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import type { LedgerTransaction } from '../engine/ledger.ts'
import { actor, batchId, name, planId, projectId, taskReference, text } from './input.ts'
import { operation, type OperationContext } from './operation.ts'
import { nextBatch, suggestionInput } from './plan-outlook.ts'
import { type ProjectPlan, requirePlan } from './project-plan.ts'
import { loadTasks, requireBatch, requireProject, resolveTasks } from './resolve.ts'

const ofBatch = z.strictObject({ batchId, actor })
const batchFields = {
  description: text.default(''),
  maxParallelTasks: z.int().min(1).max(10_000).default(10),
  autoPromote: z.boolean().default(true),
}

/** A batch as people see it: its row, its counts and the word for its state. */
export interface BatchView extends BatchSummary {
  readonly label: BatchLabel
  /** How it ended, since a batch whose tasks failed is `done` too; null until then. */
  readonly outcome: BatchOutcome | null
}

export interface StageResult {
  readonly results: readonly (TaskResult & { readonly code: string })[]
}

export const stages = {
  fromPlan: operation({
    summary: "Make the plan's batches and stage its tasks in them",
    kind: 'command',
    method: 'POST',
    path: '/plans/{planId}/stages',
    input: z.strictObject({
      planId,
      /** Also tasks whose context is incomplete may start. */
      force: z.boolean().default(false),
      maxParallelTasks: batchFields.maxParallelTasks,
      actor,
    }),
    run: ({ ledger, ids }, input) =>
      ledger.run(async (transaction) => {
        const plan = await requirePlan(transaction.storage, input.planId)
        const batches: Batch[] = []
        const results: StageResult['results'][number][] = []
        const before = await transaction.storage.query('batches', { projectId: plan.projectId })
        let order = before.at(-1)?.batch.order ?? 0
        for (const { tasks: planned } of inPromotionOrder(plan)) {
          const tasks = await stillOpen(transaction, plan.projectId, planned)
          if (tasks.length === 0) continue
          order += 1
          const batch = newBatch({
            id: ids('batch'),
            projectId: plan.projectId,
            name: `Batch ${order}`,
            order,
            maxParallelTasks: input.maxParallelTasks,
            createdAt: transaction.storage.now,
          })
          await transaction.execute({ type: 'batch.create', projectId: plan.projectId, batch })
          batches.push(batch)
          const staged = await stage(transaction, plan.projectId, batch.id, tasks, input.force)
          results.push(...staged.results)
        }
        await deleteEmptied(transaction, plan.projectId, before)
        return { batches, results }
      }, input.actor),
  }),
  fromSuggestion: operation({
    summary: 'Stage the tasks that should go next in a batch of their own',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/stages/suggested',
    input: suggestionInput.extend({
      /** `Batch n` when left out. */
      name: name.optional(),
      /** Also tasks whose context is incomplete may start. */
      force: z.boolean().default(false),
      /** Lets them start at once; else the batch is promoted in its turn, after the others. */
      promote: z.boolean().default(false),
      maxParallelTasks: batchFields.maxParallelTasks,
      actor,
    }),
    run: ({ ledger, ids }, input) =>
      ledger.run(async (transaction) => {
        const owner = input.projectId
        const suggestion = await nextBatch(transaction.storage, input)
        if (suggestion.tasks.length === 0) {
          throw new CuelineError('refused', `Nothing can be staged now. ${suggestion.text}`, {
            details: { projectId: owner, blocked: suggestion.blocked },
          })
        }
        const before = await transaction.storage.query('batches', { projectId: owner })
        const order = (before.at(-1)?.batch.order ?? 0) + 1
        const batch = newBatch({
          id: ids('batch'),
          projectId: owner,
          name: input.name ?? `Batch ${order}`,
          order,
          maxParallelTasks: input.maxParallelTasks,
          createdAt: transaction.storage.now,
        })
        await transaction.execute({ type: 'batch.create', projectId: owner, batch })
        const codes = suggestion.tasks.map(({ task }) => task)
        const { results } = await stage(transaction, owner, batch.id, codes, input.force)
        await deleteEmptied(transaction, owner, before)
        if (input.promote) {
          await transaction.execute({
            type: 'batch.promote',
            projectId: owner,
            batchId: batch.id,
            auto: false,
            reason: 'suggested, and asked for',
          })
        }
        return { batch, suggestion, results }
      }, input.actor),
  }),
  create: operation({
    summary: 'Create a batch at the end of the order',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/stages',
    input: z.strictObject({ projectId, name, ...batchFields, actor }),
    run: ({ ledger, ids }, { projectId: owner, actor: by, ...given }) =>
      ledger.run(async (transaction) => {
        const batch = newBatch({
          ...given,
          id: ids('batch'),
          projectId: owner,
          order: (await lastOrder(transaction, owner)) + 1,
          createdAt: transaction.storage.now,
        })
        await transaction.execute({ type: 'batch.create', projectId: owner, batch })
        return batch
      }, by),
  }),
  list: operation({
    summary: 'List the batches of a project with their counts and states',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/stages',
    input: z.strictObject({ projectId }),
    run: ({ storage }, input) =>
      storage.transaction(async (transaction): Promise<readonly BatchView[]> => {
        await requireProject(transaction, input.projectId)
        const summaries = await transaction.query('batches', { projectId: input.projectId })
        return summaries.map((summary) => ({
          ...summary,
          label: batchLabel(summary),
          outcome: batchOutcome(summary),
        }))
      }),
  }),
  update: operation({
    summary: 'Change a batch',
    kind: 'command',
    method: 'PATCH',
    path: '/stages/{batchId}',
    input: z.strictObject({
      batchId,
      name: name.optional(),
      description: text.optional(),
      maxParallelTasks: z.int().min(1).max(10_000).optional(),
      autoPromote: z.boolean().optional(),
      actor,
    }),
    run: (context, { batchId: id, actor: by, ...given }) =>
      onBatch(context, id, by, {
        type: 'batch.update',
        batchId: id,
        set: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      }),
  }),
  delete: operation({
    summary: 'Delete a batch; its staged tasks return to todo',
    kind: 'command',
    method: 'DELETE',
    path: '/stages/{batchId}',
    input: ofBatch,
    run: (context, input) =>
      onBatch(context, input.batchId, input.actor, {
        type: 'batch.delete',
        batchId: input.batchId,
      }),
  }),
  reorder: operation({
    summary: 'Put batches into a new order',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/stages/reorder',
    input: z.strictObject({ projectId, order: z.array(batchId).min(1).max(100_000), actor }),
    async run({ ledger }, input) {
      await ledger.execute(
        { type: 'batches.reorder', projectId: input.projectId, order: input.order },
        input.actor,
      )
    },
  }),
  stage: operation({
    summary: 'Stage tasks in a batch, all in one operation with a result each',
    kind: 'command',
    method: 'POST',
    path: '/tasks/stage',
    input: z.strictObject({
      batchId,
      tasks: z.array(taskReference).min(1).max(1_000_000),
      force: z.boolean().default(false),
      actor,
    }),
    run: ({ ledger }, input) =>
      ledger.run(async (transaction) => {
        const owner = await requireBatch(transaction.storage, input.batchId)
        return stage(transaction, owner, input.batchId, input.tasks, input.force)
      }, input.actor),
  }),
  unstage: operation({
    summary: 'Return staged tasks to todo, all in one operation with a result each',
    kind: 'command',
    method: 'POST',
    path: '/tasks/unstage',
    input: z.strictObject({
      projectId,
      tasks: z.array(taskReference).min(1).max(1_000_000),
      actor,
    }),
    run: ({ ledger }, input) =>
      ledger.run(async (transaction): Promise<StageResult> => {
        const tasks = await resolveTasks(transaction.storage, input.projectId, input.tasks)
        const { results } = await transaction.execute({
          type: 'tasks.unstage',
          projectId: input.projectId,
          taskIds: tasks.map((task) => task.id),
        })
        return { results: withCodes(results, tasks) }
      }, input.actor),
  }),
  promote: operation({
    summary: 'Promote a batch: its ready tasks start, the others when what they wait for settles',
    kind: 'command',
    method: 'POST',
    path: '/tasks/promote-batch',
    input: ofBatch,
    run: (context, input) =>
      onBatch(context, input.batchId, input.actor, {
        type: 'batch.promote',
        batchId: input.batchId,
        auto: false,
        reason: 'asked for',
      }),
  }),
  pause: operation({
    summary: 'Start no task of the batch until it is resumed',
    kind: 'command',
    method: 'POST',
    path: '/stages/{batchId}/pause',
    input: ofBatch,
    run: (context, input) =>
      onBatch(context, input.batchId, input.actor, { type: 'batch.pause', batchId: input.batchId }),
  }),
  resume: operation({
    summary: 'Let a paused or stuck batch go on',
    kind: 'command',
    method: 'POST',
    path: '/stages/{batchId}/resume',
    input: ofBatch,
    run: (context, input) =>
      onBatch(context, input.batchId, input.actor, {
        type: 'batch.resume',
        batchId: input.batchId,
      }),
  }),
}

/** 0 when there is no batch yet. */
async function lastOrder({ storage }: LedgerTransaction, owner: ProjectId): Promise<number> {
  const batches = await storage.query('batches', { projectId: owner })
  return batches.reduce((last, { batch }) => Math.max(last, batch.order), 0)
}

/** Of planned tasks, those that can still be staged. */
async function stillOpen(
  transaction: LedgerTransaction,
  owner: ProjectId,
  planned: readonly string[],
): Promise<readonly string[]> {
  const tasks = await resolveTasks(transaction.storage, owner, planned)
  return tasks
    .filter(({ status }) => status === 'todo' || status === 'staged')
    .map(({ code }) => code)
}

/** Batches of a former plan that have just lost their last task to new ones. */
async function deleteEmptied(
  transaction: LedgerTransaction,
  owner: ProjectId,
  before: readonly BatchSummary[],
): Promise<void> {
  const had = new Set(before.filter(({ total }) => total > 0).map(({ batch }) => batch.id))
  const after = await transaction.storage.query('batches', { projectId: owner })
  for (const { batch, total } of after) {
    if (total > 0 || !had.has(batch.id)) continue
    await transaction.execute({ type: 'batch.delete', projectId: owner, batchId: batch.id })
  }
}

/**
 * Under barriers batches follow the layers. Without, they are promoted as slots come free, so the one
 * that the schedule wants first goes first: else early layers would hold up the critical path.
 */
function inPromotionOrder(plan: ProjectPlan): ProjectPlan['batches'] {
  if (plan.barrier !== 'none') return plan.batches
  const starts = new Map(plan.schedule.map(({ task, start }) => [task, start]))
  const startOf = ({ tasks }: ProjectPlan['batches'][number]) =>
    tasks.reduce((first, task) => Math.min(first, starts.get(task) ?? 0), Number.MAX_VALUE)
  return plan.batches.toSorted((a, b) => startOf(a) - startOf(b))
}

type BatchCommand = Extract<Command, { type: `batch.${string}` }>
type WithoutProject<C> = C extends unknown ? Omit<C, 'projectId'> : never

function onBatch(
  { ledger }: OperationContext,
  id: BatchId,
  by: string,
  command: WithoutProject<BatchCommand>,
): Promise<readonly TaskResult[]> {
  return ledger.run(async (transaction) => {
    const owner = await requireBatch(transaction.storage, id)
    const { results } = await transaction.execute({ ...command, projectId: owner })
    return results
  }, by)
}

async function stage(
  transaction: LedgerTransaction,
  owner: ProjectId,
  batch: BatchId,
  references: readonly string[],
  force: boolean,
): Promise<StageResult> {
  const { tasks, slice } = await loadTasks(transaction.storage, references, {
    projectId: owner,
    batches: [batch],
  })
  const { results } = await transaction.execute(
    {
      type: 'tasks.stage',
      projectId: owner,
      batchId: batch,
      tasks: tasks.map(({ id, stagePriority }) => ({ id, stagePriority })),
      force,
    },
    slice,
  )
  return { results: withCodes(results, tasks) }
}

/** Each task of a bulk command has a result, in the order given. */
function withCodes(results: readonly TaskResult[], tasks: readonly Task[]): StageResult['results'] {
  return results.map(({ taskId, ok, message }, at) => {
    return { taskId, ok, message, code: tasks[at]?.code ?? taskId }
  })
}
