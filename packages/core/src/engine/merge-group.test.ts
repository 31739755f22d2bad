import { describe, expect, it } from 'vitest'
import type { CuelineOptions } from '../create-cueline.ts'
import type { Gate } from '../gate/gate.ts'
import type { AttemptId } from '../id.ts'
import { foldReport } from '../report/fold-report.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { replay } from '../staging/evolve.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'
import { type MemoryWorkspaces, memoryWorkspaces } from '../workspace/memory-workspaces.ts'

type Files = ReadonlyMap<string, string>

interface Grouped {
  readonly workspace: MemoryWorkspaces
  /** What was judged as a merged result: the names of its files. */
  readonly judged: readonly string[]
  /** How many landed at once, landing by landing. */
  readonly landings: readonly number[]
}

/**
 * A world in which `first` lands only when all others wait to be merged. Each task writes a file of its
 * name, unless `files` says otherwise; what is red is said by `red`.
 */
async function groupedWorld(
  {
    tasks,
    red,
    files = (code) => ({ [code]: 'work' }),
    key = 'tests',
    asks = () => {},
    ...options
  }: Pick<CuelineOptions, 'mergeGroup' | 'protect'> & {
    readonly tasks: readonly string[]
    readonly red: (files: Files) => boolean
    readonly files?: (code: string) => Readonly<Record<string, string>>
    readonly key?: string | null
    readonly asks?: (code: string) => unknown
  },
  change: (workspace: MemoryWorkspaces) => Partial<MemoryWorkspaces> = () => ({}),
): Promise<{
  readonly world: TinyWorld
  readonly grouped: Grouped
  readonly run: () => Promise<unknown>
}> {
  const workspace = memoryWorkspaces()
  const judged: string[] = []
  const landings: number[] = []
  const queued = Promise.withResolvers<void>()
  const gate: Gate = {
    name: 'tests',
    ...(key !== null && { key }),
    async judge({ attempt: { attemptId, task } }) {
      asks(task.code)
      const found = filesAt(workspace, attemptId)
      if (found.merged) judged.push([...found.files.keys()].toSorted().join(' '))
      const result = red(found.files) ? 'fail' : 'pass'
      return { gate: 'tests', result, summary: result, durationMs: 0, cause: null, evidence: '' }
    },
  }
  const world = await tinyWorld({
    tasks: Object.fromEntries(tasks.map((code) => [code, []])),
    workers: tasks.length,
    maxParallelTasks: tasks.length,
    gates: [gate],
    ...options,
    runner: async ({ attemptId, number, task: { code } }: AttemptBrief) => {
      if (number > 1) return { status: 'failed', class: 'permanent', message: 'It gives up.' }
      const own = workspace.files(attemptId)
      for (const [path, text] of Object.entries(files(code))) own.set(path, text)
      return undefined
    },
    workspace: {
      ...workspace,
      async tryMerge(...given) {
        await queued.promise
        return await workspace.tryMerge(...given)
      },
      async land(trial, confirm) {
        const landed = await workspace.land(trial, confirm)
        landings.push(landed.group?.length ?? 1)
        return landed
      },
      ...change(workspace),
    },
  })
  let waiting = 0
  world.cueline.on('event', ({ type }) => {
    if (type === 'attempt.merging') waiting += 1
    if (waiting === tasks.length) queued.resolve()
  })
  const { projectId } = world
  const run = () => world.cueline.run({ projectId, workers: tasks.length })
  return { world, run, grouped: { workspace, judged, landings } }
}

