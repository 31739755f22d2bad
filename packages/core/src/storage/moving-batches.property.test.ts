import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { BatchId, ProjectId } from '../id.ts'
import { advance } from '../staging/advance.ts'
import type { Change } from '../staging/slice.ts'
import type { ProjectSettings } from '../staging/state.ts'
import {
  exampleAttempt,
  exampleBatch,
  exampleProject,
  exampleTask,
  exampleWorkOrder,
} from '../testing/example-rows.ts'
import { memoryStorage } from './memory-storage.ts'

const projectId = 'p' as ProjectId

const batch = fc.record({
  promotedAt: fc.constantFrom(null, 1, 1),
  pausedAt: fc.constantFrom(null, null, 1),
  autoPromote: fc.boolean(),
  openLayer: fc.constantFrom(null, 0, 1),
  stuckSince: fc.constantFrom(null, null, null, 1),
  maxParallelTasks: fc.integer({ min: 1, max: 3 }),
})
const task = fc.record({
  batch: fc.nat(4),
  status: fc.constantFrom('todo', 'staged', 'staged', 'staged', 'done', 'cancelled'),
  openDependencies: fc.nat(1),
  layer: fc.nat(2),
})
const barrier: fc.Arbitrary<ProjectSettings['barrier']> = fc.constantFrom('none', 'stage', 'layer')

/** Batches, their tasks, and one that runs in the last of them. */
const world = fc.record({
  batches: fc.array(batch, { minLength: 5, maxLength: 5 }),
  tasks: fc.array(task, { maxLength: 12 }),
  barrier,
  freeSlots: fc.integer({ min: 1, max: 4 }),
})

type World = typeof world extends fc.Arbitrary<infer Given> ? Given : never

function rowsOf({ batches, tasks, barrier }: World): readonly Change[] {
  const project = exampleProject(projectId)
  const changes: Change[] = [
    {
      table: 'project',
      kind: 'insert',
      row: { ...project, settings: { ...project.settings, barrier } },
    },
  ]
  for (const [index, set] of batches.entries()) {
    const row = exampleBatch(projectId, `b${index}`, { ...set, order: index })
    changes.push({ table: 'batch', kind: 'insert', row })
  }
  const running = { batch: 4, status: 'doing', openDependencies: 0, layer: 0 } as const
  for (const [index, { batch, ...set }] of [...tasks, running].entries()) {
    const order = exampleWorkOrder(projectId, `t${index}`, `o${index}`, {
      status: set.status === 'doing' ? 'claimed' : 'queued',
    })
    const isReleased = set.status === 'doing' || (set.status === 'staged' && !set.openDependencies)
    const row = exampleTask(projectId, `t${index}`, {
      ...set,
      batchId: `b${batch}` as BatchId,
      workOrderId: isReleased ? order.id : null,
    })
    changes.push({ table: 'task', kind: 'insert', row })
    if (isReleased) changes.push({ table: 'workOrder', kind: 'insert', row: order })
    if (set.status !== 'doing') continue
    changes.push({ table: 'attempt', kind: 'insert', row: exampleAttempt(order, 'a') })
  }
  return changes
}

describe('the batches that move [S0-05]', () => {
  it('are all that matters for what a project does by itself while something runs and nothing has failed', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const storage = memoryStorage({ clock: () => 1_000 })
        await storage.transaction((transaction) =>
          transaction.write(projectId, rowsOf(given), [], 'test'),
        )
        await storage.transaction(async (transaction) => {
          const { project } = await transaction.load({ projectId })
          const all = await transaction.query('batches', { projectId })
          const moving = await transaction.query('batches', { projectId, moving: true })
          fc.pre(
            project !== null && moving.every(({ failed, cancelled }) => failed + cancelled === 0),
          )
          const { freeSlots } = given
          const state = { project, running: 1, claimable: 0, freeSlots, now: 1_000 }
          expect(advance({ ...state, batches: moving })).toEqual(
            advance({ ...state, batches: all }),
          )
        })
      }),
      { numRuns: 200 },
    )
  })
})
