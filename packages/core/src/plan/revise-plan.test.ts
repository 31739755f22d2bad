import { describe, expect, it } from 'vitest'

import type { TaskStatus } from '../staging/state.ts'
import type { PlanTask } from './plan.ts'
import type { PlanPatch } from './plan-patch.ts'
import { planTasks } from './plan-tasks.ts'
import { hashPlan } from './hash-plan.ts'
import { revisePlan } from './revise-plan.ts'

const tasks: readonly PlanTask[] = [
  { id: 'schema', estimate: 10 },
  { id: 'api', estimate: 20, dependsOn: ['schema'] },
  { id: 'page', estimate: 30, dependsOn: ['api'] },
  { id: 'docs', estimate: 5, dependsOn: [{ task: 'api' }] },
]
const statuses = new Map<string, TaskStatus>([
  ['schema', 'done'],
  ['api', 'doing'],
  ['docs', 'staged'],
])

function revised(patch: PlanPatch) {
  const result = revisePlan(tasks, patch, { revision: 3, statuses })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result
}

const refusals = (patch: PlanPatch) =>
  revised(patch).refused.map(({ problem, message }) => [problem, message])

describe('revisePlan [X-12]', () => {
  it('lets what has not begun change freely', () => {
    const result = revised({
      remove: ['docs'],
      change: [{ task: 'page', title: 'The page', estimate: { min: 10, max: 20 } }],
      add: [
        { id: 'tests', dependsOn: ['page', 'style'] },
        { id: 'style', estimate: 1 },
      ],
      addDependencies: [{ task: 'page', dependsOn: 'style' }],
    })
    expect(result.refused).toEqual([])
    expect(result.restart).toEqual([])
    expect(result.allowed.map(({ message }) => message)).toEqual([
      'docs is removed.',
      'page has another title and estimate.',
      'tests is added; it waits for page and style.',
      'style is added.',
      'page waits for style, too.',
    ])
    expect(result.tasks).toEqual([
      { id: 'schema', estimate: 10 },
      { id: 'api', estimate: 20, dependsOn: ['schema'] },
      {
        id: 'page',
        title: 'The page',
        estimate: { min: 10, max: 20 },
        dependsOn: ['api', 'style'],
      },
      { id: 'tests', dependsOn: ['page', 'style'] },
      { id: 'style', estimate: 1 },
    ])
    expect(result.revision).toBe(4)
    const fresh = planTasks(result.tasks)
    expect(fresh.ok && hashPlan(fresh.plan)).toBe(result.hash)
    expect(result.ready).toEqual(['style'])
  })

  it('lets a running task have another estimate, priority or epic', () => {
    const result = revised({ change: [{ task: 'api', estimate: 90, priority: 'high', epic: 'A' }] })
    expect(result.allowed).toHaveLength(1)
    expect(result.restart).toEqual([])
    expect(result.plan.facts[1]!.estimate).toBe(90)
  })

  it('wants a running task started again when what it works on is no longer true', () => {
    const { restart, tasks: after } = revised({
      change: [{ task: 'api', title: 'Another api', estimate: 5 }],
      addDependencies: [{ task: 'api', dependsOn: 'schema' }],
    })
    expect(restart).toEqual([
      {
        kind: 'change',
        tasks: ['api'],
        message:
          'api is being worked on with its old title. Start it again to have it done with the new.',
      },
    ])
    expect(after[1]).toMatchObject({ title: 'Another api', dependsOn: ['schema'] })
  })

  it('wants it started again as well when it depends on something done that it may not contain', () => {
    const result = revisePlan([{ id: 'a' }, { id: 'b' }], addEdge('b', 'a'), {
      revision: 1,
      statuses: new Map([
        ['a', 'done'],
        ['b', 'review'],
      ]),
    })
    expect(result.ok && result.restart.map(({ message }) => message)).toEqual([
      'b was started before it had to wait for a, so what it builds on may not contain it. Start it again.',
    ])
    expect(result.ok && result.tasks[1]!.dependsOn).toEqual(['a'])
  })

  it('refuses that a running task waits for something new, or is removed', () => {
    expect(refusals({ ...addEdge('api', 'new'), add: [{ id: 'new' }], remove: ['api'] })).toEqual([
      ['running', 'api is being worked on. Cancel it first, then remove it.'],
      [
        'running',
        'api is being worked on and cannot wait for new, which is not done. Cancel it first, or let it finish.',
      ],
    ])
  })

  it('refuses to touch what is done', () => {
    const done = 'schema is done and stays what it was. Add a new task for what is to be different.'
    expect(
      refusals({
        remove: ['schema'],
        change: [{ task: 'schema', estimate: 1 }],
        ...addEdge('schema', 'docs'),
      }),
    ).toEqual([
      ['done', done],
      ['done', done],
      ['done', done],
    ])
  })

  it('refuses a cycle and names its path', () => {
    const { refused, allowed, revision } = revised(addEdge('docs', 'page', 'page', 'docs'))
    expect(allowed.map(({ tasks: ids }) => ids)).toEqual([['docs', 'page']])
    expect(refused).toEqual([
      {
        kind: 'add-dependency',
        tasks: ['page', 'docs'],
        problem: 'cycle',
        path: ['page', 'docs', 'page'],
        message:
          'page cannot wait for docs: these tasks would wait for each other, so none could start: page -> docs -> page. Leave that dependency out, or remove another of these.',
      },
    ])
    expect(revision).toBe(4)
  })

  it('refuses new tasks that wait for each other, and what would wait for them', () => {
    const { refused, tasks: after } = revised({
      add: [
        { id: 'x', dependsOn: ['y'] },
        { id: 'y', dependsOn: ['x'] },
        { id: 'z', dependsOn: ['y'] },
      ],
      ...addEdge('page', 'z'),
    })
    expect(refused.map(({ kind, tasks: ids, problem }) => [kind, ids, problem])).toEqual([
      ['add', ['y'], 'cycle'],
      ['add', ['x'], 'missing'],
      ['add', ['z'], 'missing'],
      ['add-dependency', ['page', 'z'], 'missing'],
    ])
    expect(after).toEqual(tasks)
  })

  it('names what is wrong with a part, and applies the others', () => {
    const { refused, allowed } = revised({
      removeDependencies: [
        { task: 'page', dependsOn: 'docs' },
        { task: 'page', dependsOn: 'api' },
      ],
      remove: ['nothing'],
      change: [
        { task: 'docs' },
        { task: 'docs', estimate: -1 },
        { task: 'docs', ...JSON.parse('{"__proto__": 1}') },
      ],
      add: [
        { id: '' },
        { id: 'page' },
        { id: 'late', estimate: Number.NaN },
        { id: 'self', dependsOn: ['self'] },
        { id: 'lost', dependsOn: ['nowhere'] },
        { id: 'fine' },
      ],
      ...addEdge('fine', 'fine', 'page', 'page', 'page', 'nowhere', 'docs', 'api'),
    })
    expect(refused.map(({ kind, problem }) => `${kind}: ${problem}`)).toEqual([
      'remove-dependency: missing',
      'remove: missing',
      'change: invalid-option',
      'change: invalid-estimate',
      'change: invalid-option',
      'add: invalid-id',
      'add: duplicate',
      'add: invalid-estimate',
      'add: self',
      'add-dependency: self',
      'add-dependency: self',
      'add: missing',
      'add-dependency: missing',
    ])
    expect(allowed.map(({ message }) => message)).toEqual([
      'page no longer waits for api.',
      'fine is added.',
      'docs waits for api already.',
    ])
  })

  it('refuses a task that asks for more of a resource than there is', () => {
    const result = revisePlan(
      [{ id: 'a' }],
      {
        add: [{ id: 'b', resources: { gpu: 3 } }],
        change: [{ task: 'a', resources: { gpu: -1 } }],
      },
      { revision: 1, options: { resources: { gpu: 2 } } },
    )
    expect(result.ok && result.refused.map(({ kind, problem }) => [kind, problem])).toEqual([
      ['change', 'invalid-resource'],
      ['add', 'invalid-resource'],
    ])
  })

  it('keeps the revision when nothing of the patch can be applied', () => {
    expect(revised({ remove: ['schema'] })).toMatchObject({ revision: 3, tasks })
    expect(revised({}).revision).toBe(3)
  })

  it('says which tasks wait no longer when one is removed', () => {
    const open = revisePlan(tasks, { remove: ['api'] }, { revision: 1 })
    expect(open.ok && open.allowed[0]!.message).toBe(
      'api is removed. page and docs no longer wait for it.',
    )
    expect(open.ok && open.ready).toEqual(['schema', 'page', 'docs'])
  })

  it('names the problems of tasks that are no plan', () => {
    const result = revisePlan([{ id: 'a', dependsOn: ['b'] }], {}, { revision: 1 })
    expect(result.ok ? [] : result.problems.map(({ kind }) => kind)).toEqual(['missing'])
  })

  it('finds the cycles among twenty thousand new dependencies without trying each alone', () => {
    const chain = Array.from({ length: 20_000 }, (_, nth) => ({
      id: `T${nth}`,
      dependsOn: nth === 0 ? [] : [`T${nth - 1}`],
    }))
    const edges = Array.from({ length: 19_998 }, (_, nth) => ({
      task: `T${nth + 2}`,
      dependsOn: `T${nth}`,
    }))
    const back = { task: 'T0', dependsOn: 'T19999' }
    const result = revisePlan(
      chain,
      { addDependencies: edges.toSpliced(9_999, 0, back) },
      { revision: 1 },
    )
    expect(result.ok && result.refused.map(({ tasks: ids }) => ids)).toEqual([['T0', 'T19999']])
    expect(result.ok && result.plan.edges).toBe(19_999 + 19_998)
  })

  it('keeps conflicting tasks apart, also added ones, and forgets the conflicts of removed ones', () => {
    const revised = revisePlan(
      [
        { id: 'a', estimate: 3 },
        { id: 'b', estimate: 3 },
      ],
      { remove: ['b'], add: [{ id: 'c', estimate: 3 }] },
      {
        revision: 1,
        options: { workers: 2, conflicts: [{ tasks: ['a', 'b'] }, { tasks: ['c', 'a'] }] },
      },
    )
    expect(revised).toMatchObject({
      ok: true,
      refused: [],
      plan: { makespan: 6, conflicts: [{ tasks: ['c', 'a'], allowed: false }] },
    })
    const unknown = { revision: 1, options: { conflicts: [{ tasks: ['a', 'x'] as const }] } }
    expect(revisePlan([{ id: 'a' }], {}, unknown)).toMatchObject({
      ok: false,
      problems: [{ kind: 'invalid-conflict' }],
    })
  })
})

function addEdge(...names: string[]): PlanPatch {
  return {
    addDependencies: names.flatMap((task, nth) =>
      nth % 2 === 0 ? [{ task, dependsOn: names[nth + 1]! }] : [],
    ),
  }
}
