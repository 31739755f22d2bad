import { expect } from 'vitest'
import type { WorkOrderId } from '../id.ts'
import { errorPolicies } from '../limit/error-policy.ts'
import { type Board, pick, retryBaseMs, retryMaxMs } from './board.arbitrary.ts'
import type { Play } from './game-setup.arbitrary.ts'
import type { ErrorClass } from './state.ts'
import type { Claim, Order, Write } from './world.arbitrary.ts'

const never = 8_640_000_000_000_000
const classes = Object.keys(errorPolicies) as ErrorClass[]
const kinds = [
  'verify',
  'merge',
  'succeed',
  'fail',
  'interrupt',
  'yield',
  'wait',
  'resume',
  'output',
] as const
type Kind = (typeof kinds)[number]

/** What an attempt may write, by the state it is in; what comes more often is named twice. */
const moves: Readonly<Record<string, readonly Kind[]>> = {
  running: ['verify', 'verify', 'verify', 'fail', 'fail', 'interrupt', 'yield', 'wait', 'output'],
  waiting: ['resume', 'resume', 'fail', 'interrupt', 'yield', 'yield', 'output'],
  verifying: ['merge', 'merge', 'succeed', 'succeed', 'fail', 'fail', 'interrupt', 'output'],
  merging: ['succeed', 'succeed', 'fail', 'interrupt', 'output'],
}

const delayed = new Set<ErrorClass>(['transient', 'timeout', 'agent-crash'])

/** What workers do, also late ones, and what is noticed of those that are lost. */
export const attemptMoves = {
  /** Candidates in any order, also such that may not start, are stale or do not exist. */
  claim(board, a, b) {
    const orders = [...board.world.state.workOrders.values()]
    const turned = b % 3 === 0 ? orders.slice(-20) : []
    const candidates = [
      ...turned.map((order) => order.id).toReversed(),
      'order-unknown' as WorkOrderId,
      ...board.world.claimable(),
    ]
    const codes = candidates.flatMap((id) => {
      const order = board.world.state.workOrders.get(id)
      const task = order && board.world.state.tasks.get(order.taskId)
      return task?.workOrderId === id ? [task.code] : []
    })
    const workers = 1 + (a % 4)
    const expected = board.model.claim(codes, workers, board.world.now)
    const claims = board.world.claim(workers, candidates)
    expect(claims.map((claim) => claim.taskId)).toEqual(expected)
    for (const claim of claims) {
      if (!board.model.isReleased(board.model.of(claim.taskId))) {
        throw new Error(`${claim.taskId} started before what it waits for.`)
      }
      board.claims.push(claim)
      board.live.set(claim.taskId, claim)
    }
  },

  /** One write of a claim that may be long gone. */
  writeAttempt(board, a, b, c) {
    const claim =
      a % 5 === 0
        ? board.claims[(a >> 3) % Math.max(1, board.claims.length)]
        : pick([...board.live.values()], a >> 3)
    if (claim === undefined) return
    const code = claim.taskId
    const task = board.model.of(code)
    const state = board.live.get(code) === claim ? (task.work?.state ?? 'gone') : 'gone'
    const allowed = moves[state] ?? []
    // Mostly what may follow, now and then anything.
    const kind = (b % 7 < 5 ? pick(allowed, b >> 3) : undefined) ?? pick(kinds, b >> 3) ?? 'output'
    const failure = pick(classes, c) ?? 'permanent'
    const asked = `question ${c % 2}`
    const writes: Readonly<Record<Kind, Write>> = {
      verify: { type: 'attempt.verify', summary: 'done' },
      merge: { type: 'attempt.merge', verdicts: [], target: 'main', releases: board.setup.merges },
      succeed: {
        type: 'attempt.succeed',
        verdicts: [],
        merged: board.setup.merges ? 'commit' : null,
      },
      fail: {
        type: 'attempt.fail',
        failure: { class: failure, message: 'help', evidence: '' },
        verdicts: [],
        retryAfterMs: 5_000,
      },
      interrupt: { type: 'attempt.interrupt', reason: 'stopped' },
      yield: { type: 'attempt.yield', reason: 'later' },
      wait: { type: 'attempt.wait', request: { kind: 'question', text: asked, options: [] } },
      resume: { type: 'attempt.resume', load: board.world.load() },
      output: { type: 'attempt.output', stream: 'stdout', text: 'red' },
    }
    if (c % 11 === 0) {
      // The lease has lapsed, although nobody has noticed yet.
      const order = { ...claim, ...writes[kind], held: false } as Order
      expect(board.world.refuse(order).code).toBe('lease-lost')
      return
    }
    const decision = board.world.tryWrite(claim, writes[kind])
    if (!allowed.includes(kind)) {
      if (decision.ok) throw new Error(`A ${kind} of an attempt that is ${state} was accepted.`)
      expect(decision.refusal.code).toBe(state === 'gone' ? 'lease-lost' : 'conflict')
      return
    }
    if (kind === 'resume' && !board.model.hasRoom(code)) {
      if (decision.ok) throw new Error(`${code} came back although there is no room for it.`)
      expect(decision.refusal.code).toBe('not-allowed')
      return
    }
    if (!decision.ok) throw new Error(`A ${kind} was refused: ${decision.refusal.message}`)
    writeModel(board, kind, claim, failure, asked)
  },

  /** The usual way: from wherever the attempt stands to its success. */
  finishAttempt(board, a) {
    const claim = pick([...board.live.values()], a)
    if (claim === undefined) return
    const { state } = board.model.workOf(claim.taskId)
    const merged = board.setup.merges ? 'commit' : null
    if (state === 'waiting' && !resumes(board, claim)) return
    if (state === 'waiting' || state === 'running') {
      board.world.write(claim, { type: 'attempt.verify', summary: 'done' })
    }
    board.world.write(claim, { type: 'attempt.succeed', verdicts: [], merged })
    board.model.finish(claim.taskId, board.setup.merges ? 3 : 2)
  },

  lapse(board, a, b) {
    const claim = pick([...board.live.values()], a)
    if (claim === undefined) return
    const landed = board.setup.merges && b % 2 === 0
    const { state } = board.model.workOf(claim.taskId)
    const alive = b % 3 === 0 && isPatient(board, claim)
    board.world.lapse(claim, landed ? 'commit' : undefined, {
      ...(b % 3 === 0 && { [b % 2 === 0 ? 'alive' : 'waited']: [claim.attemptId] }),
    })
    if (landed && state === 'merging') board.model.finish(claim.taskId, 3)
    else if (alive) board.model.requeue(claim.taskId, board.world.now)
    else {
      board.model.lose(claim.taskId, board.world.now)
      board.lost.push({ claim, back: false })
    }
    // Nobody holds it any more: to reclaim it again does nothing.
    expect(board.world.lapse(claim).events).toEqual([])
  },

  /** A worker that was taken for lost is heard of again, more than once perhaps. */
  survive(board, a) {
    const lost = pick(board.lost, a)
    if (lost === undefined) return
    const { claim, back } = lost
    const { work } = board.model.of(claim.taskId)
    const isItsWork = board.world.task(claim.taskId).workOrderId === claim.workOrderId
    if (work !== null && isItsWork && !back && isPatient(board, claim)) {
      work.lost -= 1
      lost.back = true
    }
    board.world.do({ type: 'attempt.survive', attemptId: claim.attemptId })
  },
} satisfies Readonly<Record<string, Play>>

