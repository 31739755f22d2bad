import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { planTasks } from '../plan/index.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { impliedDependencies, suggestDependencies } from './suggest-dependencies.ts'

const document = {
  tasks: [
    { id: 'T1', title: 'Create the TaskStore class' },
    { id: 'T2', title: 'Write docs', description: 'After T1.' },
    { id: 'T3', title: 'Show tasks', description: 'Reads the TaskStore.', dependsOn: ['T1'] },
    { id: 'T4', title: 'Count tasks', description: 'Uses the TaskStore class.' },
  ],
}

describe('dependencies that texts imply, on import [S3-03] [S3-13]', () => {
  it('are suggested with source, confidence and evidence, and change nothing unasked', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: {} })
    const { tasks, suggestions } = await cueline.tasks.import({ projectId, document })
    expect(tasks).toHaveLength(4)
    expect(suggestions).toEqual([
      {
        task: 'T2',
        dependsOn: 'T1',
        source: 'text',
        confidence: expect.any(Number),
        evidence: 'T2 says "After T1"',
        accepted: false,
      },
      {
        task: 'T4',
        dependsOn: 'T1',
        source: 'symbol',
        confidence: 0.92,
        evidence: 'T1 creates "TaskStore", which T4 names',
        accepted: false,
      },
    ])
    expect((await cueline.tasks.get({ projectId, task: 'T4' })).dependencies).toEqual([])
  })

  it('are stored with where they come from when they are accepted', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: {} })
    const { suggestions } = await cueline.tasks.import({
      projectId,
      document,
      acceptSuggestions: 0.92,
    })
    expect(suggestions.map(({ accepted }) => accepted)).toEqual(
      suggestions.map(({ confidence }) => confidence >= 0.92),
    )
    const { task, dependencies } = await cueline.tasks.get({ projectId, task: 'T4' })
    expect(dependencies).toMatchObject([
      {
        code: 'T1',
        edge: {
          source: 'symbol',
          confidence: 0.92,
          evidence: 'T1 creates "TaskStore", which T4 names',
        },
      },
    ])
    expect(task.openDependencies).toBe(1)
  })

  it('reach back to the tasks that were there before', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { T9: [] } })
    const later = { tasks: [{ id: 'B', title: 'Paint it', description: 'After T9.' }] }
    const { suggestions } = await cueline.tasks.import({ projectId, document: later })
    expect(suggestions).toMatchObject([{ task: 'B', dependsOn: 'T9' }])
  })

  it('leave out what would close a cycle with what is declared', () => {
    const tasks = [
      { id: 'T1', title: 'Create the TaskStore class', dependsOn: ['T2'] },
      { id: 'T2', title: 'Count tasks', description: 'Uses the TaskStore class.' },
    ]
    expect(suggestDependencies({ tasks }, [], 0.5)).toEqual([])
  })

  it('never point forwards and never make a plan impossible, whatever the texts and edges', () => {
    const anyTasks = fc
      .array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean()), { minLength: 2, maxLength: 10 })
      .map((rows) =>
        rows.map(([mention, target, backwards], at) => ({
          id: `T${at}`,
          title: `Create the Part${mention} class`,
          description: `After T${mention}. Uses the Part${target} class.`,
          // Declared edges go either way, as long as they alone are no cycle.
          dependsOn: backwards && target < at ? [`T${target}`] : [],
        })),
      )
      .map((tasks) => tasks.toReversed().map((task) => ({ ...task })))
    fc.assert(
      fc.property(anyTasks, fc.constantFrom(0, 0.5, 0.9), (tasks, threshold) => {
        const order = tasks.map(({ id }) => id)
        const found = impliedDependencies(tasks, threshold)
        for (const { task, dependsOn } of found) {
          expect(order.indexOf(dependsOn)).toBeLessThan(order.indexOf(task))
        }
        const all = tasks.map((task) => ({
          ...task,
          dependsOn: [
            ...task.dependsOn,
            ...found.filter((edge) => edge.task === task.id).map((edge) => edge.dependsOn),
          ],
        }))
        expect(planTasks(all).ok).toBe(true)
      }),
    )
  })
})
