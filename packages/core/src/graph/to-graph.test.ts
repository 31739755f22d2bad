import { DirectedGraph, MultiGraph } from 'graphology'
import { describe, expect, it } from 'vitest'

import { CuelineError } from '../error.ts'
import { generations } from './generations.ts'
import { toGraph } from './to-graph.ts'

describe('toGraph [S3-03]', () => {
  it('leads edges from a task to those that wait for it and keeps what is known of each', () => {
    const graph = toGraph([
      { id: 'test', dependsOn: ['build', { task: 'build' }], title: 'Test it', epic: 'release' },
      { id: 'build', estimate: { min: 1, max: 4 } },
    ])
    expect(graph.export().edges.map(({ source, target }) => [source, target])).toEqual([['1', '0']])
    expect(graph.getNodeAttributes('0')).toEqual({ id: 'test', title: 'Test it', epic: 'release' })
    expect(graph.getNodeAttributes('1')).toEqual({ id: 'build', estimate: 2.5 })
  })

  it('takes ids that graphology itself could not keep', () => {
    const graph = toGraph([
      { id: '__proto__' },
      { id: 'toString', dependsOn: ['__proto__'] },
      { id: '10', dependsOn: ['toString'] },
      { id: '9', dependsOn: ['toString'] },
    ])
    expect(generations(graph)).toEqual([['__proto__'], ['toString'], ['10', '9']])
  })

  it('shows cycles, and has no generations then', () => {
    const graph = toGraph([
      { id: 'a', dependsOn: ['b'] },
      { id: 'b', dependsOn: ['a'] },
    ])
    expect(graph.size).toBe(2)
    expect(() => generations(graph)).toThrow(CuelineError)
  })

  it('refuses a dependency on nothing with the words of the planner', () => {
    expect(() => toGraph([{ id: 'a', dependsOn: ['ghost'] }])).toThrow(/"a" waits for "ghost"/)
  })

  it.each<[unknown, string]>([
    [null, 'graph is null. Give a graph that toGraph made.'],
    [[], 'graph is a list. Give a graph that toGraph made.'],
    [{ type: 'directed' }, 'graph is an object. Give a graph that toGraph made.'],
    [new MultiGraph(), 'graph.type is "mixed". Give a graph that toGraph made.'],
    [foreignGraph(), 'graph, node "a\\n": id is undefined. Give a graph that toGraph made.'],
  ])('has no generations for what is none of its graphs, and blames no cycle', (graph, message) => {
    expect(() => generations(graph as never)).toThrow(message)
  })
})

function foreignGraph() {
  const graph = new DirectedGraph()
  graph.addNode('a\n')
  return graph
}
