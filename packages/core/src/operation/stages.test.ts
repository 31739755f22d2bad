import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('batches from a plan [S3-04]', () => {
  it('come after every batch there is, also when one before them was deleted', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [], B: ['A'], C: ['B'] } })
    const [first] = await cueline.stages.list({ projectId })
    await cueline.stages.delete({ batchId: String(first?.batch.id) })
    const plan = await cueline.plans.build({ projectId })
    await cueline.stages.fromPlan({ planId: plan.id, force: true })
    await cueline.stages.create({ projectId, name: 'By hand' })
    const batches = await cueline.stages.list({ projectId })
    expect(batches.map(({ batch }) => batch.order)).toEqual([2, 3, 4, 5, 6, 7])
    expect(new Set(batches.map(({ batch }) => batch.name)).size).toBe(6)
  })
})
