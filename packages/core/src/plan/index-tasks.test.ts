import { describe, expect, it } from 'vitest'

import { indexTasks } from './index-tasks.ts'
import type { PlanTask } from './plan.ts'

function problemsOf(...tasks: readonly unknown[]) {
  return indexTasks(tasks as PlanTask[]).problems
}

describe('the index of tasks [S3-03]', () => {
  it('holds dependencies and dependents in input order, however they are named', () => {
    const { index, problems, warnings } = indexTasks([
      { id: 'jam', dependsOn: ['sugar', { task: 'fruit' }] },
      { id: 'fruit', dependsOn: ['seed'] },
      { id: 'sugar' },
      { id: 'seed', dependsOn: [] },
      { id: 'cake', dependsOn: ['sugar'] },
    ])

    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
    expect(index.size).toBe(5)
    expect(index.ids).toEqual(['jam', 'fruit', 'sugar', 'seed', 'cake'])
    expect(index.positions.get('seed')).toBe(3)
    expect([...index.dependencyOffsets]).toEqual([0, 2, 3, 3, 3, 4])
    expect([...index.dependencies]).toEqual([1, 2, 3, 2])
    expect([...index.dependentOffsets]).toEqual([0, 0, 1, 3, 4, 4])
    expect([...index.dependents]).toEqual([0, 0, 4, 1])
  })

  it('sorts many dependencies of one task as well as few', () => {
    const tasks = Array.from({ length: 60 }, (_, at) => ({ id: `t${at}` }))
    const ids = tasks.map(({ id }) => id)
    const last = { id: 'last', dependsOn: ids.toReversed() }
    const { index } = indexTasks([...tasks, last])
    expect([...index.dependencies]).toEqual(ids.map((_, at) => at))
  })

  it('is empty for no tasks', () => {
    const { index } = indexTasks([])

    expect(index.size).toBe(0)
    expect([...index.dependencyOffsets, ...index.dependents]).toEqual([0])
  })

  it.each([
    [null, 'tasks is null. Give a list.'],
    ['abc', 'tasks is "abc". Give a list.'],
  ])('is empty for what is no list of tasks, and says so: %j', (tasks, message) => {
    const { index, problems } = indexTasks(tasks as never)

    expect(index).toMatchObject({ size: 0, ids: [] })
    expect(problems).toEqual([{ kind: 'invalid-option', tasks: [], message }])
  })

  it('leaves out edges that cannot stand and keeps the good ones around them', () => {
    const { index } = indexTasks([
      { id: 'a', dependsOn: ['ghost', 'b', 'a', 'b', 'c'] },
      { id: 'b', dependsOn: 'c' as never },
      { id: 'c' },
      { id: 'd', dependsOn: ['a'] },
    ])

    expect([...index.dependencyOffsets]).toEqual([0, 2, 2, 2, 3])
    expect([...index.dependencies]).toEqual([1, 2, 0])
    expect([...index.dependents]).toEqual([3, 0, 0])
  })

  it('lets names mean the first of several tasks with one id', () => {
    const { index } = indexTasks([{ id: 'a' }, { id: 'a' }, { id: 'b', dependsOn: ['a'] }])

    expect(index.positions.get('a')).toBe(0)
    expect([...index.dependencies]).toEqual([0])
  })

  it('tells for each task alone whether it names a dependency twice', () => {
    const { index, warnings } = indexTasks([
      { id: 'seed' },
      { id: 'a', dependsOn: ['seed'] },
      { id: 'b', dependsOn: ['seed', 'seed', 'a', 'seed', 'a'] },
    ])

    expect(index.dependencies).toHaveLength(3)
    expect(warnings).toEqual(
      ['seed', 'a'].map((name) => ({
        kind: 'duplicate-dependency',
        tasks: ['b', name],
        message: `Task "b" names its dependency "${name}" more than once; it counts once.`,
      })),
    )
  })
})

