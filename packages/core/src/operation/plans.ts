import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { PlanId, ProjectId } from '../id.ts'
import { type Plan, planTasks } from '../plan/index.ts'
import { hashPlan } from '../plan/hash-plan.ts'
import type { StoredPlan } from '../staging/state.ts'
import { actor, planId, projectId } from './input.ts'
import { problemsError } from './new-tasks.ts'
import { openTasks } from './open-tasks.ts'
import { operation } from './operation.ts'
import { planOutlook } from './plan-outlook.ts'
import { planQuestions } from './plan-questions.ts'
import { projectOf, requireProject } from './resolve.ts'

/** A plan with its place in the project: plain JSON. */
export interface ProjectPlan extends Plan {
  readonly id: PlanId
  readonly projectId: ProjectId
  readonly revision: number
  readonly hash: string
  readonly createdAt: number
}

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
        const last = await storage.query('plan', { projectId: owner })
        const stored: StoredPlan = {
          id: ids('plan'),
          projectId: owner,
          revision: (last?.revision ?? 0) + 1,
          hash: hashPlan(result.plan),
          createdAt: storage.now,
          plan: result.plan,
        }
        const byCode = new Map([...slice.tasks.values()].map((task) => [task.code, task.id]))
        const { id, revision, hash } = stored
        if (barrier !== project.settings.barrier) {
          await transaction.execute({
            type: 'project.update',
            projectId: owner,
            settings: { barrier },
          })
        }
        await transaction.execute({
          type: 'tasks.plan',
          projectId: owner,
          planId: id,
          revision,
          hash,
          tasks: result.plan.facts.flatMap(({ task, layer, tail }) => {
            const taskId = byCode.get(task)
            return taskId === undefined ? [] : [{ id: taskId, layer, tail }]
          }),
        })
        await storage.write(
          owner,
          [{ table: 'plan', kind: 'insert', row: stored }],
          [],
          input.actor,
        )
        return toProjectPlan(stored)
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
}

function toProjectPlan({ plan, ...place }: StoredPlan): ProjectPlan {
  return { ...(plan as Plan), ...place }
}

/** The stored plan with this id, wherever it belongs. */
export async function requirePlan(
  storage: Parameters<typeof projectOf>[0],
  id: PlanId,
): Promise<ProjectPlan> {
  const owner = await projectOf(storage, 'plan', id)
  const stored = await storage.query('plan', { projectId: owner, planId: id })
  if (stored === null) throw new CuelineError('not-found', `There is no plan "${id}".`)
  return toProjectPlan(stored)
}
