import { describe, expect, it } from 'vitest'

import { inferDependencies } from '../conflict/infer-dependencies.ts'
import { explain } from './explain.ts'
import { hashPlan } from './hash-plan.ts'
import type { PlanInference, PlanOptions, PlanTask } from './plan.ts'
import { planSchema } from './plan-schema.ts'
import { planTasks } from './plan-tasks.ts'
import { revisePlan } from './revise-plan.ts'
import { simulateSchedule } from './simulate-schedule.ts'
import { suggestNextBatch } from './suggest-next-batch.ts'
import { whatIf } from './what-if.ts'

const tasks: readonly PlanTask[] = [
  { id: 'store', estimate: 10 },
  { id: 'page', estimate: 20 },
  { id: 'docs', estimate: 5, dependsOn: ['page'] },
]
const guess: PlanInference = {
  task: 'page',
  dependsOn: 'store',
  source: 'symbol',
  confidence: 0.92,
  evidence: 'store creates "TaskStore", which page names',
}

function planOf(options: PlanOptions, list = tasks) {
  const result = planTasks(list, { workers: 2, ...options })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

function problemsOf(inferred: unknown, list = tasks) {
  const result = planTasks(list, { inferred: inferred as readonly PlanInference[] })
  return result.ok ? [] : result.problems.map(({ kind, message }) => [kind, message])
}

describe('inferred dependencies of a plan [X-04] [S3-13]', () => {
  it('are those that inferDependencies finds in the texts, and none when nobody asks', () => {
    // #region inferred
    const described = [
      { id: 'T1', title: 'Create the TaskStore class' },
      { id: 'T2', title: 'Show tasks', description: 'Reads them from TaskStore.' },
    ]
    const inferred = inferDependencies(described, { threshold: 0.9 })
    const plan = planOf({ inferred }, described)
    // #endregion inferred
    expect(planOf({}, described)).toMatchObject({ makespan: 1, edges: 0, inferred: [] })
    expect(plan).toMatchObject({ makespan: 2, edges: 1, layers: [['T1'], ['T2']] })
    expect(plan.inferred).toEqual([
      {
        task: 'T2',
        dependsOn: 'T1',
        source: 'symbol',
        confidence: 0.92,
        evidence: 'T1 creates "TaskStore", which T2 names',
      },
    ])
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  it('count like declared ones, and are told apart from them in the plan and in its hash', () => {
    const declared = planOf({}, [tasks[0]!, { ...tasks[1]!, dependsOn: ['store'] }, tasks[2]!])
    const inferred = planOf({ inferred: [guess] })
    expect(inferred).toEqual({ ...declared, inferred: [guess] })
    expect(hashPlan(inferred)).not.toBe(hashPlan(declared))
    expect(inferred.makespan).toBe(35)
    expect(planOf({}).makespan).toBe(25)
  })

  it('are left out where they are declared, and are one for each pair: the most certain', () => {
    const more = { ...guess, source: 'text', confidence: 0.95 }
    const less = { ...guess, confidence: 0.5 }
    expect(planOf({ inferred: [less, more, guess] }).inferred).toEqual([more])
    const known = { ...guess, task: 'docs', dependsOn: 'page' }
    const plan = planOf({ inferred: [known] })
    expect(plan).toEqual(planOf({}))
    const entry = [tasks[0]!, tasks[1]!, { id: 'docs', dependsOn: [{ task: 'page' }] }]
    expect(planOf({ inferred: [known] }, entry).inferred).toEqual([])
  })

  it('keep nothing of an entry but what is said here', () => {
    const more = { ...guess, accepted: true }
    expect(planOf({ inferred: [more] }).inferred).toEqual([guess])
  })

  it('point to an earlier task of the input only', () => {
    expect(problemsOf([{ ...guess, task: 'store', dependsOn: 'page' }])).toEqual([
      [
        'against-order',
        'The inferred dependency of "store" on "page" points to a later task: inferred ones point to an earlier task of the input only. Leave it out, give the tasks in another order, or declare it in dependsOn.',
      ],
    ])
  })

  it('that close a cycle with declared ones are named in it', () => {
    const list = [{ id: 'a', dependsOn: ['c'] }, { id: 'b' }, { id: 'c', dependsOn: ['b'] }]
    const result = planTasks(list, { inferred: [{ ...guess, task: 'b', dependsOn: 'a' }] })
    expect(result.ok).toBe(false)
    expect(problemsOf([{ ...guess, task: 'b', dependsOn: 'a' }], list)).toEqual([
      [
        'cycle',
        'These tasks wait for each other, so none can start: a -> c -> b -> a. Remove one of these dependencies. Only inferred: "b" after "a".',
      ],
    ])
    // Of a cycle without them nothing is said.
    const apart = [...list, { id: 'd', dependsOn: ['e'] }, { id: 'e', dependsOn: ['d'] }]
    const inferred = [{ ...guess, task: 'c', dependsOn: 'a' }]
    const messages = problemsOf(inferred, apart).map(([, message]) => message)
    expect(messages).toHaveLength(2)
    expect(messages[0]).toContain('Only inferred: "c" after "a".')
    expect(messages[1]).not.toContain('inferred')
  })

  it.each<[unknown, string, string]>([
    [null, 'invalid-option', 'inferred is null. Give a list.'],
    ['all', 'invalid-option', 'inferred is "all". Give a list.'],
    [
      [null],
      'invalid-dependency',
      'inferred[0] is null without the ids of two tasks. Give task, dependsOn, source, confidence and evidence, as inferDependencies does.',
    ],
    [
      [guess, { ...guess, dependsOn: 'shop' }],
      'missing',
      'The inferred dependency of "page" on "shop" names "shop", which is not in the plan. Add that task or leave the dependency out.',
    ],
    [
      [{ ...guess, task: 'shop' }],
      'missing',
      'The inferred dependency of "shop" on "store" names "shop", which is not in the plan. Add that task or leave the dependency out.',
    ],
    [
      [{ ...guess, dependsOn: 'page' }],
      'self',
      'The inferred dependency of "page" on "page" is one on itself. Leave it out.',
    ],
    [
      [{ ...guess, confidence: Number.NaN }],
      'invalid-dependency',
      'The inferred dependency of "page" on "store" has the confidence NaN. Give a number from 0 to 1.',
    ],
    [
      [{ ...guess, confidence: 1.5 }],
      'invalid-dependency',
      'The inferred dependency of "page" on "store" has the confidence 1.5. Give a number from 0 to 1.',
    ],
    [
      [{ ...guess, confidence: -0.5 }],
      'invalid-dependency',
      'The inferred dependency of "page" on "store" has the confidence -0.5. Give a number from 0 to 1.',
    ],
    [
      [{ ...guess, confidence: '0.5' }],
      'invalid-dependency',
      'The inferred dependency of "page" on "store" has the confidence "0.5". Give a number from 0 to 1.',
    ],
    [
      [{ ...guess, task: 5 }],
      'invalid-dependency',
      'inferred[0] is an object without the ids of two tasks. Give task, dependsOn, source, confidence and evidence, as inferDependencies does.',
    ],
    [
      [{ ...guess, dependsOn: null }],
      'invalid-dependency',
      'inferred[0] is an object without the ids of two tasks. Give task, dependsOn, source, confidence and evidence, as inferDependencies does.',
    ],
    [
      [{ ...guess, source: undefined }],
      'invalid-dependency',
      'The inferred dependency of "page" on "store" has the source undefined. Give a word that says how it is known.',
    ],
    [
      [{ ...guess, evidence: ['a', 'b'] }],
      'invalid-dependency',
      'The inferred dependency of "page" on "store" has the evidence a list. Give a sentence that says how it is known.',
    ],
  ])('that cannot be read are named problems: %j', (inferred, kind, message) => {
    expect(problemsOf(inferred)).toEqual([[kind, message]])
  })

  it.each<[unknown, string[]]>([
    [null, []],
    [{ ...guess, dependsOn: 'page' }, ['page']],
    [{ ...guess, dependsOn: 'shop' }, ['page', 'shop']],
    [{ ...guess, confidence: 2 }, ['page', 'store']],
    [{ ...guess, evidence: 5 }, ['page', 'store']],
    [{ ...guess, task: 'store', dependsOn: 'page' }, ['store', 'page']],
  ])('that cannot be read are problems of the tasks they name: %j', (edge, named) => {
    const result = planTasks(tasks, { inferred: [edge as PlanInference] })
    expect(!result.ok && result.problems.map((problem) => problem.tasks)).toEqual([named])
  })

  it('of equally certain ones are the one given first', () => {
    const second = { ...guess, evidence: 'said again' }
    expect(planOf({ inferred: [guess, second] }).inferred).toEqual([guess])
  })

  it('name the first of several tasks with one id, which is the only problem then', () => {
    const twice = [...tasks, { id: 'store' }]
    expect(problemsOf([guess], twice).map(([kind]) => kind)).toEqual(['duplicate'])
  })

  it('leave what is no list of dependencies, and no id in one, to be named as such', () => {
    for (const dependsOn of [5, [null]]) {
      const list = [tasks[0]!, { id: 'page', dependsOn: dependsOn as never }]
      expect(problemsOf([guess], list).map(([kind]) => kind)).toEqual(['invalid-dependency'])
    }
  })

  it.each([
    [
      5,
      ' Only inferred: "t1" after "t0", "t2" after "t1", "t3" after "t2", "t4" after "t3", "t5" after "t4".',
    ],
    [7, ', "t5" after "t4" and 2 more.'],
  ])('that close a cycle are named in it up to five of them: %i', (count, end) => {
    const ids = Array.from({ length: count + 1 }, (_, at) => `t${at}`)
    const list = ids.map((id, at) => (at === 0 ? { id, dependsOn: [`t${count}`] } : { id }))
    const inferred = ids.slice(1).map((task, at) => ({ ...guess, task, dependsOn: `t${at}` }))
    const [[kind, message] = []] = problemsOf(inferred, list)
    expect(kind).toBe('cycle')
    expect(message?.endsWith(end)).toBe(true)
  })

  it('are named beside all other problems', () => {
    const list = [{ id: 'a', dependsOn: 'b' as never }, { id: 'b' }, null as never]
    const kinds = problemsOf([{ ...guess, task: 'a', dependsOn: 'b' }, 5], list).map(
      ([kind]) => kind,
    )
    expect(kinds).toEqual([
      'against-order',
      'invalid-dependency',
      'invalid-id',
      'invalid-dependency',
    ])
    const inferred = [{ ...guess, task: 'b', dependsOn: 'a' }]
    expect(problemsOf(inferred, [{ id: 'a' }, { id: 'b', dependsOn: 'a' as never }])).toHaveLength(
      1,
    )
  })
})

describe('questions about a plan with inferred dependencies [X-04] [S4-01]', () => {
  const inferred = [guess]

  it('say of a start that what it waits for is only inferred, how sure that is and why', () => {
    const explanation = explain(tasks, planOf({ inferred }), 'page')
    expect(explanation.waitsFor).toEqual([
      {
        task: 'store',
        finish: 10,
        binding: true,
        inferred: {
          source: 'symbol',
          confidence: 0.92,
          evidence: 'store creates "TaskStore", which page names',
        },
      },
    ])
    expect(explanation.text).toContain(
      'That it waits for store is only inferred: store creates "TaskStore", which page names (symbol, 92 %).',
    )
    expect(explain(tasks, planOf({ inferred }), 'docs').waitsFor).toEqual([
      { task: 'page', finish: 30, binding: true },
    ])
  })

  it('explain at most three of many', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, estimate: 1 }))
    const all = ['a', 'b', 'c', 'd'].map((dependsOn) => ({ ...guess, task: 'e', dependsOn }))
    const { text } = explain(many, planOf({ inferred: all }, many), 'e')
    expect(text.match(/is only inferred/g)).toHaveLength(3)
    expect(text).toContain('1 more of them are inferred.')
  })

  it('can ask what it would be without one', () => {
    const result = whatIf(
      tasks,
      { inferred, workers: 2 },
      {
        removeDependency: { task: 'page', dependsOn: 'store' },
      },
    )
    expect(result).toMatchObject({
      ok: true,
      before: { makespan: 35, inferred },
      after: { makespan: 25, inferred: [] },
    })
    const again = whatIf(
      tasks,
      { inferred: [] },
      {
        removeDependency: { task: 'page', dependsOn: 'store' },
      },
    )
    expect(again).toMatchObject({ ok: false, problems: [{ kind: 'missing' }] })
  })

  it('count what cannot be done behind a failure', () => {
    const result = whatIf(tasks, { inferred, workers: 2 }, { failed: 'store' })
    expect(result).toMatchObject({ ok: true, lost: ['page', 'docs'], after: { tasks: 1 } })
  })

  it('keep to them when they suggest what is next and forecast the finish', () => {
    const suggested = suggestNextBatch(tasks, [], { inferred })
    expect(suggested).toMatchObject({ ok: true, suggestion: { tasks: [{ task: 'store' }] } })
    const later = suggestNextBatch(tasks, ['store'], { inferred })
    expect(later).toMatchObject({ ok: true, suggestion: { tasks: [{ task: 'page' }] } })
    expect(simulateSchedule(tasks, { inferred, runs: 1 })).toMatchObject({
      ok: true,
      forecast: { planned: 35 },
    })
    const unknown = [{ ...guess, dependsOn: 'shop' }]
    expect(suggestNextBatch(tasks, [], { inferred: unknown })).toMatchObject({ ok: false })
    expect(simulateSchedule(tasks, { inferred: unknown })).toMatchObject({ ok: false })
  })
})

