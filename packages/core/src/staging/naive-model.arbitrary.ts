import { roundsQuestion } from '../merge/merge-rounds.ts'
import type { ErrorClass, ReleaseOn, StuckPolicy } from './state.ts'

/**
 * What staging promises, written down a second time as plain facts and one rule that is applied to
 * every task after every step. Knows nothing of slices, events or counters.
 */
export interface ModelTask {
  status: 'todo' | 'staged' | 'doing' | 'review' | 'done' | 'failed' | 'cancelled'
  batch: string | null
  reached: number
  complete: boolean
  forced: boolean
  layer: number
  account: string
  keys: ReadonlySet<string>
  needs: Map<string, ReleaseOn>
  work: ModelWork | null
}

interface ModelWork {
  claimed: boolean
  state: 'none' | 'running' | 'waiting' | 'verifying' | 'merging'
  notBefore: number
  charged: number
  lost: number
  rounds: number
}

export interface ModelBatch {
  promoted: boolean
  paused: boolean
  openLayer: number
  cap: number
  stuckCount: number
  stuck: boolean
}

const ranks: Readonly<Record<ReleaseOn, number>> = { completed: 1, verified: 2, merged: 3 }
const settled = new Set(['done', 'failed', 'cancelled'])
const chargedClasses = new Set<ErrorClass>([
  'transient',
  'timeout',
  'agent-crash',
  'invalid-output',
  'gate-failed',
  'merge-conflict',
])

export class NaiveModel {
  readonly tasks = new Map<string, ModelTask>()
  readonly batches = new Map<string, ModelBatch>()
  /** Open questions by task. */
  readonly questions = new Map<string, Set<string>>()
  readonly holds = new Map<string, number>()
  paused = false
  cap = 100
  maxAttempts = 3
  maxRounds = 2
  maxLost = 3
  layered = false

  isReleased(task: ModelTask): boolean {
    return [...task.needs].every(([id, until]) => this.of(id).reached >= ranks[until])
  }

  openNeeds(task: ModelTask): string[] {
    return [...task.needs]
      .filter(([id, until]) => this.of(id).reached < ranks[until])
      .map(([id]) => id)
  }

  /** The rule: who may have work queued, and who must. */
  settleRule(): void {
    for (const task of this.tasks.values()) {
      if (task.status !== 'staged') {
        if (task.status !== 'doing' && task.status !== 'review') task.work = null
        continue
      }
      const batch = task.batch === null ? undefined : this.batches.get(task.batch)
      const due =
        batch?.promoted === true && (task.complete || task.forced) && this.isReleased(task)
      if (!due) task.work = null
      else if (task.work === null && task.layer <= batch.openLayer) {
        task.work = { claimed: false, state: 'none', notBefore: 0, charged: 0, lost: 0, rounds: 0 }
      }
    }
  }

  mayStart(id: string, now: number): boolean {
    const task = this.of(id)
    const batch = task.batch === null ? undefined : this.batches.get(task.batch)
    return (
      !this.paused &&
      task.status === 'staged' &&
      task.work !== null &&
      task.work.notBefore <= now &&
      batch?.promoted === true &&
      !batch.paused &&
      task.layer <= batch.openLayer &&
      (this.holds.get(task.account) ?? 0) <= now &&
      this.hasRoom(id)
    )
  }

  /** What others that run leave to the task. */
  hasRoom(id: string): boolean {
    const task = this.of(id)
    const batch = task.batch === null ? undefined : this.batches.get(task.batch)
    if (batch === undefined) return true
    return (
      this.running(() => true) < this.cap &&
      this.running((other) => other.batch === task.batch) < batch.cap &&
      this.running((other) => [...task.keys].some((key) => other.keys.has(key))) === 0 &&
      (!this.isSuspect(task) || this.running((other) => this.isSuspect(other)) === 0)
    )
  }

