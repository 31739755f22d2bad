import fc from 'fast-check'

import type { Event, StoredEvent } from '../event/event.ts'
import type { Ids, ProjectId, TaskId, WorkerId } from '../id.ts'
import { emptyLoad } from '../limit/admission.ts'
import { anyTasks, dependencyIds } from '../plan/task-graph.arbitrary.ts'
import type { PlanTask } from '../plan/plan.ts'
import { copySlice } from '../staging/apply-changes.ts'
import type { AttemptWrite, Command, NewTask } from '../staging/command.ts'
import { decide } from '../staging/decide.ts'
import { applyEvent } from '../staging/evolve.ts'
import { emptySlice } from '../staging/slice.ts'
import type { Attempt } from '../staging/state.ts'
import { exampleBatch, exampleProject, exampleTask } from '../testing/example-rows.ts'
import { seededRandom } from '../testing/seeded-random.ts'

export interface RandomLog {
  readonly events: readonly StoredEvent[]
  readonly tasks: readonly PlanTask[]
  readonly workers: number
  /** Active milliseconds of the attempts that succeeded, counted beside the log by hand. */
  readonly workMs: number
}

const projectId = 'project-1' as ProjectId
const passed = {
  gate: 'tests',
  result: 'pass',
  summary: 'all pass',
  durationMs: 1,
  cause: null,
  evidence: '',
} as const

/**
 * Logs as an engine writes them: tasks are added, staged, promoted and worked on by some workers;
 * attempts succeed, fail, ask, yield or lose their worker at random. Every event comes from `decide`.
 */
export const anyLog: fc.Arbitrary<RandomLog> = fc
  .record({
    tasks: anyTasks({ maxTasks: 12, estimate: fc.integer({ min: 0, max: 20 }) }),
    workers: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
    steps: fc.nat(120),
  })
  .map(({ tasks, workers, seed, steps }) => simulate(tasks, workers, seed, steps))

function simulate(
  tasks: readonly PlanTask[],
  workers: number,
  seed: number,
  steps: number,
): RandomLog {
  const random = seededRandom(seed)
  const world = copySlice(emptySlice)
  const events: StoredEvent[] = []
  const active = new Map<string, number>()
  let now = 1_000
  let count = 0
  let workMs = 0
  const ids = ((kind: string) => `${kind}-${++count}`) as Ids

  const append = (event: Event) => {
    applyEvent(world, event)
    events.push({ ...event, projectId, sequence: events.length + 1, actor: 'test' })
  }
  const execute = (command: Command) => {
    const decision = decide(world, command, { now, ids, random })
    if (!decision.ok) return
    for (const event of decision.events) append(event)
  }

  append({ type: 'project.created', project: exampleProject(projectId), at: now })
  execute({ type: 'tasks.add', projectId, ...newTasks(tasks) })
  const batch = exampleBatch(projectId, 'batch-a', { promotedAt: null, generation: 0 })
  execute({ type: 'batch.create', projectId, batch })
  const all = [...world.tasks.keys()].map((id) => ({ id, stagePriority: 0 }))
  execute({ type: 'tasks.stage', projectId, batchId: batch.id, tasks: all, force: true })
  const workerIds = Array.from({ length: workers }, (_, at) => `worker-${at}` as WorkerId)
  for (const workerId of workerIds) {
    execute({ type: 'worker.register', projectId, workerId, name: workerId })
  }
  now += 5
  execute({ type: 'batch.promote', projectId, batchId: batch.id, auto: false, reason: 'test' })

  for (let step = 0; step < steps; step++) {
    const passing = Math.floor(random() * 1_000)
    now += passing
    const open = [...world.attempts.values()].filter((attempt) => attempt.endedAt === null)
    for (const attempt of open) {
      if (attempt.status === 'waiting') continue
      active.set(attempt.id, (active.get(attempt.id) ?? 0) + passing)
    }
    const busy = new Set(open.map((attempt) => attempt.workerId))
    const attempt = open[Math.floor(random() * open.length)]
    if (attempt === undefined || random() < 0.3) {
      execute({
        type: 'work.claim',
        projectId,
        workers: workerIds.filter((id) => !busy.has(id)),
        candidates: [...world.workOrders.keys()],
        load: emptyLoad,
      })
    } else {
      execute(nextCommand(attempt, random))
      if (world.attempts.get(attempt.id)?.status === 'succeeded') {
        workMs += active.get(attempt.id) ?? 0
      }
    }
  }
  return { events, tasks, workers, workMs }
}

function nextCommand(attempt: Attempt, random: () => number): Command {
  const write: AttemptWrite & { projectId: ProjectId } = {
    ...attempt,
    attemptId: attempt.id,
    held: true,
  }
  const { projectId, taskId, workOrderId, attemptId, fence, held } = write
  const claim = { projectId, taskId, workOrderId, attemptId, fence, held }
  const chance = random()
  if (attempt.status === 'waiting') return { type: 'attempt.resume', ...claim, load: emptyLoad }
  if (attempt.status === 'running' && chance < 0.6) {
    return { type: 'attempt.verify', ...claim, summary: 'did it' }
  }
  if (attempt.status === 'verifying' && chance < 0.8) {
    return { type: 'attempt.succeed', ...claim, verdicts: [passed], merged: null }
  }
  if (chance < 0.7) {
    const request = { kind: 'question', text: 'Which?', options: [] } as const
    return { type: 'attempt.wait', ...claim, request }
  }
  if (chance < 0.85) return { type: 'attempt.yield', ...claim, reason: 'later' }
  if (chance < 0.9) return { type: 'attempt.interrupt', ...claim, reason: 'stopped' }
  return {
    type: 'attempt.fail',
    ...claim,
    failure: { class: 'gate-failed', message: 'red', evidence: '' },
    verdicts: [{ ...passed, result: 'fail' }],
  }
}

function newTasks(tasks: readonly PlanTask[]) {
  const taskId = (code: string) => `task:${code}` as TaskId
  return {
    tasks: tasks.map((task, position): NewTask => {
      const { estimate = null, priority = 'normal' } = task
      const row = exampleTask(projectId, taskId(task.id), { position, estimate, priority })
      return { ...row, code: task.id, status: 'todo' }
    }),
    dependencies: tasks.flatMap((task) =>
      [...new Set(dependencyIds(task))].map(
        (other) =>
          ({
            projectId,
            taskId: taskId(task.id),
            dependsOn: taskId(other),
            releaseOn: 'verified',
            source: 'declared',
            confidence: 1,
            evidence: null,
          }) as const,
      ),
    ),
  }
}
