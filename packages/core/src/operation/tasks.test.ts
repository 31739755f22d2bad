import { describe, expect, it } from 'vitest'
import { replay } from '../staging/evolve.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('what a plan knows of a task [X-12]', () => {
  it('can be changed, also while the task is staged, and taken away again', async () => {
    const { cueline, projectId, task } = await tinyWorld({ tasks: { A: [], B: ['A'] } })
    const facts = {
      estimate: { min: 10, max: 30 },
      epic: 'Roof',
      sprint: 'May',
      touches: ['src/roof.ts'],
      resources: { port: 1 },
      type: 'bugfix',
      account: 'team',
    } satisfies Omit<Parameters<typeof cueline.tasks.update>[0], 'projectId' | 'task'>
    await cueline.tasks.update({ projectId, task: 'A', ...facts })
    expect(await task('A')).toMatchObject({ ...facts, status: 'staged' })
    expect((await cueline.plans.build({ projectId })).facts[0]?.estimate).toBe(20)
    await cueline.tasks.update({ projectId, task: 'A', estimate: null, epic: null, touches: [] })
    expect(await task('A')).toMatchObject({
      estimate: null,
      epic: null,
      touches: [],
      sprint: 'May',
    })
  })

  it('can be changed while it is worked on, and the log tells it again', async () => {
    const { cueline, projectId, storage } = await tinyWorld({
      tasks: { A: [] },
      runner: async () => {
        await cueline.tasks.update({ projectId, task: 'A', estimate: 7, priority: 'high' })
      },
    })
    await cueline.run({ projectId })
    const events = await storage.eventsAfter(projectId, 0)
    const folded = [...replay(events).tasks.values()][0]
    expect(folded).toMatchObject({ estimate: 7, priority: 'high', status: 'done' })
    expect((await cueline.tasks.get({ projectId, task: 'A' })).task).toEqual(folded)
  })

  it.each([
    [{ estimate: -1 }, 'estimate: must be above 0 minutes'],
    [{ estimate: { min: 3, max: 2 } }, 'min at or below max'],
    [{ touches: [''] }, 'touches.0: must not be empty'],
    [{ resources: { port: -1 } }, 'must not be below 0'],
    [{ epic: '' }, 'epic: must not be empty'],
  ])('refuses %j and says why', async (change, message) => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [] } })
    await expect(cueline.tasks.update({ projectId, task: 'A', ...change })).rejects.toThrow(message)
  })
})

describe('codes that no storage keeps as they are [S2-01]', () => {
  it('are answered as they are stored, and told as doubles when they become the same', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [] } })
    const { tasks } = await cueline.tasks.add({
      projectId,
      tasks: [
        { id: 'n\0', title: 'One' },
        { id: 'B', title: 'Two', dependsOn: ['n\0'] },
      ],
    })
    expect(tasks.map(({ code }) => code)).toEqual(['n\uFFFD', 'B'])
    const { task, dependencies } = await cueline.tasks.get({ projectId, task: 'B' })
    expect([task.code, dependencies.length]).toEqual(['B', 1])
    const doubled = [
      { id: 'a\uD800', title: 'One' },
      { id: 'a\uDFFF', title: 'Other' },
    ]
    await expect(cueline.tasks.add({ projectId, tasks: doubled })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('both have the id "a\uFFFD"'),
    })
  })
})
