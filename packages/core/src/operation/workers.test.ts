import { describe, expect, it } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('the list of workers [S2-03]', () => {
  it('names who is there, what each works on and for how long, and who has gone', async () => {
    const clock = manualClock()
    const { cueline, projectId } = await tinyWorld({
      clock,
      tasks: { A: [], B: ['A'] },
      runner: () => new Promise<void>((done) => void clock.setTimeout(done, 10_000)),
    })
    expect(await cueline.workers.list({ projectId })).toEqual([])
    const run = cueline.run({ projectId, workers: 2 })
    await clock.advance(4_000)
    const listed = await cueline.workers.list({ projectId })
    expect(listed.map(({ name, status, ageMs }) => [name, status, ageMs])).toEqual([
      ['worker-1', 'busy', 4_000],
      ['worker-2', 'idle', 4_000],
    ])
    expect(listed.map(({ attempts }) => attempts)).toEqual([
      [{ attemptId: expect.any(String), task: 'A', number: 1, status: 'running', forMs: 4_000 }],
      [],
    ])
    const idle = await cueline.workers.list({ projectId, status: ['idle', 'error'] })
    expect(idle.map(({ name }) => name)).toEqual(['worker-2'])
    await clock.advance(30_000)
    await run
    const ended = await cueline.workers.list({ projectId })
    expect(ended.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['offline', []],
      ['offline', []],
    ])
  })
})
