import * as z from 'zod'
import { planTasks } from '../plan/index.ts'
import { actor, planId, projectId } from './input.ts'
import { problemsError } from './new-tasks.ts'
import { openTasks } from './open-tasks.ts'
import { operation } from './operation.ts'
import { planOutlook } from './plan-outlook.ts'
import { planQuestions } from './plan-questions.ts'
import { planRevision } from './plan-revision.ts'
import { type ProjectPlan, storePlan, toProjectPlan } from './project-plan.ts'
import { requireProject } from './resolve.ts'

export const plans = {
  build: operation({
    summary: 'Plan the open tasks of a project: layers, critical path, schedule, bound',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/build-execution-plan',
    input: z.strictObject({
      projectId,
      workers: z.int().min(1).max(100_000).default(4),
      barrier: z.enum(['none', 'stage', 'layer']).optional(),
      actor,
    }),
    async run({ ledger, ids }, input): Promise<ProjectPlan> {
      const { projectId: owner, workers } = input
      return ledger.run(async (transaction) => {
        const { storage } = transaction
        const project = await requireProject(storage, owner)
        const slice = await storage.load({ projectId: owner, everything: true })
        const barrier = input.barrier ?? project.settings.barrier
        const result = planTasks(openTasks(slice), { workers, barrier })
        if (!result.ok) throw problemsError(result.problems)
        if (barrier !== project.settings.barrier) {
          await transaction.execute({
            type: 'project.update',
            projectId: owner,
            settings: { barrier },
          })
        }
        return storePlan(transaction, {
          projectId: owner,
          plan: result.plan,
          taskIds: new Map([...slice.tasks.values()].map((task) => [task.code, task.id])),
          ids,
          actor: input.actor,
        })
      }, input.actor)
    },
  }),
  get: operation({
    summary: 'Read the current plan, or the one with this id',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/execution-plan',
    input: z.strictObject({ projectId, planId: planId.optional() }),
    run: ({ storage }, input) =>
      storage.transaction(async (transaction): Promise<ProjectPlan | null> => {
        await requireProject(transaction, input.projectId)
        const stored = await transaction.query('plan', {
          projectId: input.projectId,
          ...(input.planId !== undefined && { planId: input.planId }),
        })
        return stored === null ? null : toProjectPlan(stored)
      }),
  }),
  ...planQuestions,
  ...planOutlook,
  ...planRevision,
}
