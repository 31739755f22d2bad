import { describe, expect, it } from 'vitest'

import { type TinyWorld, tinyWorld, type TinyWorldOptions } from '../testing/tiny-world.ts'

const tasks = [
  { id: 'A', title: 'First', estimate: 10 },
  { id: 'B', title: 'Second', estimate: 20, dependsOn: ['A'] },
  { id: 'C', title: 'Third', estimate: 5, dependsOn: ['B'] },
  { id: 'D', title: 'Beside', estimate: 5 },
]

type Patch = Parameters<TinyWorld['cueline']['plans']['revise']>[0]['patch']

/** Runs the project and revises it once, while the first attempt of the task works. */
async function revisedDuring(
  code: string,
  patch: Patch,
  options: { readonly restart?: boolean; readonly given?: Partial<TinyWorldOptions> } = {},
) {
  const worked: string[] = []
  const answers: Awaited<ReturnType<typeof revise>>[] = []
  const world = await tinyWorld({
    tasks,
    workers: 2,
    ...options.given,
    runner: async ({ task, number }, { signal }) => {
      worked.push(`${task.code}${number}`)
      if (task.code !== code || number > 1) return
      answers.push(await revise())
      if (answers[0]!.restarted.includes(code)) await aborted(signal)
    },
  })
  const { cueline, projectId } = world
  const revise = () => cueline.plans.revise({ projectId, patch, restart: options.restart ?? false })
  const report = await cueline.run({ projectId, workers: 2 })
  return {
    world,
    worked,
    answer: answers[0]!,
    report,
    plan: await cueline.plans.get({ projectId }),
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error('stopped'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
}

/** What the log does not fold to again, or counters and the ready set do not agree with. */
async function findings({ cueline, projectId }: TinyWorld) {
  return (await cueline.doctor.check({ projectId, replay: true })).findings
}

describe('a plan that is revised while it is worked on [X-12] [S4-01]', () => {
  it('goes on with what is not affected, and the revision rises', async () => {
    const { world, worked, answer, plan } = await revisedDuring('B', {
      change: [{ task: 'C', estimate: { min: 10, max: 30 }, priority: 'high', epic: 'Roof' }],
      add: [
        { id: 'E', title: 'New', estimate: 7, dependsOn: [{ task: 'D', releaseOn: 'completed' }] },
      ],
      addDependencies: [{ task: 'C', dependsOn: 'E' }],
    })
    expect(answer).toMatchObject({
      applied: true,
      revision: 2,
      restart: [],
      refused: [],
      restarted: [],
    })
    expect(answer.text).toContain('E is added; it waits for D.')
    expect(answer.text).toContain('C waits for E, too.')
    expect(plan).toMatchObject({ id: answer.planId, revision: 2, hash: answer.hash })
    expect(plan?.schedule.map(({ task }) => task).toSorted()).toEqual(['B', 'C', 'E'])
    expect(worked).toEqual(['A1', 'D1', 'B1'])
    expect(await world.statuses()).toMatchObject({ A: 'done', B: 'done', C: 'staged', E: 'todo' })
    expect(await world.task('C')).toMatchObject({
      estimate: { min: 10, max: 30 },
      priority: 'high',
      epic: 'Roof',
      openDependencies: 1,
    })
    const { dependencies } = await world.cueline.tasks.get({
      projectId: world.projectId,
      task: 'E',
    })
    expect(dependencies).toMatchObject([{ code: 'D', edge: { releaseOn: 'completed' } }])
    expect(await findings(world)).toEqual([])
  })

  it('names what would need a restart, and leaves it as it is', async () => {
    const { world, worked, answer } = await revisedDuring('B', {
      change: [
        { task: 'B', title: 'Second, but better' },
        { task: 'B', estimate: 60 },
      ],
      addDependencies: [{ task: 'B', dependsOn: 'D' }],
      removeDependencies: [{ task: 'B', dependsOn: 'A' }],
    })
    expect(answer.restart).toMatchObject([
      { kind: 'change', tasks: ['B'] },
      { kind: 'add-dependency', tasks: ['B', 'D'] },
    ])
    expect(answer.text).toContain('Not applied: ask for the restart to have it.')
    expect(answer).toMatchObject({ applied: true, restarted: [] })
    expect(worked).toEqual(['A1', 'D1', 'B1', 'C1'])
    expect(await world.task('B')).toMatchObject({ title: 'Second', estimate: 60, status: 'done' })
    expect(await findings(world)).toEqual([])
  })

  it('starts running tasks again where that was asked for, with what is new', async () => {
    const { world, worked, answer } = await revisedDuring(
      'B',
      {
        change: [{ task: 'B', title: 'Second, but better', touches: ['src/b.ts'] }],
        addDependencies: [{ task: 'B', dependsOn: 'D' }],
      },
      { restart: true },
    )
    expect(answer).toMatchObject({ applied: true, restarted: ['B'], refused: [] })
    expect(worked).toEqual(['A1', 'D1', 'B1', 'B2', 'C1'])
    expect(await world.task('B')).toMatchObject({
      title: 'Second, but better',
      touches: ['src/b.ts'],
      status: 'done',
    })
    expect(await findings(world)).toEqual([])
  })

  it('cancels what is removed, and its dependents go on without it', async () => {
    const { world, worked, answer } = await revisedDuring('A', { remove: ['B'] })
    expect(answer.allowed[0]?.message).toBe('B is removed. C no longer waits for it.')
    expect(worked.toSorted()).toEqual(['A1', 'C1', 'D1'])
    expect(await world.statuses()).toEqual({ A: 'done', B: 'cancelled', C: 'done', D: 'done' })
    expect(await findings(world)).toEqual([])
  })

  it('turns a dependency round in one step, in whatever order it is written down', async () => {
    const { cueline, projectId, task } = await tinyWorld({ tasks })
    const answer = await cueline.plans.revise({
      projectId,
      patch: {
        removeDependencies: [{ task: 'B', dependsOn: 'A' }],
        addDependencies: [{ task: (await task('A')).id, dependsOn: 'B' }],
      },
    })
    expect(answer).toMatchObject({ applied: true, refused: [], ready: ['B', 'D'] })
    expect([(await task('A')).openDependencies, (await task('B')).openDependencies]).toEqual([1, 0])
  })

  it('refuses by name what cannot be, and applies the rest', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks })
    await cueline.tasks.complete({ projectId, task: 'A', summary: 'by hand' })
    await cueline.tasks.cancel({ projectId, task: 'D' })
    const answer = await cueline.plans.revise({
      projectId,
      patch: {
        change: [
          { task: 'A', estimate: 1 },
          { task: 'C', estimate: null },
        ],
        add: [{ id: 'D', title: 'Again' }],
        addDependencies: [
          { task: 'B', dependsOn: 'C' },
          { task: 'B', dependsOn: 'Z' },
        ],
      },
    })
    expect(answer.refused.map(({ problem }) => problem)).toEqual([
      'duplicate',
      'done',
      'missing',
      'cycle',
    ])
    expect(answer.text).toContain('Refused: There is a task D already, cancelled or removed')
    expect(answer.allowed).toMatchObject([{ tasks: ['C'] }])
    expect((await cueline.tasks.get({ projectId, task: 'C' })).task.estimate).toBeNull()
  })

  it('shows in a preview exactly what applying it comes to, and changes nothing', async () => {
    const { cueline, projectId, events } = await tinyWorld({ tasks })
    const patch = { change: [{ task: 'B', estimate: 90 }], add: [{ id: 'E', title: 'New' }] }
    const before = events.length
    const preview = await cueline.plans.revise({ projectId, patch, preview: true })
    expect([preview.applied, preview.revision, events.length]).toEqual([false, 2, before])
    const applied = await cueline.plans.revise({ projectId, patch })
    expect({ ...applied, applied: false, planId: preview.planId }).toEqual(preview)
    expect((await cueline.plans.build({ projectId })).hash).toBe(preview.hash)
    expect(preview.difference.makespan).toMatchObject({ before: 35, after: 105 })
    const difference = await cueline.plans.diff({ before: preview.planId, after: applied.planId })
    expect(difference).toMatchObject({ same: false, added: ['E'] })
  })

  it('stores no revision when nothing of it can be applied', async () => {
    const { cueline, projectId, events } = await tinyWorld({ tasks })
    const before = events.length
    const answer = await cueline.plans.revise({ projectId, patch: { remove: ['Z'] } })
    expect(answer).toMatchObject({ applied: false, revision: 1, refused: [{ problem: 'missing' }] })
    expect(events).toHaveLength(before)
    const faster = await cueline.plans.revise({ projectId, patch: {}, workers: 1 })
    expect(faster).toMatchObject({ applied: true, revision: 2, plan: { workers: 1, makespan: 40 } })
  })

  it('says what is wrong with a patch, and that there has to be a plan', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks })
    const revise = (patch: unknown) => cueline.plans.revise({ projectId, patch: patch as Patch })
    await expect(revise({ change: [{ task: 'A', estimate: -1 }] })).rejects.toThrow(
      'patch.change.0.estimate: must be above 0 minutes',
    )
    await expect(revise({ replace: [] })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(revise({ add: [{ id: 'E' }] })).rejects.toThrow('tasks[0].title')
    const { id } = await cueline.projects.create({ name: 'Empty' })
    await expect(cueline.plans.revise({ projectId: id, patch: {} })).rejects.toThrow(
      'Project "Empty" has no plan that could be revised. Build one first',
    )
  })
})
