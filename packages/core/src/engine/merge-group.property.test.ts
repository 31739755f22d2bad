import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gate } from '../gate/gate.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Ids } from '../id.ts'
import { countingIds } from '../testing/counting-ids.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** Tasks by number; sets of them that are red together, and pairs that change the same file. */
interface Case {
  readonly count: number
  readonly group: number
  readonly red: readonly (readonly number[])[]
  readonly contradicting: readonly (readonly [number, number])[]
}

const cases: fc.Arbitrary<Case> = fc.integer({ min: 2, max: 12 }).chain((count) => {
  const task = fc.integer({ min: 0, max: count - 1 })
  return fc.record({
    count: fc.constant(count),
    group: fc.integer({ min: 2, max: 8 }),
    red: fc.array(fc.uniqueArray(task, { minLength: 2, maxLength: 3 }), { maxLength: 4 }),
    contradicting: fc.array(fc.tuple(task, task), { maxLength: 2 }),
  })
})

interface Model {
  readonly landed: ReadonlySet<number>
  /** Who must not land because gates were red. */
  readonly culprits: number
}

/** One after the other: who is red with what has landed before, or contradicts it, does not land. */
function serially(order: readonly number[], { red, contradicting }: Case): Model {
  const landed = new Set<number>()
  let culprits = 0
  for (const task of order) {
    const conflicts = contradicting.some(
      ([one, other]) =>
        one !== other &&
        ((one === task && landed.has(other)) || (other === task && landed.has(one))),
    )
    if (conflicts) continue
    landed.add(task)
    if (!isRed(landed, red)) continue
    landed.delete(task)
    culprits += 1
  }
  return { landed, culprits }
}

function isRed(landed: ReadonlySet<number>, red: Case['red']): boolean {
  return red.some((together) => together.every((task) => landed.has(task)))
}

async function inGroups(given: Case) {
  const { count, group, red, contradicting } = given
  const workspace = memoryWorkspaces()
  const allVerified = Promise.withResolvers<void>()
  let verified = 0
  const queued = Promise.withResolvers<void>()
  let runs = 0
  const landedStates: ReadonlySet<number>[] = []
  const gate: Gate = {
    name: 'tests',
    key: 'tests',
    async judge({ attempt: { attemptId } }) {
      const merged = mergedOf(attemptId)
      if (merged !== null) runs += 1
      const bad = merged !== null && isRed(tasksIn(merged), red)
      const result = bad ? 'fail' : 'pass'
      return { gate: 'tests', result, summary: '', durationMs: 0, cause: null, evidence: '' }
    },
  }
  const mergedOf = (attemptId: AttemptBrief['attemptId']) => {
    try {
      return workspace.trial(attemptId)
    } catch {
      return null
    }
  }
  const counting = countingIds()
  // At a time that stands still, ids say who came first.
  const ids: Ids = (kind) =>
    counting(kind).replace(/\d+$/, (digits) => digits.padStart(4, '0')) as ReturnType<
      typeof counting<typeof kind>
    >
  const codes = Array.from({ length: count }, (_none, task) => `T${task}`)
  const world = await tinyWorld({
    tasks: Object.fromEntries(codes.map((code) => [code, []])),
    workers: count,
    maxParallelTasks: count,
    gates: [gate],
    ids,
    mergeGroup: group,
    runner: async ({ attemptId, number, task: { code } }: AttemptBrief) => {
      if (number > 1) return { status: 'failed', class: 'permanent', message: 'It gives up.' }
      const files = workspace.files(attemptId)
      files.set(code, 'work')
      contradicting.forEach(([one, other], at) => {
        if (one !== other && [`T${one}`, `T${other}`].includes(code)) files.set(`both${at}`, code)
      })
      return undefined
    },
    workspace: {
      ...workspace,
      async mergeTarget() {
        // They enter the queue together, so that its order is the same for whoever looks first.
        verified += 1
        if (verified === count) allVerified.resolve()
        await allVerified.promise
        return await workspace.mergeTarget()
      },
      async tryMerge(...work) {
        // The first of the queue starts when all others are in it.
        await queued.promise
        return await workspace.tryMerge(...work)
      },
      async land(trial, confirm) {
        const landed = await workspace.land(trial, confirm)
        landedStates.push(tasksIn(workspace.result))
        return landed
      },
    },
  })
  const order: number[] = []
  world.cueline.on('event', async (event) => {
    if (event.type !== 'attempt.merging' || order.length > 0) return
    const [queue] = await world.cueline.merges.list({})
    if (queue?.attempts.length !== count || order.length > 0) return
    order.push(...queue.attempts.map(({ task }) => Number(task.slice(1))))
    queued.resolve()
  })
  const running = world.cueline.run({ projectId: world.projectId, workers: count })
  const result = await running
  return {
    result,
    runs,
    order,
    landed: tasksIn(workspace.result),
    landedStates,
    events: world.events,
  }
}

function tasksIn(files: ReadonlyMap<string, string>): ReadonlySet<number> {
  return new Set(
    [...files.keys()].flatMap((path) => (/^T\d+$/.test(path) ? [Number(path.slice(1))] : [])),
  )
}

describe('groups of random tasks, against one after the other [X-06]', () => {
  it(
    'land the same, are never red where they have landed, and ask the gates no more than is said',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(cases, async (given) => {
          const { count, group, red, contradicting } = given
          const { result, runs, order, landed, landedStates } = await inGroups(given)
          expect(order).toHaveLength(count)
          const model = serially(order, given)
          expect(landed).toEqual(model.landed)
          for (const state of landedStates) expect(isRed(state, red)).toBe(false)
          expect(result.tasks.done).toBe(model.landed.size)
          expect(result.tasks.open).toBe(0)
          const perCulprit = 1 + Math.ceil(Math.log2(group))
          const groups = Math.ceil(count / group) + contradicting.length
          const most = model.culprits * perCulprit + groups
          expect(runs).toBeLessThanOrEqual(most)
        }),
        { numRuns: 50 },
      )
    },
  )
})
