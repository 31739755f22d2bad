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
    expect(batches.map(({ batch }) => batch.order)).toEqual([4, 5, 6, 7])
    expect(new Set(batches.map(({ batch }) => batch.name)).size).toBe(4)
  })

  it('replace those of a former plan, and leave no empty ones behind', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [], B: ['A'], C: ['B'] } })
    const byHand = await cueline.stages.create({ projectId, name: 'Empty on purpose' })
    for (let times = 0; times < 3; times += 1) {
      const plan = await cueline.plans.build({ projectId })
      await cueline.stages.fromPlan({ planId: plan.id, force: true })
    }
    const batches = await cueline.stages.list({ projectId })
    expect(batches.map(({ total }) => total)).toEqual([0, 1, 1, 1])
    expect(batches[0]?.batch.id).toBe(byHand.id)
  })

  it('hold only what can still be staged', async () => {
    const world = await tinyWorld({ tasks: { A: [], B: ['A'] }, runner: async () => {} })
    const { cueline, projectId } = world
    const plan = await cueline.plans.build({ projectId })
    await cueline.run({ projectId })
    const { batches } = await cueline.stages.fromPlan({ planId: plan.id, force: true })
    expect(batches).toEqual([])
  })
})
