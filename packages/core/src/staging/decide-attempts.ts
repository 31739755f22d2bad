import { admission, type Load } from '../limit/admission.ts'
import { backOffMs, errorPolicies, type ErrorPolicy } from '../limit/error-policy.ts'
import { asksPerson, isMergeRound, roundsQuestion } from '../merge/merge-rounds.ts'
import type { AttemptWrite, CommandOf, CommandType, RequestDraft } from './command.ts'
import type { Decide } from './decide.ts'
import { type ClaimRows, dispatchOf, interrupt, succeed } from './decide-work.ts'
import {
  cancelRequests,
  type Draft,
  emit,
  furthest,
  type Refusal,
  release,
  releasedBy,
} from './draft.ts'
import type { Obstacle } from './readiness.ts'
import {
  type AttemptStatus,
  defaultAccount,
  type ProjectSettings,
  type Task,
  type Verdict,
} from './state.ts'
import { attemptTransitions, isAllowed } from './transitions.ts'

type AttemptCommand = Exclude<
  Extract<CommandType, `attempt.${string}` | `request.${string}`>,
  'attempt.survive'
>

/** The end of time in JavaScript dates: waits until somebody moves it. */
const untilAnswered = 8_640_000_000_000_000

export const attemptDecisions: { readonly [Type in AttemptCommand]: Decide<Type> } = {
  'attempt.wait': (draft, command) => {
    const claim = claimOf(draft, command, 'waiting')
    if ('code' in claim) return claim
    const known = findRequest(draft, claim.task, command.request)
    const requestId = known?.id ?? openRequest(draft, claim, command.request)
    emit(draft, { type: 'attempt.waiting', attemptId: claim.attempt.id, requestId })
  },

  'attempt.resume': (draft, command) => {
    const claim = claimOf(draft, command, 'running')
    if ('code' in claim) return claim
    const full = noRoom(draft, claim.task, command.load)
    if (full !== null) {
      return {
        code: 'not-allowed',
        message: `Task "${claim.task.code}" has its answer but waits for room: ${full.message}.`,
      }
    }
    emit(draft, { type: 'attempt.resumed', attemptId: claim.attempt.id })
  },

  'attempt.verify': (draft, command) => {
    const claim = claimOf(draft, command, 'verifying')
    if ('code' in claim) return claim
    const released = releasedBy(draft, claim.task, furthest(claim.task.reached, 'completed'))
    emit(draft, {
      type: 'attempt.verifying',
      attemptId: claim.attempt.id,
      taskId: claim.task.id,
      summary: command.summary,
      released,
    })
    release(
      draft,
      released.map(({ id }) => id),
    )
  },

  'attempt.merge': (draft, command) => {
    const claim = claimOf(draft, command, 'merging')
    if ('code' in claim) return claim
    const refusal = notVerified(claim.task, command.verdicts)
    if (refusal !== undefined) return refusal
    const { releases: releasing = false, verdicts, target } = command
    const released = releasing
      ? releasedBy(draft, claim.task, furthest(claim.task.reached, 'verified'))
      : null
    emit(draft, {
      type: 'attempt.merging',
      attemptId: claim.attempt.id,
      taskId: claim.task.id,
      verdicts,
      target,
      ...(released !== null && { released }),
    })
    release(draft, released?.map(({ id }) => id) ?? [])
  },

  'attempt.succeed': (draft, command) => {
    const claim = claimOf(draft, command, 'succeeded')
    if ('code' in claim) return claim
    const refusal = notVerified(claim.task, command.verdicts)
    if (refusal !== undefined) return refusal
    succeed(draft, claim, command)
  },

  'attempt.fail': (draft, command) => {
    const claim = claimOf(draft, command, 'failed')
    if ('code' in claim) return claim
    failAttempt(draft, claim, command)
  },

  'attempt.interrupt': (draft, command) => {
    const claim = claimOf(draft, command, 'interrupted')
    if ('code' in claim) return claim
    interrupt(draft, claim, command.reason, false)
  },

  'attempt.yield': (draft, command) => {
    const claim = claimOf(draft, command, 'yielded')
    if ('code' in claim) return claim
    // Whoever yields while it waits for a person comes back with the answer, not at once.
    const asks = claim.attempt.status === 'waiting' && hasOpenRequest(draft, claim.task)
    const retryAt = asks ? untilAnswered : draft.now + Math.max(0, command.retryAfterMs ?? 0)
    emit(draft, {
      type: 'attempt.yielded',
      attemptId: claim.attempt.id,
      taskId: claim.task.id,
      workOrderId: claim.order.id,
      reason: command.reason,
      retryAt,
    })
    draft.effects.push({ type: 'release-lease', workOrderIds: [claim.order.id] })
    if (!asks) draft.effects.push(dispatchOf(claim.order.id, claim.order.fence, retryAt))
  },

  'attempt.overlap': (draft, command) => {
    const claim = claimOf(draft, command)
    if ('code' in claim) return claim
    const { attemptId, taskId, with: other, paths, message } = command
    emit(draft, { type: 'attempt.overlapping', attemptId, taskId, with: other, paths, message })
  },

  'attempt.group': (draft, command) => {
    const claim = claimOf(draft, command)
    if ('code' in claim) return claim
    const { attemptId, taskId, attempts, landed, gateRuns, gateRunsSaved } = command
    const counts = { landed, gateRuns, gateRunsSaved }
    emit(draft, { type: 'attempt.grouped', attemptId, taskId, attempts, ...counts })
  },

  'attempt.output': (draft, command) => {
    const claim = claimOf(draft, command)
    if ('code' in claim) return claim
    const { attemptId, taskId, stream, text } = command
    emit(draft, { type: 'attempt.output', attemptId, taskId, stream, text })
  },

  'request.answer': (draft, { requestId, answer, by }) => {
    const request = draft.slice.requests.get(requestId)
    if (request === undefined) {
      return { code: 'not-found', message: `Request "${requestId}" does not exist.` }
    }
    if (request.status !== 'open') {
      return {
        code: 'conflict',
        message: `Request "${requestId}" is ${request.status}${request.answer === null ? '' : ` with "${request.answer}"`}; the first answer counts.`,
      }
    }
    if (request.options.length > 0 && !request.options.includes(answer)) {
      return {
        code: 'invalid-input',
        message: `"${answer}" is not one of the options of request "${requestId}". Answer with one of: ${request.options.map((option) => `"${option}"`).join(', ')}.`,
      }
    }
    emit(draft, { type: 'request.answered', requestId, answer, by })
    draft.effects.push({ type: 'dispatch', orders: [] })
  },
}

