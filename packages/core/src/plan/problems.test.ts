import { describe, expect, it } from 'vitest'

import { planTasks } from './plan-tasks.ts'
import type { PlanOptions, PlanTask, Problem } from './plan.ts'

function problemsOf(tasks: readonly PlanTask[], options?: PlanOptions): Problem[] {
  const result = planTasks(tasks, options)
  return result.ok ? [] : result.problems
}

describe('problems [S3-03]', () => {
  it('names a cycle by its whole path', () => {
    const [cycle] = problemsOf([
      { id: 'a', dependsOn: ['c'] },
      { id: 'b', dependsOn: ['a'] },
      { id: 'c', dependsOn: ['b'] },
    ])
    expect(cycle).toMatchObject({ kind: 'cycle', tasks: ['a', 'c', 'b', 'a'] })
    expect(cycle!.message).toContain('a -> c -> b -> a')
  })

  it('leaves tasks that merely wait for a cycle out of its path', () => {
    const problems = problemsOf([
      { id: 'behind', dependsOn: ['a'] },
      { id: 'a', dependsOn: ['b', 'before'] },
      { id: 'b', dependsOn: ['a'] },
      { id: 'before' },
    ])
    expect(problems.map(({ tasks }) => tasks)).toEqual([['a', 'b', 'a']])
  })

  it('reports two separate cycles as two problems', () => {
    const problems = problemsOf([
      { id: 'a', dependsOn: ['b'] },
      { id: 'c', dependsOn: ['d'] },
      { id: 'd', dependsOn: ['c', 'a'] },
      { id: 'b', dependsOn: ['a'] },
    ])
    expect(problems.map(({ tasks }) => tasks)).toEqual([
      ['a', 'b', 'a'],
      ['c', 'd', 'c'],
    ])
  })

  it('says how many tasks are entangled when the cycle shown is not all of it', () => {
    const [cycle] = problemsOf([
      { id: 'a', dependsOn: ['b', 'c'] },
      { id: 'b', dependsOn: ['a'] },
      { id: 'c', dependsOn: ['a'] },
    ])
    expect(cycle!.tasks).toEqual(['a', 'b', 'a'])
    expect(cycle!.message).toContain('3 tasks in all')
  })

  it('keeps the message short when a cycle is long, and the path complete', () => {
    const size = 100_000
    const ring = Array.from({ length: size }, (_, at) => ({
      id: `t${at}`,
      dependsOn: [`t${(at + 1) % size}`],
    }))
    const [cycle] = problemsOf(ring)
    expect(cycle!.tasks).toHaveLength(size + 1)
    expect(cycle!.message.length).toBeLessThan(1_000)
  })

  it('names the task and the dependency that is not there', () => {
    const problems = problemsOf([{ id: 'charts', dependsOn: ['mood', { task: 'sleep' }] }])
    expect(problems.map(({ kind, tasks }) => [kind, ...tasks])).toEqual([
      ['missing', 'charts', 'mood'],
      ['missing', 'charts', 'sleep'],
    ])
  })

  it('names a task that waits for itself', () => {
    expect(problemsOf([{ id: 'a', dependsOn: ['a'] }])).toMatchObject([
      { kind: 'self', tasks: ['a'] },
    ])
  })

  it('names an id used twice with both places', () => {
    const [problem] = problemsOf([{ id: 'a' }, { id: 'b' }, { id: 'a' }])
    expect(problem).toMatchObject({ kind: 'duplicate', tasks: ['a'] })
    expect(problem!.message).toContain('Tasks 1 and 3')
  })

  it.each([
    -1,
    Number.NaN,
    Infinity,
    '3' as never,
    true as never,
    { min: 3, max: 2 },
    { min: -1, max: 2 },
  ])('refuses the estimate %o', (estimate) => {
    expect(problemsOf([{ id: 'a', estimate }])).toMatchObject([
      { kind: 'invalid-estimate', tasks: ['a'] },
    ])
  })

  it.each(['', 'x'.repeat(201), 7 as never, undefined as never])('refuses the id %j', (id) => {
    expect(problemsOf([{ id }])).toMatchObject([{ kind: 'invalid-id' }])
  })

  it('refuses dependencies that are not a list of ids', () => {
    const problems = problemsOf([
      { id: 'a', dependsOn: 'b' as never },
      { id: 'b', dependsOn: [7 as never] },
    ])
    expect(problems.map(({ kind }) => kind)).toEqual(['invalid-dependency', 'invalid-dependency'])
  })

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %d workers', (workers) => {
    expect(problemsOf([], { workers })).toMatchObject([{ kind: 'invalid-option' }])
  })

  it('refuses a barrier it does not know', () => {
    expect(problemsOf([], { barrier: 'wave' as never })).toMatchObject([{ kind: 'invalid-option' }])
  })

  it('reports everything that is wrong at once', () => {
    const problems = problemsOf([
      { id: 'a', dependsOn: ['b', 'ghost'] },
      { id: 'b', dependsOn: ['a', 'b'] },
      { id: 'b', estimate: -3 },
    ])
    expect(problems.map(({ kind }) => kind).toSorted()).toEqual([
      'cycle',
      'duplicate',
      'invalid-estimate',
      'missing',
      'self',
    ])
  })
})

describe('warnings [S3-03]', () => {
  function warningsOf(tasks: readonly PlanTask[]) {
    const result = planTasks(tasks)
    return result.ok ? result.plan.warnings : []
  }

  it('merges a dependency named twice and says so', () => {
    const result = planTasks([{ id: 'a' }, { id: 'b', dependsOn: ['a', { task: 'a' }] }])
    expect(result).toMatchObject({
      ok: true,
      plan: { edges: 1, warnings: [{ kind: 'duplicate-dependency', tasks: ['b', 'a'] }] },
    })
  })

  it('names ids that only look the same', () => {
    expect(warningsOf([{ id: 'caf\u00e9' }, { id: 'cafe\u0301' }, { id: 'tea' }])).toMatchObject([
      { kind: 'similar-ids', tasks: ['caf\u00e9', 'cafe\u0301'] },
    ])
    expect(warningsOf([{ id: 'm2' }, { id: 'm\u00b2' }])).toMatchObject([{ kind: 'similar-ids' }])
    expect(warningsOf([{ id: 'a1' }, { id: 'a１' }])).toMatchObject([{ kind: 'similar-ids' }])
  })

  it('says nothing about a clean plan', () => {
    expect(warningsOf([{ id: 'Å' }, { id: 'b', dependsOn: ['Å'] }])).toEqual([])
  })
})
