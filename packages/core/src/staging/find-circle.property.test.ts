import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCircle } from './find-circle.ts'

const anyGraph = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 }).map((edges) => {
  const graph = new Map<number, Set<number>>()
  for (const [from, to] of edges) graph.set(from, (graph.get(from) ?? new Set()).add(to))
  return graph
})

describe('finding a circle [S0-04]', () => {
  it('gives real edges, each task once, the last waiting for the first', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const circle = findCircle(graph)
        circle.forEach((id, index) => {
          expect(graph.get(id)).toContain(circle[(index + 1) % circle.length])
        })
        expect(new Set(circle).size).toBe(circle.length)
      }),
    )
  })

  it('finds one exactly when some task waits for itself over any number of others', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const reaches = (from: number) => {
          const seen = new Set(graph.get(from))
          for (const id of seen) for (const next of graph.get(id) ?? []) seen.add(next)
          return seen.has(from)
        }
        expect(findCircle(graph).length > 0).toBe([...graph.keys()].some(reaches))
      }),
    )
  })

  it('walks a chain of 100 000 without recursion', () => {
    const chain = Array.from({ length: 100_000 }, (_, index) => index)
    const graph = new Map(chain.map((id) => [id, new Set([(id + 1) % chain.length])]))
    expect(findCircle(graph)).toHaveLength(100_000)
    graph.delete(0)
    expect(findCircle(graph)).toEqual([])
  })
})
