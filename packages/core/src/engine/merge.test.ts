import { describe, expect, it } from 'vitest'
import type { Gate } from '../gate/gate.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Verdict } from '../staging/state.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'
import { CuelineError } from '../error.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'
import { replay } from '../staging/evolve.ts'

describe('evidence [X-08, S3-06]', () => {
  it('a runner that lies cannot get a task verified: its gate decides', async () => {
    const world = await tinyWorld({
      tasks: { A: [], B: ['A'] },
      settings: { maxAttempts: 2 },
      runner: async () => 'all tests pass, I promise',
      gates: () => [gate('tests', () => 'fail')],
    })
    const result = await world.cueline.run({ projectId: world.projectId })
    expect(result).toMatchObject({ tasks: { failed: 1, open: 1 }, attempts: 2 })
    expect(await world.task('A')).toMatchObject({
      reached: 'completed',
      failure: { class: 'gate-failed' },
    })
  })

  it('says why a gate failed: its summary and the last line it printed', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      runner: async () => {},
      gates: [
        {
          name: 'tests',
          judge: async () => ({
            gate: 'tests',
            result: 'fail',
            summary: '"node" exited with code 9',
            durationMs: 0,
            cause: 'code',
            evidence: 'starting\nnode: bad option: --strip\n',
          }),
        },
      ],
    })
    await world.cueline.run({ projectId: world.projectId })
    expect((await world.task('A')).failure?.message).toBe(
      'Gates did not pass on the work: "tests" (fail). "node" exited with code 9: node: bad option: --strip',
    )
  })

  it('tell the line that names the error, and not the brace that a test runner ends with', async () => {
    const evidence = [
      'AssertionError [ERR_ASSERTION]: 9 is not 17',
      '    at test/a.test.ts:3',
      "  code: 'ERR_ASSERTION',",
      '}',
      '',
    ].join('\n')
    const judged = { gate: 'tests', result: 'fail', summary: 'It exited with 1', durationMs: 0 } as const // prettier-ignore
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      runner: async () => {},
      gates: () => [{ name: 'tests', judge: async () => ({ ...judged, cause: 'code', evidence }) }],
    })
    await world.cueline.run({ projectId: world.projectId })
    expect((await world.task('A')).failure?.message).toBe(
      'Gates did not pass on the work: "tests" (fail). It exited with 1: AssertionError [ERR_ASSERTION]: 9 is not 17',
    )
  })

  it('refuses gates of a wrong shape when they are given, not when they are needed', async () => {
    const gates = 'node --test' as never
    await expect(tinyWorld({ tasks: {}, gates })).rejects.toThrow('gates is string; give an array')
  })

  it('a gate that breaks does not pass', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      runner: async () => {},
      gates: () => [
        {
          name: 'broken',
          judge: async () => {
            throw new Error('the tool is not installed')
          },
        },
      ],
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(await world.statuses()).toEqual({ A: 'failed' })
  })

  it('a task that names gates is not verified where no gates are configured', async () => {
    const world = await tinyWorld({
      tasks: [{ id: 'A', title: 'A', context: { gates: [{ name: 'tests', command: ['x'] }] } }],
      settings: { maxAttempts: 1 },
      runner: async () => {},
    })
    await world.cueline.run({ projectId: world.projectId })
    expect((await world.task('A')).failure?.message).toContain('Gates did not pass')
  })

  it('claimed, verified and merged are told apart', async () => {
    const workspace = memoryWorkspaces()
    const reached: string[] = []
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace,
      runner: writes(workspace, (code) => ({ [code]: 'work' })),
      gates: () => [gate('tests', () => 'pass')],
    })
    world.cueline.on('event', async ({ type }) => {
      if (/verifying|merging|succeeded/.test(type))
        reached.push(`${type} ${(await world.task('A')).reached}`)
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(world.events.map((event) => event.type)).toEqual(
      expect.arrayContaining(['attempt.verifying', 'attempt.merging', 'attempt.succeeded']),
    )
    expect((await world.task('A')).reached).toBe('merged')
    expect(workspace.result.get('A')).toBe('work')
  })
})