  /** One more lost worker, and it is given up. */
  isSuspect({ work }: ModelTask): boolean {
    return work !== null && work.lost > 0 && work.lost + 1 >= this.maxLost
  }

  running(which: (task: ModelTask) => boolean): number {
    return [...this.tasks.values()].filter(
      (task) => task.work?.claimed === true && task.work.state !== 'waiting' && which(task),
    ).length
  }

  start(id: string): void {
    const task = this.of(id)
    task.status = 'doing'
    task.work = { ...this.workOf(id), claimed: true, state: 'running' }
  }

  claim(candidates: readonly string[], workers: number, now: number): string[] {
    const started: string[] = []
    for (const id of candidates) {
      if (started.length === workers) break
      if (!this.mayStart(id, now)) continue
      this.start(id)
      started.push(id)
    }
    return started
  }

  reach(id: string, rank: number): void {
    const task = this.of(id)
    task.reached = Math.max(task.reached, rank)
  }

  finish(id: string, rank: number): void {
    this.reach(id, rank)
    this.settle(id, 'done')
  }

  settle(id: string, status: 'done' | 'failed' | 'cancelled'): void {
    const task = this.of(id)
    task.status = status
    task.work = null
    this.questions.delete(id)
  }

  /** The attempt ends without success and its work returns to the queue, or the task fails. */
  fail(id: string, failure: ErrorClass, now: number, retryAt: number, holdMs: number): void {
    const task = this.of(id)
    const work = this.workOf(id)
    const isRound =
      work.state === 'merging' && (failure === 'merge-conflict' || failure === 'gate-failed')
    if (isRound) {
      work.rounds += 1
      if (work.rounds > this.maxRounds) {
        this.ask(
          id,
          roundsQuestion(id, work.rounds, { class: failure, message: 'help', evidence: '' }),
        )
      }
      this.requeue(id, retryAt)
      return
    }
    const charged = chargedClasses.has(failure)
    if (charged) work.charged += 1
    if (failure === 'rate-limit' || failure === 'quota') {
      this.holds.set(task.account, Math.max(this.holds.get(task.account) ?? 0, now + holdMs))
    }
    if (failure === 'human-needed') this.ask(id, 'help')
    if (
      failure === 'permanent' ||
      failure === 'cancelled' ||
      (charged && work.charged >= this.maxAttempts)
    ) {
      this.settle(id, 'failed')
    } else this.requeue(id, retryAt)
  }

  requeue(id: string, notBefore: number): void {
    this.of(id).status = 'staged'
    Object.assign(this.workOf(id), { claimed: false, state: 'none', notBefore })
  }

  lose(id: string, now: number): void {
    const work = this.workOf(id)
    work.lost += 1
    if (work.lost >= this.maxLost) this.settle(id, 'failed')
    else this.requeue(id, now)
  }

  ask(id: string, question: string): void {
    const asked = this.questions.get(id) ?? new Set()
    this.questions.set(id, asked.add(question))
  }

  answer(id: string, question: string, now: number): void {
    this.questions.get(id)?.delete(question)
    const { work } = this.of(id)
    if (work !== null && !work.claimed && work.notBefore > now) work.notBefore = now
  }

  promote(name: string): void {
    const batch = this.batchOf(name)
    const layers = this.tasksOf(name)
      .filter((task) => task.status === 'staged')
      .map((task) => task.layer)
    batch.promoted = true
    batch.stuck = false
    batch.stuckCount = 0
    if (this.layered) batch.openLayer = layers.length === 0 ? 0 : Math.min(...layers)
  }

  /** Whether a staged task of the resting batches waits for a staged one of this batch. */
  isAwaited(name: string, resting: readonly string[]): boolean {
    return resting.some((other) =>
      this.tasksOf(other).some(
        (task) =>
          task.status === 'staged' &&
          this.openNeeds(task).some(
            (id) => this.of(id).status === 'staged' && this.of(id).batch === name,
          ),
      ),
    )
  }

