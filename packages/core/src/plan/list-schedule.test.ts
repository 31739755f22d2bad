import { describe, expect, it } from 'vitest'

import { indexTasks } from './index-tasks.ts'
import { afterDependencies, afterGroup, listSchedule, type Release } from './list-schedule.ts'
import type { PlanTask } from './plan.ts'

/** Tasks in the notation `id minutes <- dependency, dependency`, the most urgent first. */
function read(lines: readonly string[]) {
  const tasks = lines.map((line): PlanTask => {
    const [head = '', needs] = line.split(' <- ')
    const [id = '', minutes] = head.split(' ')
    return {
      id,
      estimate: Number(minutes),
      dependsOn: needs === undefined ? [] : needs.split(', '),
    }
  })
  return {
    tasks,
    index: indexTasks(tasks).index,
    durations: Float64Array.from(tasks, (task) => task.estimate as number),
    ranks: Float64Array.from(tasks, (_, position) => position),
  }
}

/** Each task as `id start-finish lane`, in the order of starting. */
function scheduled(workers: number, lines: readonly string[], release?: Release) {
  const { tasks, index, durations, ranks } = read(lines)
  const schedule = listSchedule(durations, ranks, workers, release ?? afterDependencies(index))
  if (schedule === undefined) throw new Error('Nothing had to be given up.')
  const { starts, lanes, order, makespan } = schedule
  const rows = Array.from(order, (task) => {
    const finish = starts[task]! + durations[task]!
    return `${tasks[task]!.id} ${starts[task]}-${finish} ${lanes[task]}`
  })
  return { rows, makespan }
}

describe('a list schedule [S3-03] [X-03]', () => {
  it('starts the most urgent task that is ready whenever a worker is free', () => {
    expect(scheduled(2, ['a 3', 'b 2', 'c 2', 'd 4 <- b', 'e 1 <- a'])).toEqual({
      rows: ['a 0-3 0', 'b 0-2 1', 'c 2-4 1', 'd 3-7 0', 'e 4-5 1'],
      makespan: 7,
    })
  })

  it('lets nobody rest while a task is ready, however little urgent it is', () => {
    expect(scheduled(3, ['long 9', 'next 5 <- long', 'small 1', 'least 1']).rows).toEqual([
      'long 0-9 0',
      'small 0-1 1',
      'least 0-1 2',
      expect.stringMatching(/^next 9-14 /),
    ])
  })

  it('keeps a chain on its lane: what is freed last is taken first', () => {
    expect(scheduled(2, ['a 2', 'x 5', 'b 2 <- a', 'c 2 <- b']).rows).toEqual([
      'a 0-2 0',
      'x 0-5 1',
      'b 2-4 0',
      'c 4-6 0',
    ])
  })

  it('does everything in turn with one worker, and at once with more workers than tasks', () => {
    expect(scheduled(1, ['a 1', 'b 2', 'c 3'])).toEqual({
      rows: ['a 0-1 0', 'b 1-3 0', 'c 3-6 0'],
      makespan: 6,
    })
    expect(scheduled(9, ['a 1', 'b 2', 'c 3'])).toEqual({
      rows: ['a 0-1 0', 'b 0-2 1', 'c 0-3 2'],
      makespan: 3,
    })
  })

  it('waits for all that a task depends on, and starts it once', () => {
    expect(scheduled(4, ['a 1', 'b 4', 'c 2', 'd 1 <- a, b, c', 'e 1 <- a, c']).rows).toEqual([
      'a 0-1 0',
      'b 0-4 1',
      'c 0-2 2',
      'e 2-3 2',
      'd 4-5 1',
    ])
  })

  it('passes through tasks that take no time', () => {
    expect(scheduled(1, ['a 0', 'b 0 <- a', 'c 2 <- b', 'd 0 <- c'])).toEqual({
      rows: ['a 0-0 0', 'b 0-0 0', 'c 0-2 0', 'd 2-2 0'],
      makespan: 2,
    })
  })

  it('is empty where there is nothing to do', () => {
    expect(scheduled(4, [])).toEqual({ rows: [], makespan: 0 })
  })

  it('names every task once in the order of starting, and once in that of finishing', () => {
    const { index, durations, ranks } = read(['a 3', 'b 1', 'c 1 <- b', 'd 5 <- a'])

    const schedule = listSchedule(durations, ranks, 2, afterDependencies(index))

    expect([...(schedule?.order ?? [])]).toEqual([0, 1, 2, 3])
    expect([...(schedule?.finished ?? [])]).toEqual([1, 2, 0, 3])
    expect([...(schedule?.starts ?? [])]).toEqual([0, 0, 1, 3])
  })
})

describe('a list schedule with a limit [X-03]', () => {
  const lines = ['a 3', 'b 2', 'c 1 <- a']
  function limited(workers: number, ...latestStarts: readonly number[]) {
    const { index, durations, ranks } = read(lines)
    const release = afterDependencies(index)
    return listSchedule(durations, ranks, workers, release, Float64Array.from(latestStarts))
  }

  it('is the same where every task may start as late as it does', () => {
    expect([...(limited(1, 0, 3, 5)?.starts ?? [])]).toEqual([0, 3, 5])
  })

  it('is given up as soon as the most urgent ready task is late', () => {
    expect(limited(1, 0, 2, 9)).toBeUndefined()
    expect(limited(1, 0, 3, 9)).toBeDefined()
    expect(limited(1, 0, 9, 4)).toBeUndefined()
    expect(limited(2, 0, 0, 2)).toBeUndefined()
    expect(limited(2, 0, 0, 3)).toBeDefined()
  })
})

describe('a barrier [S4-01]', () => {
  it('starts a group when the one before it is finished, whatever its tasks wait for', () => {
    const order = Int32Array.of(3, 0, 1, 2, 4)
    const release = afterGroup(order, Int32Array.of(0, 2, 3, 5))

    expect(scheduled(2, ['a 1', 'b 2', 'c 1', 'd 4', 'e 3'], release)).toEqual({
      rows: [
        'a 0-1 0',
        'd 0-4 1',
        'b 4-6 1',
        expect.stringMatching(/^c 6-7 /),
        expect.stringMatching(/^e 6-9 /),
      ],
      makespan: 9,
    })
  })

  it('does not hold the tasks of one group apart', () => {
    const release = afterGroup(Int32Array.of(0, 1, 2), Int32Array.of(0, 3))

    expect(scheduled(3, ['a 1', 'b 1', 'c 1'], release).makespan).toBe(1)
  })
})
