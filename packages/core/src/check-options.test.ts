import { describe, expect, it } from 'vitest'

import { createCueline } from './create-cueline.ts'

/** As a caller without types sees it. */
const create = createCueline as (options?: unknown) => ReturnType<typeof createCueline>

describe('createCueline, called without types', () => {
  it.each([
    [null, 'createCueline was given null'],
    [{ runnr: () => 'done' }, 'takes no "runnr"; it takes storage, runner, workspace'],
    [
      { runner: 'my-agent' },
      'runner is "my-agent"; give a function, or an object with a method run',
    ],
    [{ runner: {} }, 'runner is an object; give a function'],
    [{ storage: Promise.resolve() }, 'storage is a promise; await it'],
    [{ storage: {} }, 'storage is an object; give the storage that sqliteStorage'],
    [{ workspace: '.' }, 'workspace is "."; give the workspaces'],
    [{ dispatcher: 3 }, 'dispatcher is 3; give a dispatcher'],
    [{ onError: 'console' }, 'onError is "console"; give a function'],
    [{ mergeGroup: 0 }, 'mergeGroup is 0; give a whole number from 1 to 100'],
    [{ settings: { maxAttempts: 0 } }, 'settings.maxAttempts cannot be used'],
    [{ settings: { barier: 'stage' } }, 'settings cannot be used: Unrecognized key: "barier"'],
    [{ times: { lease: 1 } }, 'times takes no "lease"; it takes leaseMs'],
    [{ times: { leaseMs: Number.NaN } }, 'times.leaseMs is NaN; give milliseconds, 1 or more'],
    [{ times: { sweepMs: '10' } }, 'times.sweepMs is "10"'],
  ])('%# names the option that cannot be right', async (options, message) => {
    await expect(create(options)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(message) as string,
    })
  })

  it('takes options that are undefined, and no radar', async () => {
    const cueline = await create({ runner: undefined, storage: undefined, times: { radarMs: 0 } })
    await expect(cueline.projects.list({})).resolves.toEqual([])
    await cueline.close()
  })
})

describe('a Cueline, called without types', () => {
  it('names the option of a run that cannot be right', async () => {
    const cueline = await create({ runner: () => 'done' })
    const { id: projectId } = await cueline.projects.create({ name: 'Greenhouse' })
    const run = cueline.run as (options?: unknown) => Promise<unknown>
    for (const [options, message] of [
      [undefined, 'run was given undefined'],
      [{ projectId, worker: 2 }, 'run takes no "worker"; it takes projectId, workers'],
      [{ projectId, workers: '2' }, 'workers is "2"'],
      [{ projectId, signal: new AbortController() }, 'signal is an object; give an AbortSignal'],
      [{ projectId, capabilities: 'gpu' }, 'capabilities is "gpu"; give a list'],
      [{ projectId, timeScale: 0 }, 'timeScale is 0'],
    ] as const) {
      await expect(run(options)).rejects.toMatchObject({
        code: 'invalid-input',
        message: expect.stringContaining(message) as string,
      })
    }
    await cueline.close()
  })

  it('follows from no cursor that no event has, instead of waiting for ever', async () => {
    const cueline = await create()
    const { id: projectId } = await cueline.projects.create({ name: 'Greenhouse' })
    for (const cursor of ['4', -1, 0.5, Number.NaN]) {
      const events = cueline.watch({
        projectId,
        cursor: cursor as number,
        signal: new AbortController().signal,
      })
      await expect(events[Symbol.asyncIterator]().next()).rejects.toThrow(/^cursor is /)
    }
    await cueline.close()
  })

  it('has nothing to hear under another name, and tells nobody but functions', async () => {
    const cueline = await create()
    const on = cueline.on as (name: unknown, listener?: unknown) => unknown
    expect(() => on('events', () => {})).toThrow(/give "event" or "progress"/)
    expect(() => on('event')).toThrow(/listener of "event" is undefined; give a function/)
    await cueline.close()
  })
})

describe('what a host without types hands over while it runs [X-08]', () => {
  const failureOf = async (options: object) => {
    const cueline = await create({ settings: { maxAttempts: 1 }, ...options })
    const { id: projectId } = await cueline.projects.create({ name: 'Greenhouse' })
    await cueline.tasks.add({ projectId, tasks: [{ id: 'T1', title: 'Measure the light' }] })
    const { id: planId } = await cueline.plans.build({ projectId, workers: 1 })
    await cueline.stages.fromPlan({ planId, force: true })
    await cueline.run({ projectId })
    const { task } = await cueline.tasks.get({ projectId, task: 'T1' })
    await cueline.close()
    return [task.status, task.failure?.message]
  }

  it.each([undefined, null, Promise.resolve([])])(
    'is no way past the gates: %s in place of a list of them fails the task',
    async (gates) => {
      expect(await failureOf({ runner: () => 'done', gates: () => gates })).toEqual([
        'failed',
        expect.stringMatching(/^gates gave .* for task "T1"; it gives an array of gates/),
      ])
    },
  )

  it('is no question without a text, which would wait for ever', async () => {
    type Context = { report: { ask: (question: unknown) => Promise<string> } }
    const runner = (_: unknown, { report }: Context) => report.ask('Which zone?')
    expect(await failureOf({ runner })).toEqual([
      'failed',
      "The runner gave undefined as the text of a question; give a text: report.progress('…'), report.ask({ text: '…' }).",
    ])
  })

  it('is no progress that is no text', async () => {
    type Context = { report: { progress: (text: unknown) => void } }
    const runner = (_: unknown, { report }: Context) => report.progress(50)
    expect(await failureOf({ runner })).toEqual([
      'failed',
      expect.stringContaining('The runner gave 50 as what is reported; give a text'),
    ])
  })
})
