import { expect } from 'vitest'
import type { Board } from './board.arbitrary.ts'
import type { ModelTask } from './naive-model.arbitrary.ts'
import { countOpenDependencies } from './readiness.ts'

const ranks = ['nothing', 'completed', 'verified', 'merged']

/** Everything that the model knows is the same in the world. */
export function compareBoard(board: Board, after: string): void {
  const { model, world } = board
  model.settleRule()
  for (const [code, claim] of board.live) {
    if (model.of(code).work?.claimed !== true) board.live.delete(claim.taskId)
  }
  let inBatches = 0
  for (const [code, expected] of model.tasks) {
    const actual = shown(board, code)
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
  compareWork(board)
  checkKeys(board, after)
}

/** Tasks with a key in common come to run at once only because a new plan gave it to them. */
function checkKeys(board: Board, after: string): void {
  const running = [...board.world.state.attempts.values()]
    .filter(({ status }) => ['running', 'verifying', 'merging'].includes(status))
    .map((attempt) => board.world.task(attempt.taskId))
  const beside = new Set<string>()
  for (const [nth, one] of running.entries()) {
    for (const other of running.slice(nth + 1)) {
      const common = one.exclusiveKeys.filter((key) => other.exclusiveKeys.includes(key))
      if (common.length === 0) continue
      const pair = [one.code, other.code].toSorted().join(' and ')
      if (after !== 'plan' && !board.beside.has(pair)) {
        throw new Error(`${pair} run at once after ${after}, though both have ${common.join()}.`)
      }
      beside.add(pair)
    }
  }
  board.beside = beside
}

function compareWork(board: Board): void {
  const { model, world } = board
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

function shown(board: Board, code: string): string {
  const task = board.world.task(code)
  const order = task.workOrderId && board.world.state.workOrders.get(task.workOrderId)
  const attempt = order && order.attemptId && board.world.state.attempts.get(order.attemptId)
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