function withHeld<Inner extends object>(inner: Inner, held: unknown): Inner {
  return new Proxy(inner, {
    get(of, name) {
      if (name === 'held') return held
      const value: unknown = Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

/** Of the trial where there is one, else of the workspace. */
function filesAt(workspace: MemoryWorkspaces, attemptId: AttemptId) {
  try {
    return { merged: true, files: workspace.trial(attemptId) }
  } catch {
    return { merged: false, files: workspace.files(attemptId) }
  }
}

const has = (files: Files, ...names: string[]) => names.every((name) => files.has(name))

describe('a merge group [X-06, S4-06]', () => {
  it('is judged once and lands in one step, each of it by a landing of its own', async () => {
    const { world, run, grouped } = await groupedWorld({
      tasks: ['A', 'B', 'C', 'D'],
      mergeGroup: 8,
      red: () => false,
    })
    await run()
    expect(grouped.judged).toEqual(['A B C D'])
    expect(grouped.landings).toEqual([4])
    const merged = world.events.flatMap((event) =>
      event.type === 'attempt.succeeded' ? [event.merged] : [],
    )
    expect(new Set(merged).size).toBe(4)
    const { merges } = foldReport(world.events)
    expect(merges).toMatchObject({ landed: 4, groups: 1, gateRunsSaved: 2 })
    const group = world.events.find(({ type }) => type === 'attempt.grouped')
    expect(group).toMatchObject({ landed: 4, gateRuns: 1, gateRunsSaved: 2 })
  })

  it('sends back who is red, with what it was merged with, and lands the others', async () => {
    const { world, run, grouped } = await groupedWorld({
      tasks: ['A', 'B', 'C', 'D', 'E'],
      mergeGroup: 8,
      red: (files) => has(files, 'A', 'D'),
    })
    await run()
    expect(await world.statuses()).toMatchObject({ A: 'done', B: 'done', C: 'done', E: 'done' })
    expect([...grouped.workspace.result.keys()].toSorted()).toEqual(['A', 'B', 'C', 'E'])
    // All, the first half, one more of it; the rest alone once D is out.
    expect(grouped.judged).toEqual(['A B C D E', 'A B C', 'A B C D', 'A B C E'])
    const failed = world.events.find(({ type }) => type === 'attempt.failed')
    expect(failed).toMatchObject({
      failure: {
        class: 'gate-failed',
        message: expect.stringContaining(
          'It was merged together with A, B, C, which are green without it and landed; found by 3 runs of the gates.',
        ),
      },
    })
    const slice = replay(world.events)
    const rounds = [...slice.workOrders.values()].map(({ mergeRounds }) => mergeRounds)
    expect(rounds.reduce((sum, each) => sum + each)).toBe(1)
  })

  it('leaves out who contradicts what is before it, and nobody else', async () => {
    const { world, run, grouped } = await groupedWorld({
      tasks: ['A', 'B', 'C', 'D'],
      mergeGroup: 8,
      red: () => false,
      files: (code) => (code === 'B' || code === 'C' ? { shared: code } : { [code]: 'work' }),
    })
    await run()
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'failed', D: 'done' })
    expect(grouped.landings).toEqual([3])
    expect(grouped.judged).toEqual(['A D shared'])
  })

  it('leaves out who changes what is protected', async () => {
    const { world, run } = await groupedWorld(
      {
        tasks: ['A', 'B', 'C'],
        mergeGroup: 8,
        red: () => false,
        files: (code) => ({ [code === 'C' ? 'CLAUDE.md' : code]: 'work' }),
      },
      // What a left-over program wrote after the runner had ended.
      () => ({ inspect: async () => null }),
    )
    await run()
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'failed' })
    const failed = world.events.find(({ type }) => type === 'attempt.failed')
    expect(failed).toMatchObject({ failure: { class: 'invalid-output' } })
  })

  it('has no more attempts than it may, and one when nothing is said', async () => {
    for (const [mergeGroup, landings] of [
      [2, [2, 2]],
      [undefined, [1, 1, 1, 1]],
    ] as const) {
      const { run, grouped } = await groupedWorld({
        tasks: ['A', 'B', 'C', 'D'],
        ...(mergeGroup !== undefined && { mergeGroup }),
        red: () => false,
      })
      await run()
      expect(grouped.landings).toEqual(landings)
    }
  })

  it('is judged by each gate that has no key for each of its attempts', async () => {
    const asked: string[] = []
    const { run, grouped } = await groupedWorld({
      tasks: ['A', 'B', 'C'],
      mergeGroup: 8,
      key: null,
      red: () => false,
      asks: (code) => asked.push(code),
    })
    await run()
    // Only the last has a trial to look at here; on a disk all of them are given its folder. trial of its own, so its gate looks at its workspace in this test.
    expect(grouped.judged).toEqual(['A B C'])
    expect(asked).toEqual(['A', 'B', 'C', 'C', 'B', 'A'])
    expect(grouped.landings).toEqual([3])
  })

  it('lands nothing when one of it has lost its lease, and the others go on without it', async () => {
    let lost: string | null = null
    const { world, run, grouped } = await groupedWorld(
      { tasks: ['A', 'B', 'C'], mergeGroup: 8, red: () => false },
      (workspace) => ({
        async land(trial, confirm) {
          if (trial.ok && trial.group !== undefined) {
            lost = trial.group[1]?.workspace.attemptId ?? null
            await expect(confirm()).rejects.toThrow('lost its lease')
            await workspace.abandon(trial)
            throw new Error('refused by the confirmation')
          }
          return await workspace.land(trial, confirm)
        },
      }),
    )
    const transaction = world.storage.transaction.bind(world.storage)
    world.storage.transaction = (work, projectId) =>
      transaction((inner) => {
        const held: typeof inner.held = async (claims) => {
          const found = new Set(await inner.held(claims))
          // Only the check of a landing asks about several at once.
          if (claims.length > 1) for (const each of claims.slice(1)) found.delete(each.workOrderId)
          return found
        }
        return work(withHeld(inner, held))
      }, projectId)
    await run()
    expect(lost).not.toBeNull()
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'done' })
    expect([...grouped.workspace.result.keys()].toSorted()).toEqual(['A', 'B', 'C'])
  })

  it('is given up when one of it is stopped, whose work stays, and the others land', async () => {
    const stopping = Promise.withResolvers<void>()
    let waits = true
    const { world, run } = await groupedWorld(
      { tasks: ['A', 'B', 'C'], mergeGroup: 8, red: () => false },
      (workspace) => ({
        async tryMergeGroup(workspaces, signal) {
          const trial = await workspace.tryMergeGroup?.(workspaces, signal)
          if (trial === undefined) throw new Error('It has no groups.')
          if (waits) await stopping.promise
          waits = false
          return trial
        },
      }),
    )
    const running = run()
    await world.clock.settle()
    await world.cueline.tasks.cancel({ projectId: world.projectId, task: 'C' })
    await world.clock.settle()
    stopping.resolve()
    await running
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'cancelled' })
  })

  it('is refused for a number of attempts that is none', async () => {
    for (const mergeGroup of [0, 1.5, 101, Number.NaN]) {
      const world = tinyWorld({ tasks: {}, mergeGroup })
      await expect(world).rejects.toThrow('give a whole number from 1 to 100')
    }
  })
})
