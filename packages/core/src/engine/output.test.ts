import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('output of attempts [S3-04]', () => {
  it('goes to the log in order, in portions', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        report.output('one ', 'stdout')
        report.output('two', 'stdout')
        report.output('a warning', 'stderr')
      },
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(written(world)).toEqual(['stdout: one two', 'stderr: a warning'])
  })

  it('is bounded: a runner that floods its output cannot fill the log', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        for (let n = 0; n < 1_000; n += 1) report.output('x'.repeat(10_000), 'stdout')
      },
    })
    expect((await world.cueline.run({ projectId: world.projectId })).tasks.done).toBe(1)
    const lines = written(world)
    expect(lines.join('').length).toBeLessThan(300 * 1024)
    expect(lines.at(-1)).toMatch(/9737856 more characters of output were cut/)
  })

  it('is heard at once by whoever listens for progress', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        report.progress('half way')
      },
    })
    const heard: string[] = []
    world.cueline.on('progress', ({ text }) => {
      heard.push(text)
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(heard).toEqual(['half way'])
  })

  it('of an attempt that has ended is ignored', async () => {
    let late: (text: string) => void = () => {}
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        late = (text) => report.output(text, 'stdout')
      },
    })
    await world.cueline.run({ projectId: world.projectId })
    late('too late')
    await world.clock.advance(1_000)
    expect(written(world)).toEqual([])
    expect(world.errors).toEqual([])
  })
})

describe('workers [S2-03]', () => {
  it('register, work, and sign off; one that falls silent is marked offline by whoever runs next', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    const { storage, projectId } = world
    await world.cueline.run({ projectId, workers: 2 })
    const workers = () =>
      storage.transaction((transaction) => transaction.query('workers', { projectId }))
    expect((await workers()).map(({ status }) => status)).toEqual(['offline', 'offline'])

    // A worker of a process that died: registered, never heard of again.
    await storage.transaction((transaction) =>
      transaction.write(
        projectId,
        [
          {
            table: 'worker',
            kind: 'insert',
            row: {
              id: 'worker-lost' as never,
              projectId,
              name: 'lost',
              status: 'busy',
              registeredAt: transaction.now,
            },
          },
        ],
        [],
        'test',
      ),
    )
    await world.clock.advance(61_000)
    await world.cueline.run({ projectId, workers: 1 })
    const lost = (await workers()).find(({ name }) => name === 'lost')
    expect(lost?.status).toBe('offline')
  })
})

function written({ events }: { readonly events: readonly { readonly type: string }[] }): string[] {
  return events.flatMap((event) =>
    event.type === 'attempt.output' && 'stream' in event && 'text' in event
      ? [`${String(event.stream)}: ${String(event.text)}`]
      : [],
  )
}
