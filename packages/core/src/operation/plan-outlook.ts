import * as z from 'zod'
import { type PlanTask, planTasks } from '../plan/index.ts'
import { type ScheduleForecast, simulateSchedule } from '../plan/simulate-schedule.ts'
import { type BatchSuggestion, suggestNextBatch } from '../plan/suggest-next-batch.ts'
import { inferredAmong, withInferred } from '../plan/with-inferred.ts'
import type { Slice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import { type CurrentPlanning, currentPlanning } from './current-planning.ts'
import { projectId } from './input.ts'
import { problemsError } from './new-tasks.ts'
import { operation } from './operation.ts'
import type { ChosenTasks } from './plan-choices.ts'

/** What to stage or promote next in a project, from its real state. Times are minutes from now. */
export interface NextBatch extends BatchSuggestion {
  /** Tasks that cannot be suggested because they failed or wait for one that did. */
  blocked: string[]
}

/** When the rest of a project may be finished. Times are minutes from now. */
export interface ProjectForecast extends ScheduleForecast {
  /** Tasks that are being worked on; they are counted as just begun. */
  running: string[]
}

const workers = z.int().min(1).max(100_000).optional()
/** Tasks of the batch; as many as workers when left out. */
export const batchSize = z.int().min(1).max(100_000).optional()
export const suggestionInput = z.strictObject({ projectId, size: batchSize, workers })

/** What comes next and when it may end; nothing is stored. */
export const planOutlook = {
  suggestBatch: operation({
    summary: 'Say which ready tasks shorten the expected finish most when they go next, and why',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/execution-plan/next-batch',
    input: suggestionInput,
    run: ({ storage }, input): Promise<NextBatch> =>
      storage.transaction((transaction) => nextBatch(transaction, input)),
  }),
  forecast: operation({
    summary:
      'Say by when half and nine in ten runs of the open tasks finish, as far as estimates go',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/execution-plan/forecast',
    input: z.strictObject({
      projectId,
      workers,
      runs: z.int().min(1).max(100_000).default(1_000),
      seed: z.int().default(1),
    }),
    run: ({ storage }, input): Promise<ProjectForecast> =>
      storage.transaction(async (transaction) => {
        const planning = await currentPlanning(transaction, input)
        const { runs, seed } = input
        const { workers: count } = planning.options
        const { tasks } = planning.chosen
        const planned = planTasks(tasks, { ...planning.options, barrier: 'none', resources: {} })
        if (!planned.ok) throw problemsError(planned.problems)
        const result = simulateSchedule(tasks, {
          workers: Math.min(count, planning.options.lanes ?? count),
          schedule: planned.plan.schedule,
          runs,
          seed,
          conflicts: planning.chosen.conflicts,
          inferred: planning.chosen.inferred,
          allow: planning.choices.allow,
        })
        if (!result.ok) throw problemsError(result.problems)
        const running = codesOf(planning.slice, isRunning)
        const are = running.length === 1 ? 'task that runs is' : 'tasks that run are'
        const lines = [
          result.forecast.text,
          ...(running.length > 0 ? [`${running.length} ${are} counted as just begun.`] : []),
          ...leftOutOf(planning),
        ]
        return { ...result.forecast, running, text: lines.join('\n') }
      }),
  }),
}

/** What the plan heeds and the forecast does not. */
function leftOutOf({ chosen, options }: CurrentPlanning): string[] {
  const named = [
    ...(options.barrier === 'none' ? [] : [`the barrier after each ${options.barrier}`]),
    ...(Object.keys(chosen.resources).length === 0 ? [] : ['resources']),
  ]
  if (named.length === 0) return []
  return [`Left out, so that it may take longer: ${named.join(' and ')}.`]
}

/** Suggests from what is done, what runs or was promoted already, and what is kept apart. */
export async function nextBatch(
  storage: StorageTransaction,
  input: z.output<typeof suggestionInput>,
): Promise<NextBatch> {
  const { slice, options, chosen, choices } = await currentPlanning(storage, input)
  const failed = new Set(codesOf(slice, ({ status }) => status === 'failed'))
  const { tasks, blocked } = withoutBlocked(chosen, failed)
  const promoted = new Set(
    codesOf(slice, ({ status, batchId }) => {
      const batch = batchId === null ? undefined : slice.batches.get(batchId)
      return isRunning({ status }) || (batch?.promotedAt ?? null) !== null
    }),
  )
  const result = suggestNextBatch(tasks, [], {
    workers: options.workers,
    ...(input.size !== undefined && { size: input.size }),
    running: tasks.map(({ id }) => id).filter((id) => promoted.has(id)),
    conflicts: chosen.conflicts,
    inferred: inferredAmong(chosen.inferred, new Set(tasks.map(({ id }) => id))),
    allow: choices.allow,
  })
  if (!result.ok) throw problemsError(result.problems)
  const { text } = result.suggestion
  const because = `${blocked.length} ${blocked.length === 1 ? 'task is' : 'tasks are'} left out: failed, or behind one that is. Retry ${[...failed].slice(0, 5).join(', ')}${failed.size > 5 ? ', …' : ''} to have them back.`
  return {
    ...result.suggestion,
    blocked,
    text: blocked.length === 0 ? text : `${text}\n${because}`,
  }
}

function isRunning({ status }: Pick<Task, 'status'>): boolean {
  return status === 'doing' || status === 'review'
}

function codesOf(slice: Slice, matches: (task: Task) => boolean): string[] {
  return [...slice.tasks.values()].filter(matches).map(({ code }) => code)
}

/** The tasks without those that failed and all that waits for them, however far behind. */
function withoutBlocked(
  { tasks, inferred }: ChosenTasks,
  failed: ReadonlySet<string>,
): { tasks: PlanTask[]; blocked: string[] } {
  const waiting = new Map<string, string[]>()
  for (const { id, dependsOn = [] } of withInferred(tasks, inferred).tasks) {
    for (const entry of dependsOn) {
      const dependency = typeof entry === 'string' ? entry : entry.task
      const others = waiting.get(dependency)
      if (others === undefined) waiting.set(dependency, [id])
      else others.push(id)
    }
  }
  const gone = new Set(failed)
  for (const id of gone) for (const dependent of waiting.get(id) ?? []) gone.add(dependent)
  return {
    tasks: tasks.filter(({ id }) => !gone.has(id)),
    blocked: tasks.map(({ id }) => id).filter((id) => gone.has(id)),
  }
}
