import { describe, expect, it, onTestFinished } from 'vitest'

import { createCueline } from '../create-cueline.ts'
import { memoryStorage } from '../storage/memory-storage.ts'

async function methods() {
  const cueline = await createCueline({ storage: memoryStorage() })
  onTestFinished(() => cueline.close())
  return cueline
}

describe('an operation that is called with a wrong input [X-12]', () => {
  it('names unknown keys, and says which there are', async () => {
    const { projects } = await methods()
    await expect(projects.create({ name: 'A', nmae: 1, '': 2 } as never)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(
        /^projects\.create was called with a wrong input: there are no keys "nmae", ""\. It takes name, .*\. Correct the input and call it again\.$/,
      ),
    })
  })

  it('names a key further in with its place, and does not list the keys above it', async () => {
    const { plans } = await methods()
    const call = plans.whatIf({ projectId: 'p', change: { workers: 1 }, worker: 3 } as never)
    await expect(call).rejects.toThrow(/there is no key "worker"\. It takes projectId, change, /)
    const inner = plans.revise({ projectId: 'p', patch: { remov: [] } } as never)
    await expect(inner).rejects.toThrow(
      'plans.revise was called with a wrong input: patch: there is no key "remov". Correct the input and call it again.',
    )
  })

  it('says what else is wrong, and what to do', async () => {
    const { projects } = await methods()
    await expect(projects.create({ name: 5 } as never)).rejects.toThrow(
      /name: .*\. Correct the input and call it again\.$/,
    )
  })

  it('shows at most eight unknown keys', async () => {
    const { projects } = await methods()
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, nth) => [`k${nth}`, 1]))
    await expect(projects.create({ name: 'A', ...many })).rejects.toThrow(
      'there are no keys "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7" and 12 more. It takes',
    )
  })
})
