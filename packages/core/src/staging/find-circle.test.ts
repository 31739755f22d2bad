import { describe, expect, it } from 'vitest'
import { findCircle } from './find-circle.ts'

function graph(edges: Readonly<Record<string, readonly string[]>>) {
  return new Map(Object.entries(edges).map(([id, targets]) => [id, new Set(targets)]))
}

describe('the circle that is found [S0-04]', () => {
  it('is the circle itself, without the way that leads into it', () => {
    expect(findCircle(graph({ far: ['near'], near: ['a'], a: ['b'], b: ['a'] }))).toEqual([
      'a',
      'b',
    ])
    expect(findCircle(graph({ a: ['a'] }))).toEqual(['a'])
  })

  it('is found behind tasks that share what they wait for, and behind those that wait for several', () => {
    const free = { one: ['x'], two: ['x'], both: ['x', 'y'], x: [], y: ['x'] }

    expect(findCircle(graph({ ...free, a: ['one', 'b'], b: ['a', 'both'] }))).toEqual(['a', 'b'])
    expect(findCircle(graph(free))).toEqual([])
  })

  it('is none in a graph of nothing', () => {
    expect(findCircle(graph({}))).toEqual([])
  })
})
