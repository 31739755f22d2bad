import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { PlanId } from '../id.ts'
import { diffPlans, type PlanDifference } from '../plan/diff-plans.ts'
import { hashPlan } from '../plan/hash-plan.ts'
import { type Plan, type PlanOptions, planTasks } from '../plan/index.ts'
import { named } from '../plan/named.ts'
import type { DependencyChange, PatchEffect, PlanPatch, TaskChange } from '../plan/plan-patch.ts'
import { type PlanRevision, revisePlan } from '../plan/revise-plan.ts'
import type { Slice } from '../staging/slice.ts'
import { parseTaskSpecs } from '../task/parse-task-spec.ts'
import { taskSpecSchema } from '../task/task-schema.ts'
import type { TaskSpec } from '../task/task-spec.ts'
import { applyRevision } from './apply-revision.ts'
import { currentPlanning } from './current-planning.ts'
import { actor, projectId, taskReference } from './input.ts'
import { problemsError } from './new-tasks.ts'
import { planTasksOf } from './open-tasks.ts'
import { operation } from './operation.ts'
import { landedChanges } from './landed-changes.ts'
import {
  type ChosenTasks,
  chosenTasks,
  type DescribedTask,
  planChoicesInput,
} from './plan-choices.ts'
import { storePlan } from './project-plan.ts'

/** What became of a patch to the plan of a project, and the plan with it. */
export interface RevisedPlan {
  /** False for a preview, and when no part of the patch could be applied. */
  readonly applied: boolean
  /** May change freely: nobody who works is disturbed. */
  readonly allowed: readonly PatchEffect[]
  /** Need another attempt of what runs; applied only when `restart` was asked for. */
  readonly restart: readonly PatchEffect[]
  /** Not applied, and why. */
  readonly refused: readonly PatchEffect[]
  /** Codes of running tasks that were started again. */
  readonly restarted: readonly string[]
  /** Codes of tasks that may start now: nothing they wait for is open. */
  readonly ready: readonly string[]
  /** The stored plan; the former one when nothing was applied. */
  readonly planId: PlanId
  /** Of the stored plan; for a preview what it would be. */
  readonly revision: number
  readonly hash: string
  readonly plan: Plan
  /** From the open tasks as they were to the revised ones, planned alike. */
  readonly difference: PlanDifference
  /** All of it for a reader, a line for each part of the patch. */
  readonly text: string
}

const { title, estimate, priority, epic, touches, resources } = taskSpecSchema.shape
/** null takes it away. */
const orNone = <Schema extends z.ZodType>(field: z.ZodOptional<Schema>) =>
  field.unwrap().nullable().optional()

const dependency = z.strictObject({ task: taskReference, dependsOn: taskReference })
const some = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).max(100_000).optional()

const planPatch = z.strictObject({
  removeDependencies: some(dependency),
  remove: some(taskReference),
  change: some(
    z.strictObject({
      task: taskReference,
      title: title.optional(),
      estimate: orNone(estimate),
      priority: orNone(priority),
      epic: orNone(epic),
      touches: orNone(touches),
      resources: orNone(resources),
    }),
  ),
  /** Tasks as `tasks.add` takes them. */
  add: some(z.unknown()),
  addDependencies: some(dependency),
})