describe('an id [S3-03]', () => {
  it.each([
    ['', [''], 'Task 2 of the input has an empty id. Give it a string of 1 to 200 characters.'],
    [
      'x'.repeat(201),
      ['x'.repeat(201)],
      `Task 2 of the input has an id of 201 characters ("${'x'.repeat(60)}…"). Shorten it to at most 200 characters.`,
    ],
    [
      7,
      [],
      'Task 2 of the input has 7 as its id, which is not a string. Give it a string of 1 to 200 characters.',
    ],
    [
      ['a'],
      [],
      'Task 2 of the input has a list as its id, which is not a string. Give it a string of 1 to 200 characters.',
    ],
    [null, [], 'Task 2 of the input has no id. Give it a string of 1 to 200 characters.'],
    [undefined, [], 'Task 2 of the input has no id. Give it a string of 1 to 200 characters.'],
  ])('%j is refused with its place, its value and what to do', (id, tasks, message) => {
    expect(problemsOf({ id: 'a' }, { id })).toEqual([{ kind: 'invalid-id', tasks, message }])
  })

  it('is compared with others that look alike, wherever it stands and whatever the others are', () => {
    const similar = (...ids: readonly string[]) =>
      indexTasks(ids.map((id) => ({ id }))).warnings.map(({ kind, tasks }) => [kind, ...tasks])
    const [one, other] = ['\u00e9', 'e\u0301'] as const
    expect(similar(one, other)).toEqual([['similar-ids', one, other]])
    expect(similar('\u0430', '\uff41')).toEqual([['similar-ids', '\u0430', '\uff41']])
    expect(similar('x', one, 'y', other)).toEqual([['similar-ids', one, other]])
    expect(similar('x', one, 'y')).toEqual([])
  })

  it('of two hundred characters is taken, and so is one that objects have', () => {
    expect(problemsOf({ id: 'x'.repeat(200) }, { id: '__proto__' }, { id: 'x' })).toEqual([])
  })

  it('counts characters, not units of UTF-16', () => {
    expect(problemsOf({ id: '🎭'.repeat(200) })).toEqual([])
    expect(problemsOf({ id: '🎭'.repeat(201) })).toMatchObject([
      { kind: 'invalid-id', message: expect.stringContaining('has an id of 201 characters') },
    ])
    expect(problemsOf({ id: '🎭'.repeat(1_000_000) })).toHaveLength(1)
  })

  it('is missing where there is no task at all', () => {
    expect(problemsOf(null, undefined)).toMatchObject([
      { kind: 'invalid-id', message: expect.stringContaining('Task 1 of the input has no id.') },
      {
        kind: 'invalid-id',
        message: expect.stringContaining(
          'Task 2 of the input has no id. Give it a string of 1 to 200 characters.',
        ),
      },
    ])
  })

  it('that several tasks have is named for each after the first', () => {
    expect(problemsOf({ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'a' })).toEqual([
      {
        kind: 'duplicate',
        tasks: ['a'],
        message: 'Tasks 1 and 3 of the input both have the id "a". Give one of them another id.',
      },
      {
        kind: 'duplicate',
        tasks: ['a'],
        message: 'Tasks 1 and 4 of the input both have the id "a". Give one of them another id.',
      },
    ])
  })

  it('that is none is not shown as one in other problems of its task', () => {
    expect(problemsOf({ id: 'a' }, { dependsOn: ['gone', 7] })).toMatchObject([
      { kind: 'invalid-id', tasks: [] },
      {
        kind: 'missing',
        tasks: ['gone'],
        message: expect.stringContaining('Task 2 of the input waits for "gone"'),
      },
      {
        kind: 'invalid-dependency',
        tasks: [],
        message: expect.stringContaining('Task 2 of the input has 7 among its dependencies'),
      },
    ])
  })

  it('that is missing is one problem, however often a task names it', () => {
    const problems = problemsOf(
      { id: 'a', dependsOn: ['gone', 'a', { task: 'gone' }, 'lost', 'a', 'gone', null, null] },
      { id: 'b', dependsOn: ['gone'] },
    )
    expect(problems.map(({ kind, tasks }) => [kind, tasks])).toEqual([
      ['missing', ['a', 'gone']],
      ['self', ['a']],
      ['missing', ['a', 'lost']],
      ['invalid-dependency', ['a']],
      ['missing', ['b', 'gone']],
    ])
  })

  it('that is no string is not called a duplicate as well', () => {
    expect(problemsOf({ id: 7 }, { id: 7 }).map(({ kind }) => kind)).toEqual([
      'invalid-id',
      'invalid-id',
    ])
  })

  it('outside ASCII is compared with the others by its looks, an invalid one too', () => {
    const alike = indexTasks([{ id: 'tea' }, { id: 'm\u00b2' }, { id: 'm2' }])
    const last = indexTasks([{ id: 'm2' }, { id: 'tea' }, { id: 'm\u00b2' }, { id: 'x' }])

    expect(alike.warnings).toMatchObject([{ kind: 'similar-ids', tasks: ['m\u00b2', 'm2'] }])
    expect(last.warnings).toMatchObject([{ kind: 'similar-ids', tasks: ['m2', 'm\u00b2'] }])
    expect(indexTasks([{ id: '\u007f' }, { id: 'a' }]).warnings).toEqual([])
  })
})

describe('a dependency [S3-03]', () => {
  it('that is not in the plan is named with the task that waits for it', () => {
    expect(problemsOf({ id: 'a', dependsOn: ['ghost'] })).toEqual([
      {
        kind: 'missing',
        tasks: ['a', 'ghost'],
        message:
          'Task "a" waits for "ghost", which is not in the plan. Add that task or remove the dependency.',
      },
    ])
  })

  it('on the task itself is refused', () => {
    expect(problemsOf({ id: 'a', dependsOn: [{ task: 'a' }] })).toEqual([
      {
        kind: 'self',
        tasks: ['a'],
        message: 'Task "a" waits for itself. Remove that dependency.',
      },
    ])
  })

  it.each([
    [7, '7'],
    [null, 'null'],
    [{}, 'an object'],
    [['b'], 'a list'],
  ])('%j is no dependency, and the message shows it', (entry, seen) => {
    expect(problemsOf({ id: 'a', dependsOn: [entry] }, { id: 'b' })).toEqual([
      {
        kind: 'invalid-dependency',
        tasks: ['a'],
        message: `Task "a" has ${seen} among its dependencies. dependsOn is a list of ids or of { task: id }.`,
      },
    ])
  })

  it('cannot be given without a list', () => {
    expect(problemsOf({ id: 'b' }, { id: 'a', dependsOn: 'b' })).toEqual([
      {
        kind: 'invalid-dependency',
        tasks: ['a'],
        message:
          'Task "a" has "b" among its dependencies. dependsOn is a list of ids or of { task: id }.',
      },
    ])
    expect(problemsOf({ id: 'a', dependsOn: null })).toEqual([])
  })
})
