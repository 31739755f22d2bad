import { describe, expect, it } from 'vitest'

import { closedCycle, cycles } from './cycles.ts'
import { indexTasks } from './index-tasks.ts'
import type { PlanTask } from './plan.ts'

/** The problems of tasks in the notation `id <- dependency, dependency`. */
function cyclesOf(...lines: readonly string[]) {
  const tasks = lines.map((line): PlanTask => {
    const [id = '', needs] = line.split(' <- ')
    return needs === undefined ? { id } : { id, dependsOn: needs.split(', ') }
  })
  return cycles(indexTasks(tasks).index)
}

function ringOf(size: number) {
  return cyclesOf(...Array.from({ length: size }, (_, at) => `t${at} <- t${(at + 1) % size}`))
}

describe('a cycle [S3-03]', () => {
  it('is shown as its path, each task waiting for the next, with what to do', () => {
    expect(cyclesOf('a <- c', 'b <- a', 'c <- b')).toEqual([
      {
        kind: 'cycle',
        tasks: ['a', 'c', 'b', 'a'],
        message:
          'These tasks wait for each other, so none can start: a -> c -> b -> a. Remove one of these dependencies.',
      },
    ])
  })

  it('is a shortest one through the earliest task, by the dependencies named first', () => {
    const [cycle] = cyclesOf('a <- far, b, c', 'b <- d', 'c <- d', 'd <- a', 'far <- b')

    expect(cycle!.tasks).toEqual(['a', 'b', 'd', 'a'])
    expect(cycle!.message).toBe(
      'These tasks wait for each other, so none can start: a -> b -> d -> a. 5 tasks in all wait for each other here. Remove one of these dependencies.',
    )
  })

  it('is found whole although its tasks also wait for another cycle', () => {
    expect(cyclesOf('a <- c, b', 'b <- a', 'c <- d', 'd <- c').map(({ tasks }) => tasks)).toEqual([
      ['a', 'b', 'a'],
      ['c', 'd', 'c'],
    ])
  })

  it.each([
    [
      ['a <- b, d', 'b <- a', 'c <- d', 'd <- c'],
      ['a b a', 'c d c'],
    ],
    [
      ['c <- d', 'd <- c', 'a <- b, d', 'b <- a'],
      ['c d c', 'a b a'],
    ],
    [
      ['a <- b, x', 'b <- a', 'x <- d', 'c <- d', 'd <- c'],
      ['a b a', 'c d c'],
    ],
  ])('is found whole although another cycle waits for a later task of it: %j', (lines, paths) => {
    expect(cyclesOf(...lines).map(({ tasks }) => tasks.join(' '))).toEqual(paths)
  })

  it('is none where tasks only share what they wait for', () => {
    expect(cyclesOf('a', 'b <- a', 'c <- a', 'd <- b, c')).toEqual([])
  })

  it('is written out up to thirty tasks, then cut with the number of those left out', () => {
    expect(ringOf(29)[0]!.message).toMatch(/ -> t28 -> t0\. Remove one/)
    expect(ringOf(30)[0]!.message).toMatch(/ -> t28 -> t29 -> … \(1 more\)\. Remove one/)
    expect(ringOf(30)[0]!.tasks).toHaveLength(31)
  })

  it.each([
    ['two words', '"two words" -> b -> "two words".'],
    [' a', '" a" -> b -> " a".'],
    ['a ', '"a " -> b -> "a ".'],
    ['Ä', '"Ä" -> b -> "Ä".'],
    ['api/auth.v2:#7-x_Y', ': api/auth.v2:#7-x_Y -> b -> api/auth.v2:#7-x_Y.'],
    ['x'.repeat(60), `: ${'x'.repeat(60)} -> b -> ${'x'.repeat(60)}.`],
    ['x'.repeat(61), `: "${'x'.repeat(60)}…" -> b -> "${'x'.repeat(60)}…".`],
  ])('quotes the id %j only where it could be taken for something else', (id, part) => {
    const tasks = [
      { id, dependsOn: ['b'] },
      { id: 'b', dependsOn: [id] },
    ]

    expect(cycles(indexTasks(tasks).index)[0]!.message).toContain(part)
  })
})

describe('a dependency that would close a cycle [S3-03]', () => {
  it('is named with the two tasks and the whole path, cut after thirty', () => {
    expect(closedCycle(['a b', 'c', 'a b'])).toEqual({
      kind: 'cycle',
      tasks: ['a b', 'c', 'a b'],
      message:
        '"a b" cannot wait for c: these tasks would wait for each other, so none could start: "a b" -> c -> "a b". Leave that dependency out, or remove another of these.',
    })
    const ring = Array.from({ length: 41 }, (_, at) => `t${at % 40}`)
    expect(closedCycle(ring).message).toContain(' -> t29 -> … (11 more). Leave')
  })
})