/** Changes of the plan while it is worked on. */
export const planRevision = {
  revise: operation({
    summary: 'Change the plan while it is worked on: what may change does, the rest is named',
    kind: 'command',
    method: 'PATCH',
    path: '/projects/{projectId}/execution-plan',
    input: z.strictObject({
      projectId,
      patch: planPatch,
      /** Starts running tasks again where the patch changes what they work on. */
      restart: z.boolean().default(false),
      /** Only says what would come of it. */
      preview: z.boolean().default(false),
      workers: z.int().min(1).max(100_000).optional(),
      barrier: z.enum(['none', 'stage', 'layer']).optional(),
      /** Predicts anew from these, where the plan predicts conflicts; as it was planned when left out. */
      files: planChoicesInput.files,
      history: planChoicesInput.history,
      actor,
    }),
    run: ({ ledger, ids }, input): Promise<RevisedPlan> =>
      ledger.run(async (transaction) => {
        const { storage } = transaction
        const planning = await currentPlanning(storage, input)
        const { project, slice, options, choices, stored } = planning
        if (stored === null) {
          throw new CuelineError(
            'not-found',
            `Project "${project.name}" has no plan that could be revised. Build one first: plans.build, or cueline stage.`,
            { details: { projectId: project.id } },
          )
        }
        const added = parseTaskSpecs(input.patch.add ?? [])
        const { patch, refused } = patchByCode(slice, input.patch, added)
        const revision = revised(slice, patch, {
          revision: stored.revision,
          options,
          keepRunning: !input.restart,
        })
        const { files, history } = input
        const chosen = chosenTasks(openOf(slice, revision.tasks), choices, {
          files,
          history,
          landed: landedChanges(slice),
          before: stored.conflicts,
        })
        const before = planned(planning.chosen, options)
        const after = planned(chosen, {
          ...options,
          resources: chosen.resources,
          conflicts: chosen.conflicts,
          inferred: chosen.inferred,
        })
        const difference = diffPlans(before, after)
        const otherOptions = input.workers !== undefined || input.barrier !== undefined
        const changes = revision.revision > stored.revision || otherOptions
        const answer = {
          allowed: revision.allowed,
          restart: revision.restart,
          refused: [...refused, ...revision.refused],
          ready: revision.ready,
          difference,
          plan: after,
        }
        const text = textOf(answer, input.restart)
        if (input.preview || !changes) {
          return {
            ...answer,
            applied: false,
            restarted: [],
            planId: stored.id,
            revision: stored.revision + (changes ? 1 : 0),
            hash: changes ? hashPlan(after) : stored.hash,
            text,
          }
        }
        const { taskIds, restarted } = await applyRevision(transaction, {
          project,
          slice,
          revision,
          added,
          restart: input.restart,
          ids,
        })
        if (input.barrier !== undefined && input.barrier !== project.settings.barrier) {
          const settings = { barrier: input.barrier }
          await transaction.execute({ type: 'project.update', projectId: project.id, settings })
        }
        const plan = await storePlan(transaction, {
          projectId: project.id,
          plan: after,
          choices,
          chosen,
          taskIds,
          ids,
          actor: input.actor,
        })
        return {
          ...answer,
          applied: true,
          restarted,
          planId: plan.id,
          revision: plan.revision,
          hash: plan.hash,
          text,
        }
      }, input.actor),
  }),
}

function planned(chosen: ChosenTasks, options: PlanOptions): Plan {
  const result = planTasks(chosen.tasks, options)
  if (!result.ok) throw problemsError(result.problems)
  return result.plan
}

/** Decides with every task that is not cancelled, so that what is done can be named as such. */
function revised(
  slice: Slice,
  patch: PlanPatch,
  running: Omit<Parameters<typeof revisePlan>[2], 'statuses'>,
): PlanRevision {
  const tasks = planTasksOf(slice, ({ status }) => status !== 'cancelled')
  const statuses = new Map([...slice.tasks.values()].map(({ code, status }) => [code, status]))
  // Only its decisions are used: the schedule is made from the open tasks.
  const options = { ...running.options, conflicts: [], inferred: [], rounds: 0 }
  const result = revisePlan(tasks, patch, { ...running, options, statuses })
  if (!result.ok) throw problemsError(result.problems)
  return result
}

