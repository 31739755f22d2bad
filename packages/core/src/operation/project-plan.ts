import type { LedgerTransaction } from '../engine/ledger.ts'
import { CuelineError } from '../error.ts'
import type { Ids, PlanId, ProjectId, TaskId } from '../id.ts'
import { hashPlan } from '../plan/hash-plan.ts'
import { exclusiveKeys } from '../plan/exclusive-keys.ts'
import type { Plan } from '../plan/index.ts'
import type { StoredPlan } from '../staging/state.ts'
import { type ChosenTasks, type PlanChoices, usualChoices } from './plan-choices.ts'
import { projectOf } from './resolve.ts'

/** A plan with its place in the project: plain JSON. */
export interface ProjectPlan extends Plan {
  readonly id: PlanId
  readonly projectId: ProjectId
  readonly revision: number
  readonly hash: string
  readonly createdAt: number
  readonly choices: PlanChoices
}

/** What stands in a stored plan; older ones hold neither choices nor inferred dependencies. */
type StoredContent = Omit<Plan, 'inferred'> & Partial<Pick<ProjectPlan, 'choices' | 'inferred'>>

export function toProjectPlan({ plan, ...place }: StoredPlan): ProjectPlan {
  const content = plan as StoredContent
  return {
    ...content,
    choices: content.choices ?? { ...usualChoices, conflicts: 'none' },
    inferred: content.inferred ?? [],
    ...place,
  }
}

/** The stored plan with this id, wherever it belongs. */
export async function requirePlan(
  storage: Parameters<typeof projectOf>[0],
  id: PlanId,
): Promise<ProjectPlan> {
  const owner = await projectOf(storage, 'plan', id)
  const stored = await storage.query('plan', { projectId: owner, planId: id })
  if (stored === null) {
    throw new CuelineError('not-found', `There is no plan "${id}".`, { details: { id } })
  }
  return toProjectPlan(stored)
}

/** Stores the plan as the next revision of its project and tells its tasks their layers, urgencies and keys. */
export async function storePlan(
  transaction: LedgerTransaction,
  given: {
    readonly projectId: ProjectId
    readonly plan: Plan
    readonly choices: PlanChoices
    readonly chosen: ChosenTasks
    /** Ids by code, of every task of the plan. */
    readonly taskIds: ReadonlyMap<string, TaskId>
    readonly ids: Ids
    readonly actor: string
  },
): Promise<ProjectPlan> {
  const { storage } = transaction
  const { projectId, plan, choices, chosen, taskIds } = given
  const content: StoredContent = { ...plan, choices }
  const last = await storage.query('plan', { projectId })
  const stored: StoredPlan = {
    id: given.ids('plan'),
    projectId,
    revision: (last?.revision ?? 0) + 1,
    hash: hashPlan(plan),
    createdAt: storage.now,
    plan: content,
  }
  const keys = keysOf(plan, chosen)
  await transaction.execute({
    type: 'tasks.plan',
    projectId,
    planId: stored.id,
    revision: stored.revision,
    hash: stored.hash,
    tasks: plan.facts.flatMap(({ task, layer, tail, urgency = tail }) => {
      const id = taskIds.get(task)
      if (id === undefined) return []
      const exclusiveKeys = keys.get(task)
      const expects = chosen.expects.get(task)
      const own = { ...(exclusiveKeys && { exclusiveKeys }), ...(expects && { expects }) }
      return [{ id, layer, tail: urgency, ...own }]
    }),
  })
  await storage.write(projectId, [{ table: 'plan', kind: 'insert', row: stored }], [], given.actor)
  return toProjectPlan(stored)
}

/** By code: what keeps tasks apart while they run, crowded files like conflicts. */
function keysOf(
  plan: Plan,
  { crowded, tasks }: ChosenTasks,
): ReadonlyMap<string, readonly string[]> {
  const files = new Set(crowded.map(({ path }) => path))
  const keys = exclusiveKeys(plan.conflicts, files)
  for (const { id, touches = [] } of files.size === 0 ? [] : tasks) {
    const own = [...new Set(touches)].filter((path) => files.has(path))
    if (own.length > 0) keys.set(id, [...own, ...(keys.get(id) ?? [])])
  }
  return keys
}