/** Gates fail closed: one that does not pass, or none although the task asks for some, stops here. */
function notVerified(task: Task, verdicts: readonly Verdict[]): Refusal | undefined {
  const failed = verdicts.find((verdict) => verdict.result !== 'pass')
  if (failed !== undefined) {
    return {
      code: 'not-allowed',
      message: `Task "${task.code}" cannot succeed: gate "${failed.gate}" says ${failed.result}. Only passing gates verify.`,
    }
  }
  const asked = task.context?.gates.length ?? 0
  if (asked > 0 && verdicts.length === 0) {
    return {
      code: 'not-allowed',
      message: `Task "${task.code}" cannot succeed: it asks for ${asked} gate(s), and none has judged its work.`,
    }
  }
  return undefined
}

/** A cap that others have filled while the attempt waited; holds do not stop what has begun. */
function noRoom(draft: Draft, task: Task, load: Load): Obstacle | null {
  const { project } = draft.slice
  const batch = task.batchId === null ? undefined : draft.slice.batches.get(task.batchId)
  if (project === null || batch === undefined) return null
  const order = task.workOrderId === null ? undefined : draft.slice.workOrders.get(task.workOrderId)
  return admission(task, batch, project, load, new Map(), draft.now, order)
}

/** The rows of a claim that still holds and may go on to `to`, or why not. */
export function claimOf(
  draft: Draft,
  write: AttemptWrite,
  to?: AttemptStatus,
): ClaimRows | Refusal {
  const task = draft.slice.tasks.get(write.taskId)
  const order = draft.slice.workOrders.get(write.workOrderId)
  const attempt = draft.slice.attempts.get(write.attemptId)
  if (
    task === undefined ||
    attempt?.taskId !== write.taskId ||
    attempt.workOrderId !== write.workOrderId
  ) {
    return {
      code: 'not-found',
      message: `Attempt "${write.attemptId}" of task "${write.taskId}" and work order "${write.workOrderId}" does not exist.`,
    }
  }
  // A work order that the task has no more is not loaded: it has settled, so its claim is gone.
  if (
    !write.held ||
    order?.status !== 'claimed' ||
    order.fence !== write.fence ||
    order.attemptId !== write.attemptId
  ) {
    const now = order === undefined ? 'the work order has settled' : `now ${order.fence}`
    return {
      code: 'lease-lost',
      message: `Attempt ${attempt.number} of task "${task.code}" lost its lease (fence ${write.fence}, ${now}); what it brings is not stored.`,
    }
  }
  if (
    to !== undefined &&
    (attempt.status === to || !isAllowed(attemptTransitions, attempt.status, to))
  ) {
    return {
      code: 'conflict',
      message: `Attempt ${attempt.number} of task "${task.code}" is ${attempt.status} and cannot become ${to}.`,
    }
  }
  return { task, order, attempt }
}