/** Of revised tasks those still to be done, waiting only for each other. */
function openOf(slice: Slice, tasks: readonly DescribedTask[]): DescribedTask[] {
  const done = new Set<string>()
  const declared = new Map<string, readonly string[]>()
  for (const { code, status, touches } of slice.tasks.values()) {
    if (status === 'done') done.add(code)
    declared.set(code, touches)
  }
  return tasks
    .filter(({ id }) => !done.has(id))
    .map(({ touched, ...task }) => {
      // Whoever declares anew what a task touches knows better than its former attempt.
      const still = sameList(task.touches ?? [], declared.get(task.id) ?? [])
      return {
        ...task,
        ...(touched !== undefined && still && { touched }),
        dependsOn: (task.dependsOn ?? []).filter(
          (entry) => !done.has(typeof entry === 'string' ? entry : entry.task),
        ),
      }
    })
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((entry, at) => entry === other[at])
}

/** Tasks may be named by id; plans know them by code. Codes stay taken, also by what is cancelled. */
function patchByCode(
  slice: Slice,
  given: z.output<typeof planPatch>,
  specs: readonly TaskSpec[],
): { patch: PlanPatch; refused: PatchEffect[] } {
  const byId = new Map<string, string>()
  for (const { id, code } of slice.tasks.values()) byId.set(id, code)
  const codeOf = (reference: string) => byId.get(reference) ?? reference
  const edge = ({ task, dependsOn }: DependencyChange) => ({
    task: codeOf(task),
    dependsOn: codeOf(dependsOn),
  })
  const remove = [...new Set((given.remove ?? []).map(codeOf))]
  const taken = new Set(remove)
  for (const { code, status } of slice.tasks.values()) if (status === 'cancelled') taken.add(code)
  const refused: PatchEffect[] = []
  const add = specs.filter(({ id }) => {
    if (!taken.has(id)) return true
    refused.push({
      kind: 'add',
      tasks: [id],
      problem: 'duplicate',
      message: `There is a task ${id} already, cancelled or removed; its code stays its own. Add the new one under another.`,
    })
    return false
  })
  return {
    refused,
    patch: {
      removeDependencies: (given.removeDependencies ?? []).map(edge),
      remove,
      change: (given.change ?? []).map((change) =>
        withoutNulls({ ...change, task: codeOf(change.task) }),
      ),
      add: add.map((spec): DescribedTask => ({
        id: spec.id,
        title: spec.title,
        description: spec.description,
        dependsOn: (spec.dependsOn ?? []).map((entry) =>
          codeOf(typeof entry === 'string' ? entry : entry.task),
        ),
        estimate: spec.estimate,
        priority: spec.priority,
        epic: spec.epic,
        touches: spec.touches,
        resources: spec.resources,
      })),
      addDependencies: (given.addDependencies ?? []).map(edge),
    },
  }
}

/** JSON says null where a change takes something away; what was not named stays unnamed. */
function withoutNulls(
  change: NonNullable<z.output<typeof planPatch>['change']>[number],
): TaskChange {
  const { task, ...fields } = change
  const named = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, value ?? undefined])
  return { task, ...(Object.fromEntries(named) as Omit<TaskChange, 'task'>) }
}

function textOf(
  answer: Pick<RevisedPlan, 'allowed' | 'restart' | 'refused' | 'difference'>,
  restarts: boolean,
): string {
  const { allowed, restart, refused, difference } = answer
  const held = restarts ? '' : ' Not applied: ask for the restart to have it.'
  const lines = [
    ...allowed.map(({ message }) => message),
    ...restart.map(({ message }) => `${message}${held}`),
    ...refused.map(({ message }) => `Refused: ${message}`),
  ]
  const fresh = allowed.filter(({ kind }) => kind === 'add').flatMap(({ tasks }) => tasks)
  const stage =
    fresh.length === 0 ? [] : [`Stage ${named(fresh)} to have it done: nothing starts unstaged.`]
  const more = lines.length > 30 ? [`… and ${lines.length - 30} more.`] : []
  return [...lines.slice(0, 30), ...more, ...stage, difference.text].join('\n')
}
