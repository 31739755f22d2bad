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

/** How many ids of one millisecond can be told apart by their order. */
const mostPerMs = 0xfff

/** The first half of the ids of this millisecond, without the number that follows. */
let head = ''
let headMs = 0
let number = mostPerMs

/**
 * Ids as UUIDs of version 7 (RFC 9562, method 1), with a prefix that tells a reader what they name:
 * those that this process makes later sort behind those before, whatever its clock does, and 62 random
 * bits keep them apart from those of others. Rows that are made together lie together in the indexes of
 * a database; random ids would touch as many pages as there are rows.
 */
export const randomIds: Ids = <Kind extends IdKind>(kind: Kind) => {
  const now = Date.now()
  if (now > headMs || number >= mostPerMs) {
    headMs = Math.max(now, headMs + 1)
    const time = headMs.toString(16).padStart(12, '0')
    head = `${time.slice(0, 8)}-${time.slice(8)}-7`
    number = 0
  }
  number += 1
  const random = globalThis.crypto.randomUUID().slice(18)
  const uuid = `${head}${number.toString(16).padStart(3, '0')}${random}`
  // The brand exists only in types, so an assertion is the one way to put it on.
  return `${prefixes[kind]}${uuid}` as IdOfKind[Kind]
}
