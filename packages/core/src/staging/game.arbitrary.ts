import fc from 'fast-check'
import { expect } from 'vitest'
import type { RequestId, WorkOrderId } from '../id.ts'
import type { Command } from './command.ts'
import { DecisionChecks } from './decision-checks.arbitrary.ts'
import { NaiveModel, type ModelTask } from './naive-model.arbitrary.ts'
import { countOpenDependencies } from './readiness.ts'
import type { Barrier, ErrorClass, ReleaseOn, StuckPolicy } from './state.ts'
import { batchId, type Claim, edge, newTask, taskId, World } from './world.arbitrary.ts'
import type { Order, Write } from './world.arbitrary.ts'

/** One step of a game: what to do, and three numbers that choose on what. */
export type Move = readonly [kind: number, a: number, b: number, c: number]

export interface Setup {
  readonly barrier: Barrier
  readonly stuckPolicy: StuckPolicy
  /** Whether the workspace merges: only then are there dependencies on merged work. */
  readonly merges: boolean
  readonly cap: number
  readonly maxInterruptions: number
  readonly tasks: number
  readonly batches: number
  /** Bits: which of the tasks before it each task waits for. */
  readonly edges: readonly number[]
}

export const anySetup: fc.Arbitrary<Setup> = fc.record({
  barrier: fc.constantFrom('none', 'stage', 'layer'),
  stuckPolicy: fc.constantFrom('retry', 'skip', 'hold'),
  merges: fc.boolean(),
  cap: fc.integer({ min: 1, max: 6 }),
  maxInterruptions: fc.constantFrom(2, 3),
  tasks: fc.integer({ min: 1, max: 12 }),
  batches: fc.integer({ min: 1, max: 4 }),
  edges: fc.array(fc.noBias(fc.nat(4095)), { minLength: 12, maxLength: 12 }),
})

export function anyMoves(maxLength: number): fc.Arbitrary<Move[]> {
  const number = fc.noBias(fc.nat(0xffff))
  return fc.array(fc.tuple(number, number, number, number), {
    minLength: 1,
    maxLength,
    size: 'max',
  })
}

const never = 8_640_000_000_000_000
const stuckAfterMs = 600_000
const retryBaseMs = 1_000
const retryMaxMs = 60_000
const accounts = [null, null, 'oak', 'elm']
const classes: readonly ErrorClass[] = [
  'transient',
  'rate-limit',
  'quota',
  'timeout',
  'agent-crash',
  'invalid-output',
  'gate-failed',
  'merge-conflict',
  'human-needed',
  'cancelled',
  'permanent',
]
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
const ranks = ['nothing', 'completed', 'verified', 'merged']

/** The same moves made in a checked world and in the naive model, compared after each of them. */
export class Game {
  readonly checks = new DecisionChecks()
  readonly world: World
  readonly model = new NaiveModel()
  /** Every claim that was ever given, live or not. */
  readonly claims: Claim[] = []
  readonly live = new Map<string, Claim>()
  readonly #lost: { readonly claim: Claim; back: boolean }[] = []
  readonly #setup: Setup
  /** Running tasks with a key in common, by their codes. */
  #beside: ReadonlySet<string> = new Set()
  #policy: StuckPolicy
  #names = 0

  constructor(setup: Setup) {
    this.#setup = setup
    this.#policy = setup.stuckPolicy
    this.world = new World(
      {
        barrier: setup.barrier,
        stuckPolicy: setup.stuckPolicy,
        maxParallelTasks: setup.cap,
        maxInterruptions: setup.maxInterruptions,
        stuckAfterMs,
        retryBaseMs,
        retryMaxMs,
        mergeRounds: this.model.maxRounds,
      },
      this.checks,
    )
    this.model.layered = setup.barrier === 'layer'
    this.model.cap = setup.cap
    this.model.maxLost = setup.maxInterruptions
    for (let index = 0; index < setup.tasks; index++) this.#addTask(setup.edges[index] ?? 0)
    for (let index = 0; index < setup.batches; index++) this.#createBatch(1 + ((index * 2) % 5))
    this.compare('the start')
  }