  openLayer(name: string, layer: number): void {
    const batch = this.batchOf(name)
    const behind = this.tasksOf(name).some((t) => !settled.has(t.status) && t.layer < layer)
    if (!behind) batch.openLayer = Math.max(batch.openLayer, layer)
  }

  unstick(name: string, policy: StuckPolicy, patience: boolean, idle: boolean): void {
    const batch = this.batchOf(name)
    if (!batch.promoted || batch.paused) return
    const tasks = this.tasksOf(name)
    const canStart = (t: ModelTask) => t.work !== null && t.layer <= batch.openLayer
    const blocked = tasks.filter((task) => task.status === 'staged' && !canStart(task))
    const inFlight = tasks.some((t) => t.status === 'doing' || t.status === 'review' || canStart(t))
    if (inFlight || blocked.length === 0) {
      batch.stuck = false
      return
    }
    const dead = (id: string) => ['failed', 'cancelled'].includes(this.of(id).status)
    const roots = new Set(blocked.flatMap((task) => this.openNeeds(task)).filter(dead))
    if (roots.size === 0) {
      const closed = tasks.filter((t) => t.status === 'staged' && t.layer > batch.openLayer)
      if (idle && closed.length > 0) batch.openLayer = Math.min(...closed.map((t) => t.layer))
      else if (patience && !batch.stuck) this.getStuck(batch)
      return
    }
    const retryable = [...roots].filter(
      (id) => this.of(id).status === 'failed' && this.batches.has(this.of(id).batch ?? ''),
    )
    const action =
      policy === 'retry' && (retryable.length === 0 || batch.stuckCount > 0) ? 'hold' : policy
    if (action === 'hold') {
      if (!batch.stuck) this.getStuck(batch)
      return
    }
    batch.stuckCount += 1
    batch.stuck = false
    if (action === 'retry') for (const id of retryable) this.of(id).status = 'staged'
    else {
      const skipped = new Set<string>()
      for (let grown = -1; grown !== skipped.size;) {
        grown = skipped.size
        for (const [id, task] of this.tasks) {
          const mine = blocked.includes(task) && this.openNeeds(task).some((n) => roots.has(n))
          const behind = this.openNeeds(task).some((need) => skipped.has(need))
          if (!settled.has(task.status) && (mine || behind)) skipped.add(id)
        }
      }
      for (const id of skipped) this.settle(id, 'cancelled')
    }
  }

  private getStuck(batch: ModelBatch): void {
    batch.stuck = true
    batch.stuckCount += 1
  }

  unstage(id: string): void {
    const task = this.of(id)
    Object.assign(task, { status: 'todo', batch: null, forced: false, work: null })
    this.questions.delete(id)
  }

  retry(id: string): void {
    const task = this.of(id)
    const stays = task.batch !== null && this.batches.has(task.batch)
    if (stays) task.status = 'staged'
    else Object.assign(task, { status: 'todo', batch: null, forced: false })
  }

  /** True when `from` waits for `to`, directly or not. */
  waitsFor(from: string, to: string): boolean {
    const seen = new Set([from])
    for (const id of seen) for (const need of this.of(id).needs.keys()) seen.add(need)
    return seen.has(to)
  }

  tasksOf(name: string): ModelTask[] {
    return [...this.tasks.values()].filter((task) => task.batch === name)
  }

  of(id: string): ModelTask {
    const task = this.tasks.get(id)
    if (task === undefined) throw new Error(`The model has no task ${id}.`)
    return task
  }

  batchOf(name: string): ModelBatch {
    const batch = this.batches.get(name)
    if (batch === undefined) throw new Error(`The model has no batch ${name}.`)
    return batch
  }

  workOf(id: string): ModelWork {
    const { work } = this.of(id)
    if (work === null) throw new Error(`The model has no work for ${id}.`)
    return work
  }
}
