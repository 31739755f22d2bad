import { expect, describe, it } from 'vitest'
import { seededRandom } from '@cueline/core/testing'
import { endOf, startEngine } from '../faults/engine.ts'
import { sqlitePlace } from '../faults/place.ts'
import { checkProject, createProject } from '../faults/project.ts'

const timeout = 120_000

describe('work that several processes merge into one result [X-06, S4-06]', () => {
  it(
    'lands in the order in which it was queued, whichever process it is of',
    { timeout },
    async () => {
      const place = await sqlitePlace()
      const settings = { maxAttempts: 100 }
      const projectId = await createProject(place, seededRandom(7), {
        tasks: 18,
        dependency: 0,
        settings,
      })
      // Nobody is killed here, and nobody may be taken for dead.
      const engines = [1, 2, 3].map(() => startEngine(place, { projectId, leaseMs: 30_000 }))
      await Promise.all(engines.map(endOf))
      const queue: { readonly attemptId: string; readonly at: number }[] = []
      const landed: string[] = []
      const workers = new Set<string>()
      for (const event of await checkProject(place, projectId)) {
        if (event.type === 'attempt.merging') queue.push(event)
        else if (event.type === 'attempt.succeeded') landed.push(event.attemptId)
        else if (event.type === 'worker.registered') workers.add(event.workerId)
      }
      const inOrder = queue
        .toSorted(
          (left, right) => left.at - right.at || (left.attemptId < right.attemptId ? -1 : 1),
        )
        .map(({ attemptId }) => attemptId)
        .filter((attemptId) => landed.includes(attemptId))
      expect(landed).toHaveLength(18)
      expect(landed).toEqual(inOrder)
      expect(workers.size).toBeGreaterThan(3)
      await place.remove()
    },
  )
})