describe('merging [S4-05, S4-06, X-07]', () => {
  it('gives a conflict back to its owner as a new attempt with the paths', async () => {
    const workspace = memoryWorkspaces([['shared', 'base']])
    const feedback: string[] = []
    const both = Promise.withResolvers<void>()
    let started = 0
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      workspace,
      runner: async (attempt) => {
        feedback.push(
          ...attempt.feedback.map(({ class: kind, evidence }) => `${kind}: ${evidence}`),
        )
        const files = workspace.files(attempt.attemptId)
        files.set('shared', `${files.get('shared')}+${attempt.task.code}`)
        started += 1
        if (started === 2) both.resolve()
        if (attempt.number === 1) await both.promise
      },
    })
    const result = await world.cueline.run({ projectId: world.projectId, workers: 2 })
    expect(result).toMatchObject({ tasks: { done: 2 }, attempts: 3 })
    expect(feedback).toEqual(['merge-conflict: shared'])
    expect(workspace.result.get('shared')).toMatch(/^base\+[AB]\+[AB]$/)
  })

  it('remembers what the work really touched, also where it did not land', async () => {
    const workspace = memoryWorkspaces([['shared', 'base']])
    const both = Promise.withResolvers<void>()
    let started = 0
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      workspace,
      runner: async (attempt) => {
        if (attempt.number > 1) throw new CuelineError('refused', 'It gives up.')
        const files = workspace.files(attempt.attemptId)
        files.set('shared', attempt.task.code)
        files.set(`own/${attempt.task.code}`, 'work')
        started += 1
        if (started === 2) both.resolve()
        await both.promise
      },
    })
    await world.cueline.run({ projectId: world.projectId, workers: 2 })
    expect(Object.values(await world.statuses()).toSorted()).toEqual(['done', 'failed'])
    for (const code of ['A', 'B']) {
      expect((await world.task(code)).touched).toEqual({
        paths: [`own/${code}`, 'shared'],
        total: 2,
      })
    }
    const replayed = replay(world.events)
    expect([...replayed.tasks.values()].map(({ touched }) => touched?.total)).toEqual([2, 2])
  })

  it('judges the merged result again when it differs from what the workspace held', async () => {
    const workspace = memoryWorkspaces()
    const both = Promise.withResolvers<void>()
    const judged: number[] = []
    let started = 0
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      settings: { maxAttempts: 1 },
      workspace,
      runner: async (attempt) => {
        workspace.files(attempt.attemptId).set(attempt.task.code, 'work')
        started += 1
        if (started === 2) both.resolve()
        await both.promise
      },
      gates: () => [
        gate('together', (attempt) => {
          let merged: ReadonlyMap<string, string>
          try {
            merged = workspace.trial(attempt.attemptId)
          } catch {
            merged = workspace.files(attempt.attemptId)
          }
          judged.push(merged.size)
          return merged.size < 2 ? 'pass' : 'fail'
        }),
      ],
    })
    const result = await world.cueline.run({ projectId: world.projectId, workers: 2 })
    expect(result.tasks).toMatchObject({ done: 1, failed: 1 })
    expect(judged).toContain(2)
    expect(workspace.result.size).toBe(1)
  })

  it('counts work that had merged before its worker was lost as done, and does not do it twice', async () => {
    const workspace = memoryWorkspaces()
    let works = 0
    const land = workspace.land.bind(workspace)
    const world = await tinyWorld({
      tasks: { A: [], B: ['A'] },
      workspace: {
        ...workspace,
        files: workspace.files,
        async land(trial, confirm) {
          const landed = await land(trial, confirm)
          if (trial.workspace.attemptId === 'attempt-1') await new Promise(() => {})
          return landed
        },
      } as typeof workspace,
      runner: async (attempt) => {
        works += 1
        workspace.files(attempt.attemptId).set(attempt.task.code, 'work')
      },
    })
    // The attempt that landed A is never heard of again.
    const renew = world.storage.renew.bind(world.storage)
    world.storage.renew = async () => ({ lost: [] })
    const run = world.cueline.run({ projectId: world.projectId, workers: 2 })
    run.catch(() => {})
    await world.clock.settle()
    expect((await world.task('A')).status).toBe('review')
    await world.clock.advance(40_000)
    world.storage.renew = renew
    await world.clock.advance(10_000)
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done' })
    expect(works).toBe(2)
    expect((await world.task('A')).touched).toEqual({ paths: ['A'], total: 1 })
  })

  it('counts a landing that failed only after it had landed', async () => {
    const workspace = memoryWorkspaces()
    const land = workspace.land.bind(workspace)
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      workspace: {
        ...workspace,
        async land(trial, confirm) {
          await land(trial, confirm)
          throw new Error('the disk went away')
        },
      },
      runner: writes(workspace, (code) => ({ [code]: 'work' })),
    })
    const result = await world.cueline.run({ projectId: world.projectId })
    expect(result.tasks).toMatchObject({ done: 1, failed: 0 })
    expect(await world.task('A')).toMatchObject({ reached: 'merged' })
  })

  it('never calls a landing failed because its success could not be stored', async () => {
    const workspace = memoryWorkspaces()
    let works = 0
    const land = workspace.land.bind(workspace)
    const world: TinyWorld = await tinyWorld({
      tasks: { A: [] },
      workspace: {
        ...workspace,
        async land(trial, confirm) {
          const landed = await land(trial, confirm)
          failNext(world)
          return landed
        },
      },
      runner: async (attempt) => {
        works += 1
        workspace.files(attempt.attemptId).set('A', 'work')
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(60_000)
    expect(await run).toMatchObject({ attempts: 1, tasks: { done: 1 } })
    expect(await world.task('A')).toMatchObject({ status: 'done', reached: 'merged' })
    expect(works).toBe(1)
  })

  it('leaves no workspace behind, and keeps what did not land', async () => {
    const workspace = memoryWorkspaces()
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      workspace,
      runner: async (attempt) => {
        workspace.files(attempt.attemptId).set('half', 'done')
        throw new Error('lost the thread')
      },
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(await workspace.list()).toEqual([])
    expect([...workspace.salvage.values()][0]?.get('half')).toBe('done')
  })
})

/** From when it is called on, the next thing that an attempt stores is not stored. */
function failNext({ storage }: TinyWorld): void {
  const transaction = storage.transaction.bind(storage)
  let full = true
  storage.transaction = (work, projectId) =>
    transaction((inner) => {
      const failing = Object.create(inner) as typeof inner
      const load: typeof inner.load = async (keys) => {
        if (!full || keys.attempts === undefined) return inner.load(keys)
        full = false
        throw new CuelineError('storage-full', 'The disk is full.')
      }
      return work(Object.assign(failing, { load, query: inner.query.bind(inner) }))
    }, projectId)
}

function writes(
  workspace: ReturnType<typeof memoryWorkspaces>,
  work: (code: string) => Record<string, string>,
) {
  return async (attempt: AttemptBrief) => {
    const files = workspace.files(attempt.attemptId)
    for (const [path, content] of Object.entries(work(attempt.task.code))) files.set(path, content)
  }
}

function gate(name: string, judge: (attempt: AttemptBrief) => Verdict['result']): Gate {
  return {
    name,
    judge: async ({ attempt }) => ({
      gate: name,
      result: judge(attempt),
      summary: '',
      durationMs: 0,
      cause: null,
      evidence: '',
    }),
  }
}
