import type { Event, StoredEvent } from '../event/event.ts'
import type {
  AttemptId,
  BatchId,
  ProjectId,
  RequestId,
  TaskId,
  WorkerId,
  WorkOrderId,
} from '../id.ts'
import type { Request, Task, Verdict } from '../staging/state.ts'
import { exampleBatch, exampleDependency, exampleProject, exampleTask } from './example-rows.ts'

export const passing: Verdict = {
  gate: 'tests',
  result: 'pass',
  summary: '3 tests pass',
  durationMs: 40,
  cause: null,
  evidence: '',
}

interface LoggedTask extends Partial<Task> {
  readonly dependsOn?: readonly string[]
}

type Untimed = Event extends infer Each ? (Each extends Event ? Omit<Each, 'at'> : never) : never

/** A log written by hand for tests: every call appends one event at the time given. */
export function exampleLog(tasks: Readonly<Record<string, LoggedTask>>, workers: number) {
  const projectId = 'greenhouse' as ProjectId
  const batchId = 'batch-a' as BatchId
  const events: StoredEvent[] = []
  const at = (time: number, event: Untimed) => {
    events.push({
      ...(event as Event),
      at: time,
      projectId,
      sequence: events.length + 1,
      actor: 'test',
    })
  }
  const codes = Object.keys(tasks)
  at(0, { type: 'project.created', project: exampleProject(projectId) })
  at(0, {
    type: 'tasks.added',
    tasks: codes.map((code, position) => {
      const { dependsOn: _, ...set } = tasks[code] ?? {}
      return exampleTask(projectId, code, { position, ...set })
    }),
    dependencies: codes.flatMap((code) =>
      (tasks[code]?.dependsOn ?? []).map((other) => exampleDependency(projectId, code, other)),
    ),
  })
  at(0, {
    type: 'batch.created',
    batch: exampleBatch(projectId, batchId, { name: 'First', promotedAt: null, generation: 0 }),
  })
  at(0, {
    type: 'tasks.staged',
    batchId,
    tasks: codes.map((code) => ({ id: code as TaskId, stagePriority: 0 })),
    forced: false,
  })
  const register = (time: number, prefix: string) => {
    for (let nth = 0; nth < workers; nth++) {
      const workerId = `${prefix}${nth}` as WorkerId
      at(time, { type: 'worker.registered', projectId, workerId, name: workerId })
    }
  }
  const claim = (code: string, number: number) => ({
    attemptId: `${code}#${number}` as AttemptId,
    taskId: code as TaskId,
    workOrderId: `order-${code}` as WorkOrderId,
  })
  return {
    events,
    at,
    register,
    promote(time: number) {
      const openLayer = null
      at(time, {
        type: 'batch.promoted',
        batchId,
        generation: 1,
        openLayer,
        auto: false,
        reason: '',
      })
      const orders = codes.map((code) => ({
        id: `order-${code}` as WorkOrderId,
        taskId: code as TaskId,
      }))
      at(time, { type: 'work.released', orders })
    },
    start(time: number, code: string, worker: string, number = 1) {
      const workerId = worker as WorkerId
      at(time, { type: 'attempt.started', ...claim(code, number), workerId, number, fence: number })
    },
    ask(time: number, code: string, id: string) {
      const { attemptId, taskId } = claim(code, 1)
      const request: Request = {
        id: id as RequestId,
        projectId,
        taskId,
        attemptId,
        kind: 'question',
        text: `Question ${id}?`,
        options: [],
        status: 'open',
        answer: null,
        answeredBy: null,
        askedAt: time,
        answeredAt: null,
      }
      at(time, { type: 'request.opened', request })
    },
    wait(time: number, code: string, number = 1) {
      const requestId = `request-${code}` as RequestId
      at(time, { type: 'attempt.waiting', attemptId: claim(code, number).attemptId, requestId })
    },
    merge(time: number, code: string, target: string, number = 1) {
      const { attemptId, taskId } = claim(code, number)
      at(time, { type: 'attempt.merging', attemptId, taskId, verdicts: [passing], target })
    },
    resume(time: number, code: string, number = 1) {
      at(time, { type: 'attempt.resumed', attemptId: claim(code, number).attemptId })
    },
    fail(time: number, code: string, message: string, number = 1) {
      const failure = { class: 'gate-failed', message, evidence: '' } as const
      const verdicts = [{ ...passing, result: 'fail' } as const]
      const retryAt = time
      at(time, {
        type: 'attempt.failed',
        ...claim(code, number),
        failure,
        verdicts,
        charged: true,
        retryAt,
      })
    },
    succeed(time: number, code: string, number = 1) {
      const merged = null
      const verdicts = [passing]
      const reached = 'verified'
      at(time, {
        type: 'attempt.succeeded',
        ...claim(code, number),
        verdicts,
        merged,
        reached,
        released: [],
      })
    },
  }
}