function failAttempt(draft: Draft, claim: ClaimRows, command: CommandOf<'attempt.fail'>): void {
  const { task, order, attempt } = claim
  const { failure, verdicts, touched } = command
  const settings = draft.slice.project?.settings
  if (settings === undefined) return
  const isRound = isMergeRound(attempt.status, failure.class)
  const mergeRounds = order.mergeRounds + (isRound ? 1 : 0)
  const policy = isRound ? roundPolicy(mergeRounds, settings) : errorPolicies[failure.class]
  const charged = order.chargedAttempts + (policy.charged ? 1 : 0)
  const gone = policy.then === 'stop' || (policy.charged && charged >= settings.maxAttempts)
  const holdMs = command.retryAfterMs ?? policy.holdMs
  let retryAt: number | null = draft.now
  if (gone) retryAt = null
  else if (policy.then === 'ask') retryAt = untilAnswered
  else if (policy.backOff) retryAt = draft.now + backOffMs(charged, settings, draft.random)

  if (policy.then === 'ask' && !gone) {
    const text = isRound ? roundsQuestion(task.code, mergeRounds, failure) : failure.message
    const request: RequestDraft = { kind: 'question', text, options: [] }
    if (findRequest(draft, task, request) === undefined) openRequest(draft, claim, request)
  }
  emit(draft, {
    type: 'attempt.failed',
    attemptId: attempt.id,
    taskId: task.id,
    workOrderId: order.id,
    failure,
    verdicts,
    charged: policy.charged,
    ...(isRound && { mergeRounds }),
    ...(touched && { touched }),
    retryAt,
  })
  draft.effects.push({ type: 'release-lease', workOrderIds: [order.id] })
  if (policy.then === 'hold-account') {
    holdAccount(draft, task.account ?? defaultAccount, draft.now + holdMs, failure.message)
  }
  if (retryAt === null) {
    cancelRequests(draft, [task.id], 'the task has failed')
    emit(draft, { type: 'task.failed', taskId: task.id, failure })
  } else if (retryAt < untilAnswered) {
    draft.effects.push(dispatchOf(order.id, order.fence, retryAt))
  }
}

/** Back to the owner, to a review, and at last to a person: never a silent failure. */
function roundPolicy(rounds: number, settings: ProjectSettings): ErrorPolicy {
  const then = asksPerson(rounds, settings) ? 'ask' : 'retry'
  return { then, charged: false, backOff: false, holdMs: 0 }
}

/** A limit that ends sooner than the one that is known changes nothing. */
function holdAccount(draft: Draft, account: string, until: number, reason: string): void {
  const known = draft.slice.holds.get(account)
  if (known !== undefined && known.until >= until) return
  emit(draft, { type: 'account.held', projectId: draft.projectId, account, until, reason })
}

function openRequest(draft: Draft, claim: ClaimRows, request: RequestDraft) {
  const id = draft.ids('request')
  emit(draft, {
    type: 'request.opened',
    request: {
      ...request,
      id,
      projectId: draft.projectId,
      taskId: claim.task.id,
      attemptId: claim.attempt.id,
      status: 'open',
      answer: null,
      answeredBy: null,
      askedAt: draft.now,
      answeredAt: null,
    },
  })
  return id
}

function hasOpenRequest(draft: Draft, task: Task): boolean {
  return [...draft.slice.requests.values()].some(
    (request) => request.taskId === task.id && request.status === 'open',
  )
}

/** The same question of the same task that is still open: asked once, however many attempts ask. */
function findRequest(draft: Draft, task: Task, wanted: RequestDraft) {
  return [...draft.slice.requests.values()].find(
    (request) =>
      request.taskId === task.id &&
      request.status === 'open' &&
      request.kind === wanted.kind &&
      request.text === wanted.text,
  )
}
