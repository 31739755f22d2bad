import { CuelineError } from '../error.ts'
import type { TaskId } from '../id.ts'
import type { PlanResult, PlanTask, ScheduledTask } from '../plan/plan.ts'
import { planTasks } from '../plan/plan-tasks.ts'
import type { Slice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import type { RunReport } from './run-report.ts'

interface PredictedTime {
  readonly startMs: number
  readonly finishMs: number
}

interface Prediction {
  readonly times: ReadonlyMap<TaskId, PredictedTime>
  readonly predicted: RunReport['predicted']
}

/**
 * When the plan expected each task to start and finish. Tasks that were done or cancelled before
 * anything ran are no part of it. Without a prediction (no estimates that can be planned) it is empty.
 */
export function predictTimes(
  world: Slice,
  tasks: readonly Task[],
  workers: number,
  options: { readonly timeScale?: number; readonly predicted?: readonly ScheduledTask[] },
): Prediction {
  const timeScale = options.timeScale ?? 60_000
  if (!(timeScale > 0 && Number.isFinite(timeScale))) {
    throw new CuelineError(
      'invalid-input',
      `timeScale is ${timeScale}. Give the milliseconds that one plan minute stands for, e.g. 60000.`,
    )
  }
  const again = options.predicted === undefined ? planAgain(world, tasks, workers).result : null
  const plan = again?.ok === true ? again.plan : null
  const schedule = options.predicted ?? plan?.schedule ?? []
  const ids = new Map<string, TaskId>()
  for (const { code, id } of tasks) ids.set(code, id)
  const times = new Map<TaskId, PredictedTime>()
  let makespanMs = 0
  let workMs = 0
  for (const { task, start, finish } of schedule) {
    const id = ids.get(task)
    if (id === undefined) continue
    times.set(id, { startMs: start * timeScale, finishMs: finish * timeScale })
    makespanMs = Math.max(makespanMs, finish * timeScale)
    workMs += (finish - start) * timeScale
  }
  if (times.size === 0) return { times, predicted: null }
  const speedup = makespanMs > 0 ? workMs / makespanMs : null
  const boundMs = plan === null ? null : plan.lowerBound * timeScale
  const saved = (ms: number | null) => (ms === null || workMs === 0 ? null : 1 - ms / workMs)
  return {
    times,
    predicted: {
      makespanMs,
      workMs,
      speedup,
      boundMs,
      timeSaved: saved(makespanMs),
      boundTimeSaved: saved(boundMs),
    },
  }
}

/**
 * Plans the tasks again from the estimates in the log, for its barrier and so many workers: what
 * the report calls predicted. Tasks go by their codes.
 */
export function planAgain(
  world: Slice,
  tasks: readonly Task[],
  workers: number,
): { readonly planned: readonly PlanTask[]; readonly result: PlanResult } {
  const open = new Map<TaskId, Task>()
  for (const task of tasks) if (!settledBefore(task)) open.set(task.id, task)
  const planned = [...open.values()].map((task): PlanTask => ({
    id: task.code,
    title: task.title,
    dependsOn: (world.dependencies.get(task.id) ?? []).flatMap((edge) => {
      const code = open.get(edge.dependsOn)?.code
      return code === undefined ? [] : [code]
    }),
    priority: task.priority,
    ...(task.estimate !== null && { estimate: task.estimate }),
  }))
  const barrier = world.project?.settings.barrier ?? 'none'
  return { planned, result: planTasks(planned, { workers: Math.max(1, workers), barrier }) }
}

function settledBefore(task: Task): boolean {
  return task.settledAt !== null && task.attemptCount === 0
}
