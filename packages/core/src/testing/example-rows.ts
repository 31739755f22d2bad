import type { Event } from '../event/event.ts'
import type {
  AttemptId,
  BatchId,
  ProjectId,
  RequestId,
  SessionId,
  TaskId,
  WorkerId,
  WorkOrderId,
} from '../id.ts'
import type {
  Attempt,
  Batch,
  Dependency,
  Project,
  Request,
  Session,
  Task,
  Worker,
  WorkOrder,
} from '../staging/state.ts'

/** Whole rows for tests: what a test does not care about has a plain value. */

export function exampleProject(id: string, set: Partial<Project> = {}): Project {
  return {
    id: id as ProjectId,
    name: 'Greenhouse',
    settings: {
      barrier: 'none',
      maxParallelTasks: 10,
      releaseOn: 'verified',
      maxAttempts: 3,
      maxInterruptions: 3,
      retryBaseMs: 1_000,
      retryMaxMs: 60_000,
      stuckAfterMs: 600_000,
      stuckPolicy: 'hold',
    },
    pausedAt: null,
    deliveries: [],
    createdAt: 1,
    ...set,
  }
}

export function exampleTask(projectId: string, id: string, set: Partial<Task> = {}): Task {
  return {
    id: id as TaskId,
    projectId: projectId as ProjectId,
    code: id,
    position: 0,
    title: `Build ${id}`,
    description: '',
    type: 'feature',
    status: 'todo',
    priority: 'normal',
    epic: null,
    sprint: null,
    parent: null,
    estimate: null,
    touches: [],
    resources: {},
    repository: null,
    baseBranch: null,
    account: null,
    capabilities: [],
    context: null,
    contextReady: true,
    forced: false,
    batchId: null,
    stagedAt: null,
    stagePriority: 0,
    openDependencies: 0,
    reached: 'nothing',
    layer: 0,
    tail: 1,
    exclusiveKeys: [],
    touched: null,
    workOrderId: null,
    attemptCount: 0,
    summary: null,
    failure: null,
    revision: 1,
    createdAt: 1,
    startedAt: null,
    settledAt: null,
    ...set,
  }
}

export function exampleDependency(
  projectId: string,
  taskId: string,
  dependsOn: string,
  set: Partial<Dependency> = {},
): Dependency {
  return {
    projectId: projectId as ProjectId,
    taskId: taskId as TaskId,
    dependsOn: dependsOn as TaskId,
    releaseOn: 'verified',
    source: 'declared',
    confidence: 1,
    evidence: null,
    ...set,
  }
}

export function exampleBatch(projectId: string, id: string, set: Partial<Batch> = {}): Batch {
  return {
    id: id as BatchId,
    projectId: projectId as ProjectId,
    name: `Batch ${id}`,
    description: '',
    order: 1,
    maxParallelTasks: 10,
    autoPromote: true,
    promotedAt: 1,
    pausedAt: null,
    generation: 1,
    openLayer: null,
    stuckSince: null,
    stuckReason: null,
    stuckCount: 0,
    createdAt: 1,
    ...set,
  }
}

export function exampleWorkOrder(
  projectId: string,
  taskId: string,
  id: string,
  set: Partial<WorkOrder> = {},
): WorkOrder {
  return {
    id: id as WorkOrderId,
    projectId: projectId as ProjectId,
    taskId: taskId as TaskId,
    status: 'queued',
    fence: 0,
    attemptId: null,
    workerId: null,
    chargedAttempts: 0,
    unchargedAttempts: 0,
    interruptions: 0,
    mergeRounds: 0,
    notBefore: 0,
    enqueuedAt: 1,
    settledAt: null,
    ...set,
  }
}

export function exampleAttempt(order: WorkOrder, id: string, set: Partial<Attempt> = {}): Attempt {
  return {
    id: id as AttemptId,
    projectId: order.projectId,
    taskId: order.taskId,
    workOrderId: order.id,
    number: 1,
    workerId: 'worker-1' as WorkerId,
    fence: order.fence,
    status: 'running',
    startedAt: 1,
    waitingSince: null,
    waitedMs: 0,
    endedAt: null,
    summary: null,
    failure: null,
    verdicts: [],
    merged: null,
    mergeTarget: null,
    mergeQueuedAt: null,
    sessionId: null,
    ...set,
  }
}

export function exampleRequest(attempt: Attempt, id: string, set: Partial<Request> = {}): Request {
  return {
    id: id as RequestId,
    projectId: attempt.projectId,
    taskId: attempt.taskId,
    attemptId: attempt.id,
    kind: 'question',
    text: 'Which colour?',
    options: [],
    status: 'open',
    answer: null,
    answeredBy: null,
    askedAt: 1,
    answeredAt: null,
    ...set,
  }
}

export function exampleSession(attempt: Attempt, id: string, set: Partial<Session> = {}): Session {
  return {
    id: id as SessionId,
    projectId: attempt.projectId,
    agentSessionId: `agent-${id}`,
    workerId: attempt.workerId,
    taskId: attempt.taskId,
    attemptId: attempt.id,
    status: 'active',
    endReason: null,
    startedAt: 1,
    lastUsedAt: 1,
    endedAt: null,
    ...set,
  }
}

export function exampleWorker(projectId: string, id: string, set: Partial<Worker> = {}): Worker {
  return {
    id: id as WorkerId,
    projectId: projectId as ProjectId,
    name: id,
    status: 'idle',
    registeredAt: 1,
    ...set,
  }
}

/** An event that changes nothing by itself. */
export function exampleEvent(projectId: string, at = 1): Event {
  return { type: 'project.resumed', projectId: projectId as ProjectId, at }
}
