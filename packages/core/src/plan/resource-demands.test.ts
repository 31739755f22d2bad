import { describe, expect, it } from 'vitest'

import type { PlanTask } from './plan.ts'
import { resourceDemands, withWorkers } from './resource-demands.ts'

function demandsOf(
  needs: readonly (Record<string, unknown> | undefined | null)[],
  resources?: Record<string, number>,
) {
  const tasks = needs.map((given, nth) => ({ id: `t${nth}`, resources: given }))
  return resourceDemands(tasks as PlanTask[], resources)
}

describe('what tasks need of resources [S3-03] [X-03]', () => {
  it('is a table of amounts, a row for each task and a column for each resource', () => {
    const { demands, problems, warnings } = demandsOf(
      [{ port: 1 }, undefined, { licence: 2, port: 0 }, null, { licence: 0.5 }],
      { licence: 3, port: 1 },
    )

    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
    expect(demands?.kinds).toBe(2)
    expect([...(demands?.capacities ?? [])]).toEqual([3, 1])
    expect([...(demands?.units ?? [])]).toEqual([0, 1, 0, 0, 2, 0, 0, 0, 0.5, 0])
  })

  it('is nothing where no task needs any of a resource with a capacity', () => {
    expect(demandsOf([undefined], { port: 1 }).demands).toBeUndefined()
    expect(demandsOf([{ port: 0 }], { port: 1 }).demands).toBeUndefined()
    expect(demandsOf([{ port: 1 }]).demands).toBeUndefined()
    expect(resourceDemands([null as never], { port: 1 }).demands).toBeUndefined()
  })

  it('is a worker each besides, where workers are fewer than tasks', () => {
    const { demands } = demandsOf([{ port: 1 }, { licence: 2 }], { licence: 3, port: 1 })

    const both = withWorkers(demands, 2, 1)
    expect(both?.kinds).toBe(3)
    expect([...(both?.capacities ?? [])]).toEqual([1, 3, 1])
    expect([...(both?.units ?? [])]).toEqual([1, 0, 1, 1, 2, 0])
    expect(withWorkers(demands, 2, 2)).toBe(demands)
    expect(withWorkers(undefined, 2, 2)).toBeUndefined()
    expect(withWorkers(undefined, 2, 1)).toEqual({
      kinds: 1,
      units: Float64Array.of(1, 1),
      capacities: Float64Array.of(1),
    })
  })
})

describe('bad resources [S3-03]', () => {
  it.each([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [1e9 + 1, '1000000001'],
    [Infinity, 'Infinity'],
  ])('refuse the capacity %d and show it', (capacity, seen) => {
    expect(demandsOf([], { port: capacity }).problems).toEqual([
      {
        kind: 'invalid-option',
        tasks: [],
        message: `resources gives "port" the capacity ${seen}. Give a number from 0 to 1000000000.`,
      },
    ])
  })

  it.each([
    ['gpu', '"gpu"'],
    [['gpu'], 'a list'],
    [5, '5'],
  ])('refuse %j as the needs of a task and show it', (needs, seen) => {
    expect(demandsOf([needs as never, { gpu: 1 }], { gpu: 1 }).problems).toEqual([
      {
        kind: 'invalid-resource',
        tasks: ['t0'],
        message: `Task "t0" needs ${seen}. Give units by the name of a resource.`,
      },
    ])
  })

  it.each([
    [[1], 'a list'],
    [null, 'null'],
    ['gpu', '"gpu"'],
  ])('refuse %j as capacities and show it', (capacities, seen) => {
    const { demands, problems } = demandsOf([{ gpu: 1 }], capacities as never)
    expect(demands).toBeUndefined()
    expect(problems).toEqual([
      {
        kind: 'invalid-option',
        tasks: [],
        message: `resources is ${seen}. Give the capacity of each by its name, or leave it out.`,
      },
    ])
  })

  it('take every capacity from nothing to a thousand million', () => {
    expect(demandsOf([], { none: 0, all: 1e9 }).problems).toEqual([])
  })

  it.each([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [2e9, '2000000000'],
    [{}, 'an object'],
  ])('refuse the demand %j and show it, also of a resource without capacity', (amount, seen) => {
    const problem = {
      kind: 'invalid-resource',
      tasks: ['t0'],
      message: `Task "t0" needs ${seen} of "port". Give a number from 0 to 1000000000.`,
    }

    expect(demandsOf([{ port: amount }], { port: 1 }).problems).toEqual([problem])
    expect(demandsOf([{ port: amount }]).problems).toEqual([problem])
  })

  it('refuse what could never be met, and no more than that', () => {
    expect(demandsOf([{ port: 2 }, { port: 3 }], { port: 2 }).problems).toEqual([
      {
        kind: 'invalid-resource',
        tasks: ['t1'],
        message:
          'Task "t1" needs 3 of "port", of which there are 2. Give the resource that capacity, or the task less.',
      },
    ])
  })

  it('are worth one warning for each resource without capacity, with all who need it', () => {
    const { warnings, demands } = demandsOf(
      [
        { oven: 1, port: 1 },
        { oven: 2, bowl: 1 },
      ],
      {
        port: 1,
      },
    )

    expect([...(demands?.units ?? [])]).toEqual([1, 0])
    expect(warnings).toEqual([
      {
        kind: 'unlimited-resource',
        tasks: ['t0', 't1'],
        message: '"oven" is needed, but resources gives it no capacity, so it limits nothing.',
      },
      {
        kind: 'unlimited-resource',
        tasks: ['t1'],
        message: '"bowl" is needed, but resources gives it no capacity, so it limits nothing.',
      },
    ])
  })

  it('are warned of where a capacity is given that no task needs', () => {
    const { warnings } = demandsOf([{ oven: 1 }], { oven: 1, ovens: 2 })
    expect(warnings).toEqual([
      {
        kind: 'unused-resource',
        tasks: [],
        message:
          'resources gives "ovens" a capacity, but no task needs it. Correct the name, or leave it out.',
      },
    ])
  })
})
