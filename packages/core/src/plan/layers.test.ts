import { describe, expect, it } from 'vitest'

import { indexTasks } from './index-tasks.ts'
import { idsByLayer, layersOf } from './layers.ts'
import type { PlanTask } from './plan.ts'

/** Tasks in the notation `id <- dependency, dependency`. */
function graph(...lines: readonly string[]) {
  const tasks = lines.map((line): PlanTask => {
    const [id = '', needs] = line.split(' <- ')
    return needs === undefined ? { id } : { id, dependsOn: needs.split(', ') }
  })
  return indexTasks(tasks).index
}

describe('layers [S3-03]', () => {
  it('put a task behind the longest chain before it, however short the others are', () => {
    const index = graph('jam <- fruit, sugar', 'fruit <- seed', 'sugar', 'seed', 'toast <- jam')

    const { count, layerOf } = layersOf(index)

    expect(count).toBe(4)
    expect([...layerOf]).toEqual([2, 1, 0, 0, 3])
  })

  it('hold their tasks in input order, whichever was freed first', () => {
    // What waits for `late` stands before what waits for `early`, though it is freed after it.
    const index = graph('one <- late', 'two <- early', 'early', 'late', 'three <- early, late')
    const layers = layersOf(index)

    expect([...layers.order]).toEqual([2, 3, 0, 1, 4])
    expect([...layers.offsets]).toEqual([0, 2, 5])
    expect(idsByLayer(index, layers)).toEqual([
      ['early', 'late'],
      ['one', 'two', 'three'],
    ])
  })

  it('leave out the tasks of a cycle and those behind one, and no others', () => {
    const index = graph('free', 'a <- b', 'b <- a', 'behind <- a, free', 'next <- free')
    const layers = layersOf(index)

    expect([...layers.layerOf]).toEqual([0, -1, -1, -1, 1])
    expect([...layers.order]).toEqual([0, 4])
    expect([...layers.offsets]).toEqual([0, 1, 2])
    expect(idsByLayer(index, layers)).toEqual([['free'], ['next']])
  })

  it('are one when nothing waits, and none when there is nothing', () => {
    const alone = graph('a', 'b', 'c')
    const nothing = graph()

    expect(idsByLayer(alone, layersOf(alone))).toEqual([['a', 'b', 'c']])
    expect(layersOf(nothing).count).toBe(0)
    expect(idsByLayer(nothing, layersOf(nothing))).toEqual([])
  })
})
