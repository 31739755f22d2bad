import { describe, expect, it } from 'vitest'
import type { ConsumeOptions, DispatchReference } from '../dispatch/dispatcher.ts'
import { inProcessDispatcher } from '../dispatch/in-process-dispatcher.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('what a dispatcher is told [X-14, X-18]', () => {
  it('names the project of every work order that was not claimed at once, and of whoever takes deliveries', async () => {
    const dispatched: DispatchReference[] = []
    const consumed: ConsumeOptions[] = []
    const usual = inProcessDispatcher()
    const { cueline, projectId } = await tinyWorld({
      tasks: { seed: [], fruit: ['seed'], flower: ['seed'], leaf: ['seed'] },
      runner: async () => {},
      dispatcher: {
        ...usual,
        dispatch(references) {
          dispatched.push(...references)
          return usual.dispatch(references)
        },
        consume(options, deliver) {
          consumed.push(options)
          return usual.consume(options, deliver)
        },
      },
    })
    await cueline.run({ projectId, workers: 1 })
    await cueline.close()
    // The seed is claimed as it is released, and so is one of those that wait for it.
    expect(new Set(dispatched.map(({ workOrderId }) => workOrderId)).size).toBe(2)
    expect(new Set(dispatched.map((reference) => reference.projectId))).toEqual(
      new Set([projectId]),
    )
    expect(consumed.map((options) => options.projectId)).toEqual([projectId])
  })
})
