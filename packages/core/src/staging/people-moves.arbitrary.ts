import { expect } from 'vitest'
import type { RequestId } from '../id.ts'
import { accounts, pick } from './board.arbitrary.ts'
import type { Play } from './game-setup.arbitrary.ts'
import { batchId, edge, taskId } from './garden.arbitrary.ts'

/** What people and planners do to a project. */
export const peopleMoves = {
  stageSome(board, a, b, c) {
    const name = board.batch(b)
    if (name === undefined) return
    // Mostly what is not staged yet: to move tasks between batches takes their work away.
    const codes = board.some(a).filter((code) => c % 5 === 0 || board.model.of(code).batch === null)
    const force = c % 4 === 0
    const { results } = board.world.do({
      type: 'tasks.stage',
      batchId: batchId(name),
      tasks: codes.map((code) => ({ id: taskId(code), stagePriority: c % 3 })),
      force,
    })
    const staged = codes.filter((code) => ['todo', 'staged'].includes(board.model.of(code).status))
    expect(results.filter((result) => result.ok).map((result) => result.taskId)).toEqual(staged)
    for (const code of staged) {
      Object.assign(board.model.of(code), { status: 'staged', batch: name, forced: force })
    }
  },

  unstage(board, a) {
    const codes = board.some(a)
    const { results } = board.world.do({ type: 'tasks.unstage', taskIds: codes.map(taskId) })
    const staged = codes.filter((code) => board.model.of(code).status === 'staged')
    expect(results.filter((result) => result.ok).map((result) => result.taskId)).toEqual(staged)
    for (const code of staged) board.model.unstage(code)
  },

  promote(board, _a, b) {
    const name = board.batch(b)
    if (name === undefined) return
    const order = {
      type: 'batch.promote',
      batchId: batchId(name),
      auto: false,
      reason: '',
    } as const
    if (board.model.batchOf(name).promoted) {
      expect(board.world.refuse(order).code).toBe('conflict')
      return
    }
    board.world.do(order)
    board.model.promote(name)
  },

  answer(board, a) {
    const open = [...board.world.state.requests.values()].filter((r) => r.status === 'open')
    const request = pick(open, a)
    if (request === undefined) return
    board.world.answer(request.id, 'green')
    board.model.answer(request.taskId, request.text, board.world.now)
    const second = {
      type: 'request.answer',
      requestId: request.id,
      answer: 'red',
      by: 'Bob',
    } as const
    expect(board.world.refuse(second).code).toBe('conflict')
    const unknown = { ...second, requestId: 'request-unknown' as RequestId }
    expect(board.world.refuse(unknown).code).toBe('not-found')
  },

  retry(board, a) {
    const codes = board.some(a)
    board.world.do({ type: 'tasks.retry', taskIds: codes.map(taskId) })
    for (const code of codes) {
      if (['failed', 'cancelled'].includes(board.model.of(code).status)) board.model.retry(code)
    }
  },

  pauseProject(board, a) {
    board.model.paused = a % 5 === 0
    board.world.do({ type: board.model.paused ? 'project.pause' : 'project.resume' })
  },

  pauseBatch(board, a, b) {
    const name = board.batch(b)
    if (name === undefined) return
    const batch = board.model.batchOf(name)
    batch.paused = a % 4 === 0
    if (!batch.paused) batch.stuck = false
    board.world.do({ type: batch.paused ? 'batch.pause' : 'batch.resume', batchId: batchId(name) })
  },

  deleteBatch(board, _a, b) {
    const name = board.batch(b)
    if (name === undefined) return
    const order = { type: 'batch.delete', batchId: batchId(name) } as const
    const tasks = [...board.model.tasks].filter(([, task]) => task.batch === name)
    if (tasks.some(([, { status }]) => status === 'doing' || status === 'review')) {
      expect(board.world.refuse(order).code).toBe('not-allowed')
      return
    }
    board.world.do(order)
    for (const [code, task] of tasks) if (task.status === 'staged') board.model.unstage(code)
    board.model.batches.delete(name)
  },

  createBatch(board, a) {
    if (board.model.batches.size < 5) board.createBatch(1 + (a % 4))
  },

  cancel(board, a) {
    const code = board.one(a)
    const { status } = board.model.of(code)
    const order = { type: 'task.cancel', taskId: taskId(code), reason: 'no longer wanted' } as const
    if (status === 'done') expect(board.world.refuse(order).code).toBe('not-allowed')
    else board.world.do(order)
    if (status !== 'done' && status !== 'cancelled') board.model.settle(code, 'cancelled')
  },

  complete(board, a) {
    const code = board.one(a)
    const { status } = board.model.of(code)
    const order = { type: 'task.complete', taskId: taskId(code), summary: 'by hand' } as const
    if (status === 'cancelled') expect(board.world.refuse(order).code).toBe('not-allowed')
    else board.world.do(order)
    if (status !== 'done' && status !== 'cancelled') board.model.finish(code, 3)
  },

  depend(board, a, b, c) {
    const code = board.one(a)
    const targets = board.some(b & c).filter((target) => target !== code)
    const releaseOn = board.releaseOn(c)
    const order = {
      type: 'task.depend',
      taskId: taskId(code),
      dependencies: targets.map((target) => edge(code, target, releaseOn)),
    } as const
    const task = board.model.of(code)
    const settled = task.status === 'done' || task.status === 'cancelled'
    const running = task.status === 'doing' || task.status === 'review'
    const adds = targets.some((target) => task.needs.get(target) !== releaseOn)
    if (settled || (running && adds)) {
      expect(board.world.refuse(order).code).toBe('not-allowed')
    } else if (targets.some((target) => board.model.waitsFor(target, code))) {
      expect(board.world.refuse(order).code).toBe('conflict')
    } else {
      board.world.do(order)
      task.needs = new Map(targets.map((target) => [target, releaseOn]))
    }
  },

  update(board, a, b) {
    const code = board.one(a)
    const task = board.model.of(code)
    const contextReady = b % 3 !== 0
    const order = { type: 'task.update', taskId: taskId(code), set: { contextReady } } as const
    if (task.status === 'doing' || task.status === 'review') {
      expect(board.world.refuse(order).code).toBe('not-allowed')
      return
    }
    board.world.do(order)
    task.complete = contextReady
  },

  /** Layers as a planner gives them, or such that contradict the dependencies; and any keys. */
  plan(board, a, b, c) {
    const layers = new Map<string, number>()
    for (const [code, task] of board.model.tasks) {
      const above = [...task.needs.keys()].map((need) => layers.get(need) ?? 0)
      layers.set(code, b % 2 === 0 ? Math.max(-1, ...above) + 1 : (a >> (layers.size % 12)) % 3)
    }
    for (const [index, code] of [...layers.keys()].entries()) {
      const keys = ['a', 'b', '__proto__'].filter(
        (_, nth) => (c >> ((index * 3 + nth) % 16)) % 4 === 0,
      )
      board.model.of(code).keys = new Set(c % 3 === 0 ? [] : keys)
    }
    const tasks = [...layers].map(([code, layer]) => {
      const keys = [...board.model.of(code).keys]
      return { id: taskId(code), layer, tail: 0, ...(keys.length > 0 && { exclusiveKeys: keys }) }
    })
    board.world.do({ type: 'tasks.plan', planId: 'plan-1' as never, revision: 1, hash: '', tasks })
    for (const [code, layer] of layers) board.model.of(code).layer = layer
  },

  configure(board, a, b) {
    board.policy = pick(['retry', 'skip', 'hold'] as const, a) ?? 'hold'
    board.model.cap = 1 + (b % 6)
    const settings = { stuckPolicy: board.policy, maxParallelTasks: board.model.cap }
    board.world.do({ type: 'project.update', settings })
  },

  releaseAccount(board, a) {
    const account = pick(accounts, a) ?? 'default'
    board.world.do({ type: 'account.release', account })
    board.model.holds.delete(account)
  },

  reorder(board, a) {
    const names = [...board.model.batches.keys()]
    const first = pick(names, a)
    if (first === undefined) return
    board.world.do({ type: 'batches.reorder', order: [batchId(first)] })
    const orders = board.world.batches().map(({ batch }) => batch.order)
    expect(orders).toEqual(names.map((_, index) => index + 1))
    expect(board.world.batches()[0]?.batch.id).toBe(first)
  },

  addTask(board, a) {
    if (board.model.tasks.size < 20) board.addTask(a)
  },
} satisfies Readonly<Record<string, Play>>
