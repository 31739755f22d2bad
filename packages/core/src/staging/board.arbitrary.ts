import { DecisionChecks } from './decision-checks.arbitrary.ts'
import type { Setup } from './game-setup.arbitrary.ts'
import { edge, newTask } from './garden.arbitrary.ts'
import { NaiveModel } from './naive-model.arbitrary.ts'
import type { ReleaseOn, StuckPolicy } from './state.ts'
import { type Claim, World } from './world.arbitrary.ts'

export const stuckAfterMs = 600_000
export const retryBaseMs = 1_000
export const retryMaxMs = 60_000
export const accounts = [null, null, 'oak', 'elm']

/**
 * What a game is played on: a checked world and the naive model beside it, made alike, and what of them
 * a move is about.
 */
export class Board {
  readonly checks = new DecisionChecks()
  readonly world: World
  readonly model = new NaiveModel()
  readonly setup: Setup
  /** Every claim that was ever given, live or not. */
  readonly claims: Claim[] = []
  readonly live = new Map<string, Claim>()
  /** Claims whose worker was taken for lost, and whether it was heard of again. */
  readonly lost: { readonly claim: Claim; back: boolean }[] = []
  /** Running tasks with a key in common, by their codes. */
  beside: ReadonlySet<string> = new Set()
  policy: StuckPolicy
  #names = 0

  constructor(setup: Setup) {
    this.setup = setup
    this.policy = setup.stuckPolicy
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
    for (let index = 0; index < setup.tasks; index++) this.addTask(setup.edges[index] ?? 0)
    for (let index = 0; index < setup.batches; index++) this.createBatch(1 + ((index * 2) % 5))
  }

  addTask(edges: number): void {
    const position = this.model.tasks.size
    const code = `task ${position}`
    const releaseOn = this.releaseOn(edges)
    const needs = this.some(edges & (edges >> 3) & ((edges >> 5) | 0x421))
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

  createBatch(cap: number): void {
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

  releaseOn(number: number): ReleaseOn {
    const choice: readonly ReleaseOn[] = this.setup.merges
      ? ['completed', 'verified', 'merged']
      : ['completed', 'verified']
    return choice[number % choice.length] ?? 'verified'
  }

  batch(number: number): string | undefined {
    return pick([...this.model.batches.keys()], number)
  }

  one(number: number): string {
    return pick([...this.model.tasks.keys()], number) ?? 'task 0'
  }

  some(bits: number): string[] {
    return [...this.model.tasks.keys()].filter((_, index) => ((bits >> index) & 1) === 1)
  }
}

/** Any of them, by a number; undefined where there is none. */
export function pick<Item>(items: readonly Item[], number: number): Item | undefined {
  return items[number % Math.max(1, items.length)]
}
