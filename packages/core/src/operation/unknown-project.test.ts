import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('a project that does not exist [S2-01]', () => {
  it('is said to be unknown by every operation, never answered for with nothing', async () => {
    const { cueline } = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    const given = { projectId: 'nobody' }
    const { signal } = new AbortController()
    const followed = cueline.watch({ ...given, signal })[Symbol.asyncIterator]()
    const calls = [
      cueline.projects.get(given),
      cueline.projects.snapshot(given),
      cueline.projects.pause(given),
      cueline.tasks.list(given),
      cueline.tasks.add({ ...given, tasks: [] }),
      cueline.tasks.why({ ...given, task: 'A' }),
      cueline.plans.build(given),
      cueline.plans.get(given),
      cueline.stages.list(given),
      cueline.queues.statistics(given),
      cueline.workers.list(given),
      cueline.requests.list(given),
      cueline.reports.build(given),
      cueline.events.after(given),
      cueline.events.cursor(given),
      cueline.doctor.check(given),
      cueline.run(given),
      followed.next(),
    ]
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'not-found' } })
    }
  })
})
