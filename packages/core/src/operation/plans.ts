import * as z from 'zod'
import { CuelineError } from '../error.ts'
import { planTasks } from '../plan/index.ts'
import { shown } from '../plan/shown.ts'
import type { Slice } from '../staging/slice.ts'
import { actor, planId, projectId } from './input.ts'
import { problemsError } from './new-tasks.ts'
import { landedChanges } from './landed-changes.ts'
import { openTasks } from './open-tasks.ts'
import { operation } from './operation.ts'
import { chosenTasks, type PlanChoices, planChoicesInput } from './plan-choices.ts'
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
      ...planChoicesInput,
      actor,
    }),
    async run({ ledger, ids }, input): Promise<ProjectPlan> {
      const { projectId: owner, workers, files, history } = input
      return ledger.run(async (transaction) => {
        const { storage } = transaction
        const project = await requireProject(storage, owner)
        const slice = await storage.load({ projectId: owner, everything: true })
        const barrier = input.barrier ?? project.settings.barrier
        const choices = choicesOf(slice, input)
        const chosen = chosenTasks(openTasks(slice), choices, {
          files,
          history,
          landed: landedChanges(slice),
        })
        const { rounds, budgetMs, seed } = input
        const result = planTasks(chosen.tasks, {
          workers,
          barrier,
          resources: chosen.resources,
          conflicts: chosen.conflicts,
          inferred: chosen.inferred,
          allow: choices.allow,
          lanes: input.lanes,
          ...(rounds !== undefined && { rounds }),
          ...(budgetMs !== undefined && { budgetMs }),
          ...(seed !== undefined && { seed }),
        })
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
          choices,
          chosen,
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

type ChosenInput = z.output<z.ZodObject<typeof planChoicesInput>>

function choicesOf(slice: Slice, input: ChosenInput): PlanChoices {
  const byId = new Map<string, string>()
  for (const { id, code } of slice.tasks.values()) byId.set(id, code)
  const codes = new Set(byId.values())
  const codeOf = (reference: string) => {
    const code = byId.get(reference) ?? reference
    if (codes.has(code)) return code
    throw new CuelineError(
      'not-found',
      `allow names task ${shown(reference)}, which the project does not have. Give the codes of two of its tasks.`,
      { details: { task: reference } },
    )
  }
  return {
    resources: input.resources ?? {},
    conflicts: input.conflicts ?? (input.files === undefined ? 'declared' : 'predicted'),
    allow: (input.allow ?? []).map(([one, other]) => [codeOf(one), codeOf(other)]),
    infer: input.infer ?? null,
    lanes: input.lanes ?? null,
  }
}
