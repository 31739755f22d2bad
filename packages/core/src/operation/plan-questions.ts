import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { ProjectId } from '../id.ts'
import { diffPlans, type PlanDifference } from '../plan/diff-plans.ts'
import { explain, type TaskExplanation } from '../plan/explain.ts'
import { planTasks } from '../plan/index.ts'
import { type PlanChange, whatIf, type WhatIfResult } from '../plan/what-if.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import { currentPlanning } from './current-planning.ts'
import { planId, projectId, taskReference } from './input.ts'
import { problemsError } from './new-tasks.ts'
import { operation } from './operation.ts'
import { requirePlan } from './project-plan.ts'
import { resolveTask } from './resolve.ts'

/** The answer to a question of what if; times are minutes. */
export type WhatIfAnswer = Omit<Extract<WhatIfResult, { ok: true }>, 'ok'>

const workers = z.int().min(1).max(100_000).optional()
const barrier = z.enum(['none', 'stage', 'layer']).optional()
const minutes = z.number().min(0).max(1e9)
const range = z
  .strictObject({ min: minutes, max: minutes })
  .refine(({ min, max }) => min <= max, { message: 'min is above max' })

const change = z.union([
  z.strictObject({ workers: z.int().min(1).max(100_000) }),
  z.strictObject({ addWorkers: z.int().min(-100_000).max(100_000) }),
  z.strictObject({
    estimate: z.strictObject({ task: taskReference, minutes: z.union([minutes, range]) }),
  }),
  z.strictObject({
    removeDependency: z.strictObject({ task: taskReference, dependsOn: taskReference }),
  }),
  z.strictObject({ failed: taskReference }),
])

/** Questions to a plan; they store nothing. */
export const planQuestions = {
  explain: operation({
    summary: 'Say why a task stands where it stands in the plan, and what finishing it unlocks',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/execution-plan/explain/{task}',
    input: z.strictObject({ projectId, task: taskReference, workers, barrier }),
    run: ({ storage }, input): Promise<TaskExplanation> =>
      storage.transaction(async (transaction) => {
        const { chosen, options } = await currentPlanning(transaction, input)
        const code = await openCode(transaction, input.projectId, input.task)
        const result = planTasks(chosen.tasks, options)
        if (!result.ok) throw problemsError(result.problems)
        return explain(chosen.tasks, result.plan, code)
      }),
  }),
  whatIf: operation({
    summary: 'Say what other workers, another estimate, a dependency less or a failure come to',
    kind: 'query',
    method: 'POST',
    path: '/projects/{projectId}/execution-plan/what-if',
    input: z.strictObject({ projectId, change, workers, barrier }),
    run: ({ storage }, input): Promise<WhatIfAnswer> =>
      storage.transaction(async (transaction) => {
        const { chosen, options } = await currentPlanning(transaction, input)
        const asked = await withCodes(transaction, input.projectId, input.change)
        const result = whatIf(chosen.tasks, options, asked)
        if (!result.ok) throw problemsError(result.problems)
        const { ok: _, ...answer } = result
        return answer
      }),
  }),
  diff: operation({
    summary: 'Compare two stored plans task by task',
    kind: 'query',
    method: 'GET',
    path: '/plans/{before}/diff/{after}',
    input: z.strictObject({ before: planId, after: planId }),
    run: ({ storage }, input): Promise<PlanDifference> =>
      storage.transaction(async (transaction) =>
        diffPlans(
          await requirePlan(transaction, input.before),
          await requirePlan(transaction, input.after),
        ),
      ),
  }),
}

/** Tasks may be named by id; plans know them by code. */
async function withCodes(
  storage: StorageTransaction,
  owner: ProjectId,
  asked: PlanChange,
): Promise<PlanChange> {
  const codeOf = (reference: string) => openCode(storage, owner, reference)
  if ('failed' in asked) return { failed: await codeOf(asked.failed) }
  if ('estimate' in asked) {
    return { estimate: { ...asked.estimate, task: await codeOf(asked.estimate.task) } }
  }
  if ('removeDependency' in asked) {
    const { task, dependsOn } = asked.removeDependency
    return { removeDependency: { task: await codeOf(task), dependsOn: await codeOf(dependsOn) } }
  }
  return asked
}

async function openCode(
  storage: StorageTransaction,
  owner: ProjectId,
  reference: string,
): Promise<string> {
  const { code, status } = await resolveTask(storage, owner, reference)
  if (status !== 'done' && status !== 'cancelled') return code
  throw new CuelineError(
    'refused',
    `Task "${code}" is ${status}; a plan holds only open tasks. Ask for one that is still to be done.`,
    { details: { task: code, status } },
  )
}