  play(moves: readonly Move[]): void {
    for (const move of moves) this.step(move)
    this.checks.checkReplay(this.world.state)
  }

  step(move: Move): void {
    const [kind, a, b, c] = move
    const actions = this.#actions
    const name = actions[kind % actions.length] ?? 'claim'
    this[name](a, b, c)
    this.compare(name)
  }

  /** What may happen, the usual things more often. */
  readonly #actions = [
    ...repeat(5, 'stageSome'),
    ...repeat(4, 'promote'),
    ...repeat(8, 'advance'),
    ...repeat(14, 'claim'),
    ...repeat(40, 'writeAttempt'),
    ...repeat(5, 'finishAttempt'),
    ...repeat(4, 'lapse'),
    ...repeat(2, 'survive'),
    ...repeat(4, 'answer'),
    ...repeat(3, 'retry'),
    ...repeat(8, 'tick'),
    ...repeat(2, 'pauseBatch'),
    ...repeat(2, 'pauseProject'),
    ...repeat(2, 'plan'),
    ...repeat(2, 'update'),
    'unstage',
    'deleteBatch',
    'createBatch',
    'cancel',
    'complete',
    'depend',
    'configure',
    'releaseAccount',
    'reorder',
    ...repeat(2, 'addTask'),
  ] as const

  stageSome(a: number, b: number, c: number): void {
    const name = this.#batch(b)
    if (name === undefined) return
    // Mostly what is not staged yet: to move tasks between batches takes their work away.
    const codes = this.#some(a).filter((code) => c % 5 === 0 || this.model.of(code).batch === null)
    const force = c % 4 === 0
    const { results } = this.world.do({
      type: 'tasks.stage',
      batchId: batchId(name),
      tasks: codes.map((code) => ({ id: taskId(code), stagePriority: c % 3 })),
      force,
    })
    const staged = codes.filter((code) => ['todo', 'staged'].includes(this.model.of(code).status))
    expect(results.filter((result) => result.ok).map((result) => result.taskId)).toEqual(staged)
    for (const code of staged) {
      Object.assign(this.model.of(code), { status: 'staged', batch: name, forced: force })
    }
  }

  unstage(a: number): void {
    const codes = this.#some(a)
    const { results } = this.world.do({ type: 'tasks.unstage', taskIds: codes.map(taskId) })
    const staged = codes.filter((code) => this.model.of(code).status === 'staged')
    expect(results.filter((result) => result.ok).map((result) => result.taskId)).toEqual(staged)
    for (const code of staged) this.model.unstage(code)
  }

  promote(_a: number, b: number): void {
    const name = this.#batch(b)
    if (name === undefined) return
    const order = {
      type: 'batch.promote',
      batchId: batchId(name),
      auto: false,
      reason: '',
    } as const
    if (this.model.batchOf(name).promoted) {
      expect(this.world.refuse(order).code).toBe('conflict')
      return
    }
    this.world.do(order)
    this.model.promote(name)
  }

  advance(a: number): void {
    for (let round = 0; round < 60; round += 1) {
      const commands = this.world.advanceCommands(a % 5)
      let moved = false
      for (const command of commands) {
        const { projectId: _, ...order } = command
        const { events } = this.world.do(order)
        this.#advanceModel(command)
        this.compare(command.type)
        moved ||= events.some((event) => event.type !== 'batch.stuck')
      }
      if (!moved) return
    }
    throw new Error('Advancing does not come to rest.')
  }

  #advanceModel(command: Command): void {
    if (command.type === 'batch.open-layer') this.model.openLayer(command.batchId, command.layer)
    else if (command.type === 'batch.promote') {
      const { batchId: name, awaitedBy } = command
      if (this.model.batchOf(name).promoted) return
      if (awaitedBy === undefined || this.model.isAwaited(name, awaitedBy)) this.model.promote(name)
    } else if (command.type === 'batch.unstick') {
      const patience = command.silentMs >= stuckAfterMs
      this.model.unstick(command.batchId, this.#policy, patience, command.idle)
    } else throw new Error(`Advancing asked for ${command.type}.`)
  }

  /** Candidates in any order, also such that may not start, are stale or do not exist. */
  claim(a: number, b: number): void {
    const orders = [...this.world.state.workOrders.values()]
    const turned = b % 3 === 0 ? orders.slice(-20) : []
    const candidates = [
      ...turned.map((order) => order.id).toReversed(),
      'order-unknown' as WorkOrderId,
      ...this.world.claimable(),
    ]
    const codes = candidates.flatMap((id) => {
      const order = this.world.state.workOrders.get(id)
      const task = order && this.world.state.tasks.get(order.taskId)
      return task?.workOrderId === id ? [task.code] : []
    })
    const workers = 1 + (a % 4)
    const expected = this.model.claim(codes, workers, this.world.now)
    const claims = this.world.claim(workers, candidates)
    expect(claims.map((claim) => claim.taskId)).toEqual(expected)
    for (const claim of claims) {
      if (!this.model.isReleased(this.model.of(claim.taskId))) {
        throw new Error(`${claim.taskId} started before what it waits for.`)
      }
      this.claims.push(claim)
      this.live.set(claim.taskId, claim)
    }
  }

  /** One write of a claim that may be long gone. */
  writeAttempt(a: number, b: number, c: number): void {
    const claim =
      a % 5 === 0
        ? this.claims[(a >> 3) % Math.max(1, this.claims.length)]
        : pick([...this.live.values()], a >> 3)
    if (claim === undefined) return
    const code = claim.taskId
    const task = this.model.of(code)
    const state = this.live.get(code) === claim ? (task.work?.state ?? 'gone') : 'gone'
    const allowed = moves[state] ?? []
    // Mostly what may follow, now and then anything.
    const kind = (b % 7 < 5 ? pick(allowed, b >> 3) : undefined) ?? pick(kinds, b >> 3) ?? 'output'
    const failure = pick(classes, c) ?? 'permanent'
    const asked = `question ${c % 2}`
    const writes: Readonly<Record<Kind, Write>> = {
      verify: { type: 'attempt.verify', summary: 'done' },
      merge: { type: 'attempt.merge', verdicts: [], target: 'main', releases: this.#setup.merges },
      succeed: {
        type: 'attempt.succeed',
        verdicts: [],
        merged: this.#setup.merges ? 'commit' : null,
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
      resume: { type: 'attempt.resume', load: this.world.load() },
      output: { type: 'attempt.output', stream: 'stdout', text: 'red' },
    }
    if (c % 11 === 0) {
      // The lease has lapsed, although nobody has noticed yet.
      const order = { ...claim, ...writes[kind], held: false } as Order
      expect(this.world.refuse(order).code).toBe('lease-lost')
      return
    }
    const decision = this.world.tryWrite(claim, writes[kind])
    if (!allowed.includes(kind)) {
      if (decision.ok) throw new Error(`A ${kind} of an attempt that is ${state} was accepted.`)
      expect(decision.refusal.code).toBe(state === 'gone' ? 'lease-lost' : 'conflict')
      return
    }
    if (kind === 'resume' && !this.model.hasRoom(code)) {
      if (decision.ok) throw new Error(`${code} came back although there is no room for it.`)
      expect(decision.refusal.code).toBe('not-allowed')
      return
    }
    if (!decision.ok) throw new Error(`A ${kind} was refused: ${decision.refusal.message}`)
    this.#writeModel(kind, claim, failure, asked)
  }

  #writeModel(kind: Kind, claim: Claim, failure: ErrorClass, asked: string): void {
    const code = claim.taskId
    const { model, world } = this
    const work = model.workOf(code)
    if (kind === 'verify') {
      work.state = 'verifying'
      model.of(code).status = 'review'
      model.reach(code, 1)
    } else if (kind === 'merge') {
      work.state = 'merging'
      if (this.#setup.merges) model.reach(code, 2)
    } else if (kind === 'succeed') model.finish(code, this.#setup.merges ? 3 : 2)
    else if (kind === 'fail') {
      model.fail(code, failure, world.now, this.#retryAt(claim, failure), 5_000)
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
  #retryAt({ taskId: code, workOrderId }: Claim, failure: ErrorClass): number {
    if (failure === 'human-needed') return never
    const { state: stands, rounds } = this.model.workOf(code)
    if (stands === 'merging' && (failure === 'merge-conflict' || failure === 'gate-failed')) {
      return rounds + 1 > this.model.maxRounds ? never : this.world.now
    }
    const { now, state } = this.world
    if (!delayed.has(failure)) return now
    const order = state.workOrders.get(workOrderId)
    if (order?.status !== 'queued') return now
    const failures = this.model.workOf(code).charged + 1
    const longest = Math.min(retryMaxMs, retryBaseMs * 2 ** (failures - 1))
    expect(order.notBefore - now).toBeGreaterThanOrEqual(longest / 2)
    expect(order.notBefore - now).toBeLessThanOrEqual(longest)
    return order.notBefore
  }

  /** The usual way: from wherever the attempt stands to its success. */
  finishAttempt(a: number): void {
    const claim = pick([...this.live.values()], a)
    if (claim === undefined) return
    const { state } = this.model.workOf(claim.taskId)
    const merged = this.#setup.merges ? 'commit' : null
    if (state === 'waiting' && !this.#resumes(claim)) return
    if (state === 'waiting' || state === 'running') {
      this.world.write(claim, { type: 'attempt.verify', summary: 'done' })
    }
    this.world.write(claim, { type: 'attempt.succeed', verdicts: [], merged })
    this.model.finish(claim.taskId, this.#setup.merges ? 3 : 2)
  }

  /** Whether there was room for the attempt to go on. */
  #resumes(claim: Claim): boolean {
    const { ok } = this.world.tryWrite(claim, { type: 'attempt.resume', load: this.world.load() })
    expect(ok).toBe(this.model.hasRoom(claim.taskId))
    return ok
  }

  lapse(a: number, b: number): void {
    const claim = pick([...this.live.values()], a)
    if (claim === undefined) return
    const landed = this.#setup.merges && b % 2 === 0
    const { state } = this.model.workOf(claim.taskId)
    const alive = b % 3 === 0 && this.#isPatient(claim)
    this.world.lapse(claim, landed ? 'commit' : undefined, {
      ...(b % 3 === 0 && { [b % 2 === 0 ? 'alive' : 'waited']: [claim.attemptId] }),
    })
    if (landed && state === 'merging') this.model.finish(claim.taskId, 3)
    else if (alive) this.model.requeue(claim.taskId, this.world.now)
    else {
      this.model.lose(claim.taskId, this.world.now)
      this.#lost.push({ claim, back: false })
    }
    // Nobody holds it any more: to reclaim it again does nothing.
    expect(this.world.lapse(claim).events).toEqual([])
  }

  /** A worker that was taken for lost is heard of again, more than once perhaps. */
  survive(a: number): void {
    const lost = pick(this.#lost, a)
    if (lost === undefined) return
    const { claim, back } = lost
    const { work } = this.model.of(claim.taskId)
    const isItsWork = this.world.task(claim.taskId).workOrderId === claim.workOrderId
    if (work !== null && isItsWork && !back && this.#isPatient(claim)) {
      work.lost -= 1
      lost.back = true
    }
    this.world.do({ type: 'attempt.survive', attemptId: claim.attemptId })
  }

  #isPatient({ taskId }: Claim): boolean {
    return this.world.order(taskId).unchargedAttempts < 4 * this.model.maxLost
  }

  answer(a: number): void {
    const open = [...this.world.state.requests.values()].filter((r) => r.status === 'open')
    const request = pick(open, a)
    if (request === undefined) return
    this.world.answer(request.id, 'green')
    this.model.answer(request.taskId, request.text, this.world.now)
    const second = {
      type: 'request.answer',
      requestId: request.id,
      answer: 'red',
      by: 'Bob',
    } as const
    expect(this.world.refuse(second).code).toBe('conflict')
    const unknown = { ...second, requestId: 'request-unknown' as RequestId }
    expect(this.world.refuse(unknown).code).toBe('not-found')
  }

  retry(a: number): void {
    const codes = this.#some(a)
    this.world.do({ type: 'tasks.retry', taskIds: codes.map(taskId) })
    for (const code of codes) {
      if (['failed', 'cancelled'].includes(this.model.of(code).status)) this.model.retry(code)
    }
  }

  tick(a: number, _b: number, c: number): void {
    this.world.now += c % 4 === 0 ? stuckAfterMs : a % 70_000
  }

  pauseProject(a: number): void {
    this.model.paused = a % 5 === 0
    this.world.do({ type: this.model.paused ? 'project.pause' : 'project.resume' })
  }

  pauseBatch(a: number, b: number): void {
    const name = this.#batch(b)
    if (name === undefined) return
    const batch = this.model.batchOf(name)
    batch.paused = a % 4 === 0
    if (!batch.paused) batch.stuck = false
    this.world.do({ type: batch.paused ? 'batch.pause' : 'batch.resume', batchId: batchId(name) })
  }

  deleteBatch(_a: number, b: number): void {
    const name = this.#batch(b)
    if (name === undefined) return
    const order = { type: 'batch.delete', batchId: batchId(name) } as const
    const tasks = [...this.model.tasks].filter(([, task]) => task.batch === name)
    if (tasks.some(([, { status }]) => status === 'doing' || status === 'review')) {
      expect(this.world.refuse(order).code).toBe('not-allowed')
      return
    }
    this.world.do(order)
    for (const [code, task] of tasks) if (task.status === 'staged') this.model.unstage(code)
    this.model.batches.delete(name)
  }

  createBatch(a: number): void {
    if (this.model.batches.size < 5) this.#createBatch(1 + (a % 4))
  }

  #createBatch(cap: number): void {
    const name = `batch ${++this.#names}`
    this.world.create(name, { maxParallelTasks: cap, autoPromote: cap !== 3 })
    this.model.batches.set(name, {
      promoted: false,
      paused: false,
      openLayer: Infinity,
      cap,
      stuckCount: 0,
      stuck: false,
    })
  }

  cancel(a: number): void {
    const code = this.#one(a)
    const { status } = this.model.of(code)
    const order = { type: 'task.cancel', taskId: taskId(code), reason: 'no longer wanted' } as const
    if (status === 'done') expect(this.world.refuse(order).code).toBe('not-allowed')
    else this.world.do(order)
    if (status !== 'done' && status !== 'cancelled') this.model.settle(code, 'cancelled')
  }

  complete(a: number): void {
    const code = this.#one(a)
    const { status } = this.model.of(code)
    const order = { type: 'task.complete', taskId: taskId(code), summary: 'by hand' } as const
    if (status === 'cancelled') expect(this.world.refuse(order).code).toBe('not-allowed')
    else this.world.do(order)
    if (status !== 'done' && status !== 'cancelled') this.model.finish(code, 3)
  }

  depend(a: number, b: number, c: number): void {
    const code = this.#one(a)
    const targets = this.#some(b & c).filter((target) => target !== code)
    const releaseOn = this.#releaseOn(c)
    const order = {
      type: 'task.depend',
      taskId: taskId(code),
      dependencies: targets.map((target) => edge(code, target, releaseOn)),
    } as const
    const task = this.model.of(code)
    const settled = task.status === 'done' || task.status === 'cancelled'
    const running = task.status === 'doing' || task.status === 'review'
    const adds = targets.some((target) => task.needs.get(target) !== releaseOn)
    if (settled || (running && adds)) {
      expect(this.world.refuse(order).code).toBe('not-allowed')
    } else if (targets.some((target) => this.model.waitsFor(target, code))) {
      expect(this.world.refuse(order).code).toBe('conflict')
    } else {
      this.world.do(order)
      task.needs = new Map(targets.map((target) => [target, releaseOn]))
    }
  }

  update(a: number, b: number): void {
    const code = this.#one(a)
    const task = this.model.of(code)
    const contextReady = b % 3 !== 0
    const order = { type: 'task.update', taskId: taskId(code), set: { contextReady } } as const
    if (task.status === 'doing' || task.status === 'review') {
      expect(this.world.refuse(order).code).toBe('not-allowed')
      return
    }
    this.world.do(order)
    task.complete = contextReady
  }

  /** Layers as a planner gives them, or such that contradict the dependencies; and any keys. */
  plan(a: number, b: number, c: number): void {
    const layers = new Map<string, number>()
    for (const [code, task] of this.model.tasks) {
      const above = [...task.needs.keys()].map((need) => layers.get(need) ?? 0)
      layers.set(code, b % 2 === 0 ? Math.max(-1, ...above) + 1 : (a >> (layers.size % 12)) % 3)
    }
    for (const [index, code] of [...layers.keys()].entries()) {
      const keys = ['a', 'b', '__proto__'].filter(
        (_, nth) => (c >> ((index * 3 + nth) % 16)) % 4 === 0,
      )
      this.model.of(code).keys = new Set(c % 3 === 0 ? [] : keys)
    }
    const tasks = [...layers].map(([code, layer]) => {
      const keys = [...this.model.of(code).keys]
      return { id: taskId(code), layer, tail: 0, ...(keys.length > 0 && { exclusiveKeys: keys }) }
    })
    this.world.do({ type: 'tasks.plan', planId: 'plan-1' as never, revision: 1, hash: '', tasks })
    for (const [code, layer] of layers) this.model.of(code).layer = layer
  }

  configure(a: number, b: number): void {
    this.#policy = pick(['retry', 'skip', 'hold'] as const, a) ?? 'hold'
    this.model.cap = 1 + (b % 6)
    const settings = { stuckPolicy: this.#policy, maxParallelTasks: this.model.cap }
    this.world.do({ type: 'project.update', settings })
  }

  releaseAccount(a: number): void {
    const account = pick(accounts, a) ?? 'default'
    this.world.do({ type: 'account.release', account })
    this.model.holds.delete(account)
  }

  reorder(a: number): void {
    const names = [...this.model.batches.keys()]
    const first = pick(names, a)
    if (first === undefined) return
    this.world.do({ type: 'batches.reorder', order: [batchId(first)] })
    const orders = this.world.batches().map(({ batch }) => batch.order)
    expect(orders).toEqual(names.map((_, index) => index + 1))
    expect(this.world.batches()[0]?.batch.id).toBe(first)
  }

  addTask(a: number): void {
    if (this.model.tasks.size < 20) this.#addTask(a)
  }

  #addTask(edges: number): void {
    const position = this.model.tasks.size
    const code = `task ${position}`
    const releaseOn = this.#releaseOn(edges)
    const needs = this.#some(edges & (edges >> 3) & ((edges >> 5) | 0x421))
    const account = pick(accounts, edges >> 2) ?? null
    const contextReady = edges % 9 !== 0
    this.world.do({
      type: 'tasks.add',
      tasks: [newTask(code, position, { account, contextReady })],
      dependencies: needs.map((need) => edge(code, need, releaseOn)),
    })
    this.model.tasks.set(code, {
      status: 'todo',
      batch: null,
      reached: 0,
      complete: contextReady,
      forced: false,
      layer: 0,
      account: account ?? 'default',
      keys: new Set(),
      needs: new Map(needs.map((need) => [need, releaseOn])),
      work: null,
    })
  }

  /** Nobody interferes any more, and every agent succeeds: all that is staged gets done. */
  drain(): void {
    const { world, model } = this
    const all = [...model.tasks.keys()].map(taskId)
    world.do({ type: 'project.resume' })
    world.do({ type: 'project.update', settings: { stuckPolicy: 'hold' } })
    if (model.batches.size === 0) this.#createBatch(2)
    for (const name of model.batches.keys()) {
      world.do({ type: 'batch.update', batchId: batchId(name), set: { autoPromote: true } })
      world.do({ type: 'batch.resume', batchId: batchId(name) })
    }
    world.do({ type: 'tasks.retry', taskIds: all })
    const [last] = [...model.batches.keys()].toReversed()
    for (const id of all) {
      const task = world.task(id)
      if (task.status === 'staged' || task.status === 'todo') {
        world.do({ type: 'task.update', taskId: id, set: { contextReady: true } })
      }
      if (task.status === 'todo') world.stage(last ?? '', [id])
    }
    for (let round = 0; round < 200; round += 1) {
      world.advance(3)
      world.claim(3)
      for (const request of world.state.requests.values()) {
        if (request.status === 'open') world.answer(request.id, 'green')
      }
      for (const claim of world.liveClaims()) {
        const { status } = world.attempt(claim)
        if (status === 'waiting') {
          const { ok } = world.tryWrite(claim, { type: 'attempt.resume', load: world.load() })
          if (!ok) continue
        }
        if (status === 'waiting' || status === 'running') {
          world.write(claim, { type: 'attempt.verify', summary: 'done' })
        }
        const merged = this.#setup.merges ? 'commit' : null
        world.write(claim, { type: 'attempt.succeed', verdicts: [], merged })
      }
      if (all.every((id) => world.task(id).status === 'done')) return
      world.now += 3_700_000
    }
    const waiting = all.filter((id) => world.task(id).status !== 'done')
    throw new Error(waiting.map((id) => `${id}: ${world.why(id).join('; ')}`).join('\n'))
  }

  /** Everything that the model knows is the same in the world. */
  compare(after: string): void {
    const { model, world } = this
    model.settleRule()
    for (const [code, claim] of this.live) {
      if (model.of(code).work?.claimed !== true) this.live.delete(claim.taskId)
    }
    let inBatches = 0
    for (const [code, expected] of model.tasks) {
      const actual = this.#shown(code)
      if (actual !== shownTask(expected)) {
        expect(`${after}: ${code} ${actual}`).toBe(`${after}: ${code} ${shownTask(expected)}`)
      }
      const task = world.task(code)
      same(code, task.openDependencies, countOpenDependencies(task, world.state))
      same(code, task.openDependencies, model.openNeeds(expected).length)
      if (task.batchId !== null && model.batches.has(task.batchId)) inBatches += 1
    }
    same('tasks', world.state.tasks.size, model.tasks.size)
    const summaries = world.batches()
    same(
      'tasks in batches',
      summaries.reduce((sum, { total }) => sum + total, 0),
      inBatches,
    )
    same('batches', summaries.length, model.batches.size)
    for (const { batch, todo } of summaries) {
      const { promoted, paused, openLayer, stuck, stuckCount } = model.batchOf(batch.id)
      same('tasks to do in a batch', todo, 0)
      same('promoted', batch.promotedAt !== null, promoted)
      same('paused', batch.pausedAt !== null, paused)
      same('open layer', batch.openLayer ?? Infinity, openLayer)
      same('stuck', batch.stuckSince !== null, stuck)
      same('times stuck', batch.stuckCount, stuckCount)
    }
    this.#compareWork()
    this.#checkKeys(after)
  }

  /** Tasks with a key in common come to run at once only because a new plan gave it to them. */
  #checkKeys(after: string): void {
    const running = [...this.world.state.attempts.values()]
      .filter(({ status }) => ['running', 'verifying', 'merging'].includes(status))
      .map((attempt) => this.world.task(attempt.taskId))
    const beside = new Set<string>()
    for (const [nth, one] of running.entries()) {
      for (const other of running.slice(nth + 1)) {
        const common = one.exclusiveKeys.filter((key) => other.exclusiveKeys.includes(key))
        if (common.length === 0) continue
        const pair = [one.code, other.code].toSorted().join(' and ')
        if (after !== 'plan' && !this.#beside.has(pair)) {
          throw new Error(`${pair} run at once after ${after}, though both have ${common.join()}.`)
        }
        beside.add(pair)
      }
    }
    this.#beside = beside
  }

  #compareWork(): void {
    const { model, world } = this
    const owners = new Set<string>()
    for (const order of world.state.workOrders.values()) {
      if (order.status !== 'queued' && order.status !== 'claimed') continue
      if (owners.has(order.taskId)) throw new Error(`${order.taskId} has two live work orders.`)
      owners.add(order.taskId)
    }
    const expected = [...model.tasks].filter(([, task]) => task.work !== null)
    same('live work orders', owners.size, expected.length)
    const asked = new Map<string, number>()
    for (const { status, taskId: code } of world.state.requests.values()) {
      if (status === 'open') asked.set(code, (asked.get(code) ?? 0) + 1)
    }
    for (const [code, questions] of model.questions) {
      same(`questions of ${code}`, asked.get(code) ?? 0, questions.size)
      asked.delete(code)
    }
    same('other questions', asked.size, 0)
  }

  #shown(code: string): string {
    const task = this.world.task(code)
    const order = task.workOrderId && this.world.state.workOrders.get(task.workOrderId)
    const attempt = order && order.attemptId && this.world.state.attempts.get(order.attemptId)
    return JSON.stringify([
      task.status,
      task.batchId,
      ranks.indexOf(task.reached),
      task.contextReady,
      task.forced,
      task.layer,
      order
        ? [
            order.status,
            attempt ? attempt.status : 'none',
            order.status === 'claimed' ? 0 : order.notBefore,
            order.chargedAttempts,
            order.interruptions,
          ]
        : null,
    ])
  }

  #releaseOn(number: number): ReleaseOn {
    const choice: readonly ReleaseOn[] = this.#setup.merges
      ? ['completed', 'verified', 'merged']
      : ['completed', 'verified']
    return choice[number % choice.length] ?? 'verified'
  }

  #batch(number: number): string | undefined {
    return pick([...this.model.batches.keys()], number)
  }

  #one(number: number): string {
    return pick([...this.model.tasks.keys()], number) ?? 'task 0'
  }

  #some(bits: number): string[] {
    return [...this.model.tasks.keys()].filter((_, index) => ((bits >> index) & 1) === 1)
  }
}

/** As `expect`, which is slow where nearly everything is equal. */
function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) expect([what, actual]).toEqual([what, expected])
}

function shownTask(task: ModelTask): string {
  const { status, batch, reached, complete, forced, layer, work } = task
  return JSON.stringify([
    status,
    batch,
    reached,
    complete,
    forced,
    layer,
    work && [
      work.claimed ? 'claimed' : 'queued',
      work.state,
      work.claimed ? 0 : work.notBefore,
      work.charged,
      work.lost,
    ],
  ])
}

function pick<Item>(items: readonly Item[], number: number): Item | undefined {
  return items[number % Math.max(1, items.length)]
}

function repeat<Item extends string>(times: number, item: Item): Item[] {
  return Array.from({ length: times }, () => item)
}
