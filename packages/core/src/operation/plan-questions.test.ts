import { describe, expect, it } from 'vitest'

import { tinyWorld } from '../testing/tiny-world.ts'

const tasks = [
  { id: 'A', title: 'First', estimate: 10 },
  { id: 'B', title: 'Second', estimate: 20, dependsOn: ['A'] },
  { id: 'C', title: 'Beside', estimate: 5 },
]

describe('questions to a plan [X-04] [S4-01]', () => {
  it('explain a task by code or id, with the workers of the current plan', async () => {
    const { cueline, projectId, task } = await tinyWorld({ tasks, workers: 1 })
    const byCode = await cueline.plans.explain({ projectId, task: 'C' })
    expect(byCode).toMatchObject({
      task: 'C',
      decidedBy: { kind: 'workers', tasks: ['B'] },
      start: 30,
    })
    const { id } = await task('C')
    expect(await cueline.plans.explain({ projectId, task: id })).toEqual(byCode)
    expect((await cueline.plans.explain({ projectId, task: 'C', workers: 2 })).start).toBe(0)
  })

  it('say which task is not there, and that a cancelled one is in no plan', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks })
    await expect(cueline.plans.explain({ projectId, task: 'Z' })).rejects.toMatchObject({
      code: 'not-found',
    })
    await cueline.tasks.cancel({ projectId, task: 'C' })
    await expect(cueline.plans.explain({ projectId, task: 'C' })).rejects.toThrow(
      'Task "C" is cancelled; a plan holds only open tasks.',
    )
    await expect(cueline.plans.whatIf({ projectId, change: { failed: 'C' } })).rejects.toThrow(
      'Task "C" is cancelled; a plan holds only open tasks.',
    )
  })

  it('answer what if, and change nothing', async () => {
    const { cueline, projectId, task } = await tinyWorld({ tasks, workers: 1 })
    const before = await cueline.plans.get({ projectId })
    const ask = (change: Parameters<typeof cueline.plans.whatIf>[0]['change']) =>
      cueline.plans.whatIf({ projectId, change })
    expect((await ask({ workers: 2 })).difference.makespan).toEqual({
      before: 35,
      after: 30,
      change: -5,
    })
    expect((await ask({ addWorkers: 1 })).difference.makespan.after).toBe(30)
    expect((await ask({ failed: (await task('A')).id })).lost).toEqual(['B'])
    const faster = await ask({ estimate: { task: 'B', minutes: { min: 5, max: 15 } } })
    expect(faster.difference.makespan.change).toBe(-10)
    const free = await ask({ removeDependency: { task: 'B', dependsOn: 'A' } })
    expect(free.after.criticalPath.length).toBe(20)
    expect(await cueline.plans.get({ projectId })).toEqual(before)
  })

  it('refuse a change that is none, and one that does not fit the plan', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks })
    const ask = (change: unknown) => cueline.plans.whatIf({ projectId, change: change as never })
    await expect(ask({ workers: 0 })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(ask({ workers: 1, failed: 'A' })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(
      ask({ estimate: { task: 'A', minutes: { min: 2, max: 1 } } }),
    ).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(ask({ failed: 'Z' })).rejects.toMatchObject({ code: 'not-found' })
    await expect(ask({ removeDependency: { task: 'A', dependsOn: 'B' } })).rejects.toThrow(
      'Task "A" does not wait for "B"',
    )
  })
})

describe('the difference between stored plans [X-12]', () => {
  it('names what came, went and moved between two revisions', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks, workers: 1 })
    const before = await cueline.plans.get({ projectId })
    await cueline.tasks.cancel({ projectId, task: 'C' })
    await cueline.tasks.add({ projectId, tasks: [{ id: 'D', title: 'New', estimate: 1 }] })
    const after = await cueline.plans.build({ projectId, workers: 1 })
    const difference = await cueline.plans.diff({ before: before!.id, after: after.id })
    expect(difference).toMatchObject({ same: false, added: ['D'], removed: ['C'] })
    expect(difference.makespan.change).toBe(-4)
    const none = await cueline.plans.diff({ before: after.id, after: after.id })
    expect(none.text).toBe('Nothing changes.')
  })

  it('says which plan there is not', async () => {
    const { cueline } = await tinyWorld({ tasks })
    await expect(cueline.plans.diff({ before: 'no', after: 'no' })).rejects.toThrow(
      'There is no plan "no".',
    )
  })
})
