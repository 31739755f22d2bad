import { describe, expect, it } from 'vitest'

import { indexTasks } from './index-tasks.ts'
import { afterDependencies } from './list-schedule.ts'
import type { PlanTask } from './plan.ts'
import type { ConflictIndex } from './planned-conflicts.ts'
import { noDemands, resourceDemands } from './resource-demands.ts'
import { resourceListSchedule } from './resource-list-schedule.ts'

interface Given {
  readonly workers: number
  /** `id minutes resource:amount … <- dependency, dependency`, the most urgent first. */
  readonly tasks: readonly string[]
  readonly resources?: Record<string, number>
  readonly conflicts?: readonly (readonly [string, string])[]
}

function conflictIndex(ids: readonly string[], pairs: Given['conflicts'] = []): ConflictIndex {
  const lists = ids.map((id) =>
    pairs.flatMap(([one, other]) =>
      one === id ? [ids.indexOf(other)] : other === id ? [ids.indexOf(one)] : [],
    ),
  )
  const offsets = [0]
  for (const list of lists) offsets.push(offsets.at(-1)! + list.length)
  return { offsets: Int32Array.from(offsets), others: Int32Array.from(lists.flat()) }
}

/** Each task as `id start-finish`, in the order of starting; checks lanes and finishes on the way. */
function scheduled({ workers, tasks: lines, resources = {}, conflicts }: Given) {
  const tasks = lines.map((line): PlanTask => {
    const [head = '', needs] = line.split(' <- ')
    const [id = '', minutes, ...amounts] = head.split(' ')
    return {
      id,
      estimate: Number(minutes),
      resources: Object.fromEntries(
        amounts.map((amount) => [amount.split(':')[0], Number(amount.split(':')[1])]),
      ),
      dependsOn: needs === undefined ? [] : needs.split(', '),
    }
  })
  const durations = Float64Array.from(tasks, (task) => task.estimate as number)
  const { starts, lanes, order, finished, makespan } = resourceListSchedule(
    durations,
    Float64Array.from(tasks, (_, position) => position),
    workers,
    afterDependencies(indexTasks(tasks).index),
    resourceDemands(tasks, resources).demands ?? noDemands,
    conflicts === undefined
      ? undefined
      : conflictIndex(
          tasks.map(({ id }) => id),
          conflicts,
        ),
  )
  const finishOf = (task: number) => starts[task]! + durations[task]!
  for (const [nth, task] of order.entries()) {
    expect(lanes[task]).toBeLessThan(workers)
    for (const other of order.subarray(0, nth)) {
      if (lanes[other] === lanes[task]) expect(finishOf(other)).toBeLessThanOrEqual(starts[task]!)
    }
  }
  expect(finished.toSorted()).toEqual(order.toSorted())
  expect([...finished].map(finishOf)).toEqual([...finished].map(finishOf).toSorted((a, b) => a - b))
  return {
    rows: Array.from(order, (task) => `${tasks[task]!.id} ${starts[task]}-${finishOf(task)}`),
    makespan,
  }
}