function writeModel(
  board: Board,
  kind: Kind,
  claim: Claim,
  failure: ErrorClass,
  asked: string,
): void {
  const code = claim.taskId
  const { model, world } = board
  const work = model.workOf(code)
  if (kind === 'verify') {
    work.state = 'verifying'
    model.of(code).status = 'review'
    model.reach(code, 1)
  } else if (kind === 'merge') {
    work.state = 'merging'
    if (board.setup.merges) model.reach(code, 2)
  } else if (kind === 'succeed') model.finish(code, board.setup.merges ? 3 : 2)
  else if (kind === 'fail') {
    model.fail(code, failure, world.now, retryAt(board, claim, failure), 5_000)
  } else if (kind === 'interrupt') model.requeue(code, world.now)
  else if (kind === 'yield') {
    const asks = work.state === 'waiting' && (model.questions.get(code)?.size ?? 0) > 0
    model.requeue(code, asks ? never : world.now)
  } else if (kind === 'wait') {
    work.state = 'waiting'
    model.ask(code, asked)
  } else if (kind === 'resume') work.state = 'running'
}

/** When the retry is due: the jitter is the world's, that it keeps its bounds is checked. */
function retryAt(board: Board, { taskId: code, workOrderId }: Claim, failure: ErrorClass): number {
  if (failure === 'human-needed') return never
  const { state: stands, rounds } = board.model.workOf(code)
  if (stands === 'merging' && (failure === 'merge-conflict' || failure === 'gate-failed')) {
    return rounds + 1 > board.model.maxRounds ? never : board.world.now
  }
  const { now, state } = board.world
  if (!delayed.has(failure)) return now
  const order = state.workOrders.get(workOrderId)
  if (order?.status !== 'queued') return now
  const failures = board.model.workOf(code).charged + 1
  const longest = Math.min(retryMaxMs, retryBaseMs * 2 ** (failures - 1))
  expect(order.notBefore - now).toBeGreaterThanOrEqual(longest / 2)
  expect(order.notBefore - now).toBeLessThanOrEqual(longest)
  return order.notBefore
}

/** Whether there was room for the attempt to go on. */
function resumes(board: Board, claim: Claim): boolean {
  const { ok } = board.world.tryWrite(claim, { type: 'attempt.resume', load: board.world.load() })
  expect(ok).toBe(board.model.hasRoom(claim.taskId))
  return ok
}

function isPatient(board: Board, { taskId }: Claim): boolean {
  return board.world.order(taskId).unchargedAttempts < 4 * board.model.maxLost
}
