import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import type { Queries, Storage, StorageTransaction } from '../storage/storage.ts'
import type { TaskSpec } from '../task/task-spec.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

const second = 1_000

type Asked = Queries['claimable']['input']
type Answered = (input: Asked, found: number) => void

/** A storage whose claims can be watched, or which leaves nobody out for what is full. */
function observed(storage: Storage, change: (input: Asked) => Asked, answered: Answered): Storage {
  return {
    ...storage,
    transaction: (work, projectId) =>
      storage.transaction((transaction) => {
        const query = async (name: keyof Queries, input: never) => {
          if (name !== 'claimable') return transaction.query(name, input)
          const found = await transaction.query('claimable', change(input))
          answered(input, found.length)
          return found
        }
        const watched: StorageTransaction = Object.assign(Object.create(transaction), { query })
        return work(watched)
      }, projectId),
  }
}

function asItIs(input: Asked): Asked {
  return input
}

/** What a storage did that knows of nothing full. */
function nothingLeftOut(input: Asked): Asked {
  return {
    ...input,
    fullAccounts: [],
    fullBatches: [],
    scarceResources: [],
    capabilities: ['python', 'rust'],
  }
}

interface Game {
  readonly tasks: readonly TaskSpec[]
  readonly workers: number
  readonly settings: NonNullable<Parameters<typeof tinyWorld>[0]['settings']>
  readonly capabilities: readonly string[] | undefined
}

/**
 * Runs all that these workers are able to do, the n-th task for n seconds. Resolves with the codes in
 * the order of their starts, and with the candidates that claims were given.
 */
async function startsOf(game: Game, change: (input: Asked) => Asked, seconds = 200) {
  const { tasks, workers, settings, capabilities } = game
  const clock = manualClock()
  const started: string[] = []
  let looked = 0
  const world = await tinyWorld({ clock, tasks, settings, workers: Math.max(8, tasks.length) })
  const { projectId } = world
  const cueline = await createCueline({
    clock,
    random: () => 0.5,
    storage: observed(world.storage, change, (_, found) => (looked += found)),
    async runner({ task }) {
      started.push(task.code)
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, Number(task.code.slice(1)) * second)
      })
    },
  })
  let ended = false
  const stop = new AbortController()
  const abled = capabilities === undefined ? {} : { capabilities }
  const run = cueline
    .run({ projectId, workers, signal: stop.signal, drainMs: 0, ...abled })
    .finally(() => (ended = true))
  for (let passed = 0; passed < seconds && !ended; passed += 1) await clock.advance(second)
  stop.abort()
  await clock.advance(second)
  await run
  await cueline.close()
  return { started, looked }
}

const games: fc.Arbitrary<Game> = fc.record({
  tasks: fc
    .array(
      fc.record({
        resources: fc.dictionary(fc.constantFrom('gpu', 'disk'), fc.constantFrom(0, 0.5, 1, 3)),
        capabilities: fc.subarray(['python', 'rust']),
        account: fc.constantFrom('team', 'other'),
        touches: fc.subarray(['src/a.ts', 'src/b.ts']),
        priority: fc.constantFrom('high' as const, 'normal' as const, 'low' as const),
      }),
      { minLength: 1, maxLength: 16 },
    )
    .map((list) => list.map((task, at) => ({ id: `T${at + 1}`, title: `Task ${at}`, ...task }))),
  workers: fc.integer({ min: 1, max: 4 }),
  settings: fc.record({
    resources: fc.record({ gpu: fc.constantFrom(1, 1.5, 2), disk: fc.constantFrom(0.7, 3) }),
    accountLimits: fc.record({ team: fc.integer({ min: 1, max: 3 }) }),
  }),
  capabilities: fc.option(fc.subarray(['python', 'rust']), { nil: undefined }),
})

describe('claims of tasks behind others that cannot start [S2-02, S2-03]', () => {
  it('are those that looking through all tasks finds, in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(games, async (game) => {
        const expected = await startsOf(game, nothingLeftOut)
        const { started } = await startsOf(game, asItIs)
        expect(started).toEqual(expected.started)
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it.each([
    ['of a resource that is taken', { resources: { gpu: 1 } }],
    ['that the workers are not able to do', { capabilities: ['rust'] }],
  ])('look at a few of thousands %s', async (_, ask) => {
    const tasks = [
      ...Array.from({ length: 2_000 }, (__, at) => ({ id: `U${at}`, title: 'Next', ...ask })),
      { id: 'T1', title: 'Last' },
    ]
    const settings = { resources: { gpu: 0 } }
    const game = { tasks, workers: 2, settings, capabilities: ['python'] }
    const { started, looked } = await startsOf(game, asItIs, 2)
    expect(started).toEqual(['T1'])
    expect(looked).toBeLessThan(40)
    expect((await startsOf(game, nothingLeftOut, 2)).looked).toBeGreaterThan(2_000)
  })
})
