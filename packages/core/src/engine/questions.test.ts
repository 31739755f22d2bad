import { describe, expect, it } from 'vitest'
import type { ManualClock } from '../testing/manual-clock.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'

async function answerAll({ cueline, projectId }: TinyWorld, answer: string): Promise<number> {
  const open = await cueline.requests.list({ projectId, status: ['open'] })
  for (const { id } of open) await cueline.requests.answer({ requestId: id, answer })
  return open.length
}

describe('questions of one attempt [S2-03, X-11]', () => {
  it('asked at once are put to the person one after the other, and each gets its answer', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        const answers = await Promise.all([
          report.ask({ text: 'Which name?' }),
          report.ask({ text: 'Which colour?' }),
        ])
        return answers.join(' and ')
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(100)
    expect(await answerAll(world, 'Ada')).toBe(1)
    await world.clock.advance(100)
    expect(await answerAll(world, 'green')).toBe(1)
    await world.clock.advance(100)
    expect((await run).attempts).toBe(1)
    expect((await world.task('A')).summary).toBe('Ada and green')
  })

  it('that the runner does not wait for end with the attempt and leave its slot free', async () => {
    let forgotten: unknown
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      runner: async (attempt, { report }) => {
        if (attempt.task.code !== 'A') return
        report.ask({ text: 'Is anybody there?' }).catch((error: unknown) => {
          forgotten = error
        })
        await new Promise((resolve) => setTimeout(resolve, 0))
      },
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.advance(5_000)
    expect((await run).tasks.done).toBe(2)
    expect(forgotten).toMatchObject({ code: 'cancelled' })
    expect(await answerAll(world, 'no')).toBe(0)
  })

  it('that a yielding runner leaves behind bring it back with the answer, not before', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (attempt, { report }) => {
        if (attempt.answers.length > 0) return attempt.answers[0]?.answer
        report.ask({ text: 'Which name?' }).catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, 0))
        return { status: 'yielded', reason: 'waits for the name' }
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(60_000)
    expect((await world.task('A')).attemptCount).toBe(1)
    await answerAll(world, 'Ada')
    await world.clock.advance(5_000)
    expect((await run).attempts).toBe(2)
    expect((await world.task('A')).summary).toBe('Ada')
  })

  it('answered while a worker looks for work never make two attempts of one slot', async () => {
    let working = 0
    let most = 0
    const work = async (clock: ManualClock) => {
      working += 1
      most = Math.max(most, working)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50))
      working -= 1
    }
    const world: TinyWorld = await tinyWorld({
      tasks: { asks: [], B: [], C: [], D: [], E: [] },
      runner: async (attempt, { report }) => {
        if (attempt.task.code === 'asks') await report.ask({ text: 'Which one?' })
        await work(world.clock)
      },
    })
    world.cueline.on('event', (event) => {
      if (event.type === 'attempt.succeeded') void answerAll(world, 'this')
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.advance(10_000)
    expect((await run).tasks.done).toBe(5)
    expect(most).toBe(1)
  })
})