describe('a list schedule with resources [S3-03] [X-03]', () => {
  it('starts what is urgent as far as resources are free, and less urgent work beside it', () => {
    expect(
      scheduled({
        workers: 3,
        resources: { port: 1 },
        tasks: ['a 4 port:1', 'b 2 port:1', 'c 1', 'd 3'],
      }),
    ).toEqual({ rows: ['a 0-4', 'c 0-1', 'd 0-3', 'b 4-6'], makespan: 6 })
  })

  it('takes what waits longest to be urgent as soon as enough is given back', () => {
    expect(
      scheduled({
        workers: 9,
        resources: { oven: 4 },
        tasks: ['a 5 oven:3', 'b 2 oven:1', 'c 3 oven:2', 'd 1 oven:1', 'e 1 oven:1'],
      }).rows,
    ).toEqual(['a 0-5', 'b 0-2', 'd 2-3', 'e 3-4', 'c 5-8'])
  })

  it('shares one resource among as many as it holds', () => {
    expect(
      scheduled({
        workers: 9,
        resources: { oven: 2 },
        tasks: ['a 2 oven:1', 'b 3 oven:1', 'c 2 oven:1', 'd 1 oven:2'],
      }).rows,
    ).toEqual(['a 0-2', 'b 0-3', 'c 2-4', 'd 4-5'])
  })

  it('needs all resources of a task at once', () => {
    expect(
      scheduled({
        workers: 9,
        resources: { oven: 1, bowl: 1 },
        tasks: ['a 2 oven:1', 'b 5 bowl:1', 'c 1 oven:1 bowl:1', 'd 1 oven:1', 'e 1 bowl:1'],
      }).rows,
    ).toEqual(['a 0-2', 'b 0-5', 'd 2-3', 'c 5-6', 'e 6-7'])
  })

  it('remembers what was given back while no worker was free', () => {
    expect(
      scheduled({
        workers: 2,
        resources: { oven: 1 },
        tasks: ['a 1 oven:1', 'b 3', 'c 5 <- a', 'd 1 oven:1'],
      }).rows,
    ).toEqual(['a 0-1', 'b 0-3', 'c 1-6', 'd 3-4'])
    expect(
      scheduled({
        workers: 2,
        resources: { oven: 1 },
        tasks: ['a 1 oven:1', 'e 3 <- a', 'b 4', 'd 1 oven:1'],
      }).rows,
    ).toEqual(['a 0-1', 'b 0-4', 'e 1-4', 'd 4-5'])
  })

  it('is the list schedule where nothing is scarce', () => {
    expect(scheduled({ workers: 2, tasks: ['a 3', 'b 2', 'c 2', 'd 4 <- b', 'e 1 <- a'] })).toEqual(
      { rows: ['a 0-3', 'b 0-2', 'c 2-4', 'd 3-7', 'e 4-5'], makespan: 7 },
    )
    expect(scheduled({ workers: 2, tasks: [] })).toEqual({ rows: [], makespan: 0 })
  })

  it('lets tasks that need nothing pass where all of a resource is taken', () => {
    expect(
      scheduled({
        workers: 2,
        resources: { oven: 1, bowl: 1 },
        tasks: ['a 9 oven:1', 'b 1 oven:1', 'c 1 oven:1', 'd 2 bowl:1', 'e 2', 'f 2 bowl:1'],
      }).rows,
    ).toEqual(['a 0-9', 'd 0-2', 'e 2-4', 'f 4-6', 'b 9-10', 'c 10-11'])
  })
})

describe('a list schedule with conflicts [S4-01] [X-03]', () => {
  it('keeps tasks that conflict apart, whoever waits taking its turn by urgency', () => {
    expect(
      scheduled({
        workers: 4,
        tasks: ['a 3', 'b 2', 'c 1', 'd 4'],
        conflicts: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      }),
    ).toEqual({ rows: ['a 0-3', 'c 0-1', 'd 0-4', 'b 3-5'], makespan: 5 })
  })

  it('waits for the last of several that run', () => {
    expect(
      scheduled({
        workers: 4,
        tasks: ['a 3', 'b 5', 'c 1', 'd 1'],
        conflicts: [
          ['c', 'a'],
          ['c', 'b'],
        ],
      }).rows,
    ).toEqual(['a 0-3', 'b 0-5', 'd 0-1', 'c 5-6'])
  })

  it('keeps them apart whether or not they also share a resource', () => {
    expect(
      scheduled({
        workers: 4,
        resources: { oven: 2 },
        tasks: ['a 2 oven:1', 'b 2 oven:1', 'c 2 oven:1'],
        conflicts: [['a', 'b']],
      }).rows,
    ).toEqual(['a 0-2', 'c 0-2', 'b 2-4'])
  })

  it('does not wait for a task that conflicts but has not begun', () => {
    expect(
      scheduled({
        workers: 4,
        tasks: ['a 2', 'b 1', 'c 1 <- a'],
        conflicts: [['b', 'c']],
      }).rows,
    ).toEqual(['a 0-2', 'b 0-1', 'c 2-3'])
  })
})
