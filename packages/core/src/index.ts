export { CuelineError } from './error.ts'
export type { CuelineErrorCode, CuelineErrorOptions } from './error.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { randomIds } from './id.ts'
export type {
  AttemptId,
  BatchId,
  EventId,
  IdKind,
  IdOfKind,
  Ids,
  PlanId,
  ProjectId,
  RequestId,
  TaskId,
  WorkerId,
  WorkOrderId,
} from './id.ts'
