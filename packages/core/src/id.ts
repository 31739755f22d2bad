declare const brand: unique symbol
/** A string that was checked or made as an id of one kind; costs nothing at run time. */
type Id<Kind extends string> = string & { readonly [brand]: Kind }

export type ProjectId = Id<'project'>
export type TaskId = Id<'task'>
export type BatchId = Id<'batch'>
export type WorkOrderId = Id<'workOrder'>
export type AttemptId = Id<'attempt'>
export type WorkerId = Id<'worker'>
export type RequestId = Id<'request'>
export type PlanId = Id<'plan'>
export type EventId = Id<'event'>
export type SessionId = Id<'session'>

export interface IdOfKind {
  readonly project: ProjectId
  readonly task: TaskId
  readonly batch: BatchId
  readonly workOrder: WorkOrderId
  readonly attempt: AttemptId
  readonly worker: WorkerId
  readonly request: RequestId
  readonly plan: PlanId
  readonly event: EventId
  readonly session: SessionId
}

export type IdKind = keyof IdOfKind

/** Makes a new id that was never given before; an argument wherever ids are needed. */
export type Ids = <Kind extends IdKind>(kind: Kind) => IdOfKind[Kind]

const prefixes: Readonly<Record<IdKind, string>> = {
  project: 'project_',
  task: 'task_',
  batch: 'batch_',
  workOrder: 'order_',
  attempt: 'attempt_',
  worker: 'worker_',
  request: 'request_',
  plan: 'plan_',
  event: 'event_',
  session: 'session_',
}

/** Ids from 122 random bits, with a prefix that tells a reader what they name. */
export const randomIds: Ids = <Kind extends IdKind>(kind: Kind) =>
  // The brand exists only in types, so an assertion is the one way to put it on.
  `${prefixes[kind]}${globalThis.crypto.randomUUID()}` as IdOfKind[Kind]
