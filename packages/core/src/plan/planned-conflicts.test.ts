import { describe, expect, it } from 'vitest'

import { analyzeConflicts } from '../conflict/analyze-conflicts.ts'
import { hashPlan } from './hash-plan.ts'
import type { PlanOptions } from './plan.ts'
import { planSchema } from './plan-schema.ts'
import { planTasks } from './plan-tasks.ts'

const tasks = ['a', 'b', 'c'].map((id) => ({ id, estimate: 2 }))

function planOf(options: PlanOptions) {
  const result = planTasks(tasks, { workers: 3, ...options })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

describe('conflicts of a plan [S3-03] [S4-02]', () => {
  it('are those that analyzeConflicts finds, and are recorded with their evidence', () => {
    const touching = tasks.map((task) => ({
      ...task,
      touches: task.id === 'c' ? ['src/c.ts'] : ['src/shared.ts'],
    }))
    const conflicts = analyzeConflicts(touching)
    const result = planTasks(touching, { workers: 3, conflicts })
    expect(result).toMatchObject({
      ok: true,
      plan: { makespan: 4, lowerBound: 4, conflicts: [{ tasks: ['a', 'b'], allowed: false }] },
    })
    const plan = result.ok ? result.plan : undefined
    expect(plan!.conflicts[0]!.evidence[0]).toContain('src/shared.ts')
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  it('let a pair run at once that is allowed, named in either order, and say so', () => {
    const conflicts = [{ tasks: ['a', 'b'] as const }]
    const plan = planOf({ conflicts, allow: [['b', 'a']] })
    expect(plan.makespan).toBe(2)
    expect(plan.conflicts).toEqual([{ tasks: ['a', 'b'], evidence: [], allowed: true }])
    expect(hashPlan(plan)).not.toBe(hashPlan(planOf({})))
  })

  it.each([
    ['of three', ['a', 'b', 'c'], '"a" and "b" and "c", no pair'],
    ['of one task twice', ['a', 'a'], '"a" and "a", no pair'],
    ['of three, one unknown', ['a', 'b', 'z'], '"z", no task'],
  ])('are not allowed by a pair %s, which is warned of', (_, pair, what) => {
    const allow = [pair] as unknown as [string, string][]
    const plan = planOf({ conflicts: [{ tasks: ['a', 'b'] }], allow })
    expect(plan.conflicts[0]!.allowed).toBe(false)
    expect(plan.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining(`allow names ${what}, and so allows nothing.`),
    ])
  })

  it('count once for a pair, by the most certain', () => {
    const plan = planOf({
      conflicts: [
        { tasks: ['a', 'b'], kind: 'history', confidence: 0.3 },
        { tasks: ['b', 'a'], kind: 'path', confidence: 0.9, evidence: ['both name x.ts'] },
      ],
    })
    expect(plan.conflicts).toEqual([
      {
        tasks: ['b', 'a'],
        kind: 'path',
        confidence: 0.9,
        evidence: ['both name x.ts'],
        allowed: false,
      },
    ])
  })

  it('take a single sentence as evidence, and refuse what is none', () => {
    const planned = (evidence: unknown) =>
      planTasks([{ id: 'a' }, { id: 'b' }], {
        conflicts: [{ tasks: ['a', 'b'], evidence: evidence as string[] }],
      })
    const result = planned('both write x.ts')
    expect(result.ok && result.plan.conflicts[0]!.evidence).toEqual(['both write x.ts'])
    for (const [evidence, what] of [
      [7, '7'],
      [[7], 'a list'],
    ] as const) {
      expect(planned(evidence)).toMatchObject({
        problems: [
          {
            kind: 'invalid-conflict',
            message: `The conflict of "a" and "b" has the evidence ${what}. Give a list of sentences.`,
          },
        ],
      })
    }
  })

  it('warn when what is allowed names no task, for that allows nothing', () => {
    const tasks = [{ id: 'a' }, { id: 'b' }]
    const allow = [['a', 'z'], ['b'], ['a', 'b']] as unknown as [string, string][]
    const result = planTasks(tasks, { conflicts: [{ tasks: ['a', 'b'] }], allow })
    expect(result.ok && result.plan.warnings).toEqual([
      {
        kind: 'unknown-allowed',
        tasks: ['a', 'z'],
        message: 'allow names "z", no task, and so allows nothing. Give the ids of two tasks.',
      },
      {
        kind: 'unknown-allowed',
        tasks: ['b'],
        message: 'allow names "b", no pair, and so allows nothing. Give the ids of two tasks.',
      },
    ])
  })

  it('are problems when they name unknown tasks, one task twice or an impossible confidence', () => {
    const conflicts = [
      { tasks: ['a', 'gone'] },
      { tasks: ['a', 'a'] },
      { tasks: ['a', 'b'], confidence: 2 },
      { tasks: ['a', 'b', 'c'] },
      null,
    ] as unknown as PlanOptions['conflicts']
    const result = planTasks(tasks, { conflicts })
    const problems = result.ok ? [] : result.problems
    expect(problems.map(({ kind }) => kind)).toEqual(Array(5).fill('invalid-conflict'))
    expect(problems.map(({ tasks: ids }) => ids)).toEqual([
      ['a', 'gone'],
      ['a'],
      ['a', 'b'],
      [],
      [],
    ])
    expect(problems[0]!.message).toContain('"gone", which is not in the plan')
    for (const name of ['conflicts', 'allow']) {
      expect(planTasks(tasks, { [name]: 'a' })).toMatchObject({
        ok: false,
        problems: [{ kind: 'invalid-option' }],
      })
    }
  })

  it.each<[unknown, string]>([
    [null, 'conflicts[1] is null.'],
    ['a', 'conflicts[1] is "a".'],
    [{}, 'conflicts[1] has no tasks.'],
    [{ tasks: 7 }, 'conflicts[1] has the tasks 7.'],
    [{ tasks: [] }, 'conflicts[1] names no tasks.'],
    [{ tasks: ['a', null] }, 'conflicts[1] names "a", null.'],
    [{ tasks: ['a', 'b', 'c', 'a'] }, 'conflicts[1] names "a", "b", "c".'],
  ])('that name no two tasks say which one it is: %j', (conflict, what) => {
    const conflicts = [{ tasks: ['a', 'b'] }, conflict] as PlanOptions['conflicts']
    expect(planTasks(tasks, { conflicts })).toMatchObject({
      problems: [{ message: `${what} Give the ids of two tasks as its tasks.` }],
    })
  })

  it('bound the plan by tasks that all conflict, with the least before and behind them', () => {
    const clique = ['x', 'y', 'z'].map((id) => ({ id, estimate: 3, dependsOn: ['first'] }))
    const result = planTasks(
      [
        { id: 'first', estimate: 1 },
        ...clique,
        { id: 'last', estimate: 2, dependsOn: ['x', 'y', 'z'] },
      ],
      {
        workers: 9,
        rounds: 0,
        conflicts: [
          ['x', 'y'],
          ['y', 'z'],
          ['x', 'z'],
        ].map((pair) => ({ tasks: pair as [string, string] })),
      },
    )
    expect(result).toMatchObject({ ok: true, plan: { makespan: 12, lowerBound: 12, gap: 0 } })
  })

  it('may be many: a thousand tasks with ten thousand of them are planned', () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ id: `t${at}`, estimate: 1 + (at % 7) }))
    const conflicts = many.flatMap(({ id }, at) =>
      Array.from({ length: 10 }, (_, nth) => ({
        tasks: [id, `t${(at + 7 * nth + 1) % 1000}`] as const,
      })),
    )
    const result = planTasks(many, { workers: 50, conflicts, rounds: 4 })
    expect(result).toMatchObject({ ok: true, plan: { conflicts: { length: 10_000 } } })
  })
})