describe('revising a plan with inferred dependencies [X-12]', () => {
  const options = { workers: 2, inferred: [guess] }

  function revised(patch: Parameters<typeof revisePlan>[1], more: readonly PlanInference[] = []) {
    const inferred = [guess, ...more]
    const result = revisePlan(tasks, patch, { revision: 1, options: { ...options, inferred } })
    if (!result.ok) throw new Error(result.problems[0]!.message)
    return result
  }

  it('keeps them: what waits is not ready', () => {
    const result = revised({ change: [{ task: 'docs', estimate: 7 }] })
    expect(result.ready).toEqual(['store'])
    expect(result.plan).toMatchObject({ makespan: 37, inferred: [guess] })
    expect(result.tasks[1]).toEqual(tasks[1])
  })

  it('takes one away like a declared one', () => {
    const result = revised({ removeDependencies: [{ task: 'page', dependsOn: 'store' }] })
    expect(result.allowed.map(({ message }) => message)).toEqual([
      'page no longer waits for store.',
    ])
    expect(result.plan).toMatchObject({ makespan: 25, inferred: [] })
    expect(result.ready).toEqual(['store', 'page'])
    expect(result.revision).toBe(2)
  })

  it('makes one declared when it is added', () => {
    const result = revised({ addDependencies: [{ task: 'page', dependsOn: 'store' }] })
    expect(result.plan).toMatchObject({ makespan: 35, inferred: [] })
    expect(result.tasks[1]!.dependsOn).toEqual(['store'])
  })

  it('drops those of a task that is removed, also when another comes under its id', () => {
    const result = revised({ remove: ['store'] })
    expect(result.allowed[0]!.message).toBe('store is removed. page no longer waits for it.')
    expect(result.plan.inferred).toEqual([])
    const other = revised({ remove: ['store'], add: [{ id: 'store', estimate: 3 }] })
    expect(other.plan).toMatchObject({ makespan: 25, inferred: [] })
  })

  it('takes in those of tasks that the patch adds', () => {
    const more = { ...guess, task: 'tests', dependsOn: 'page' }
    const result = revised({ add: [{ id: 'tests', estimate: 8 }] }, [more])
    expect(result.plan).toMatchObject({ makespan: 38, inferred: [guess, more] })
  })

  it('refuses a dependency that closes a cycle with one, and says which is inferred', () => {
    const { refused, plan } = revised({ addDependencies: [{ task: 'store', dependsOn: 'page' }] })
    expect(refused).toMatchObject([
      { kind: 'add-dependency', problem: 'cycle', path: ['store', 'page', 'store'] },
    ])
    expect(refused[0]!.message).toContain('Only inferred: "page" after "store".')
    expect(plan.makespan).toBe(35)
  })
})
