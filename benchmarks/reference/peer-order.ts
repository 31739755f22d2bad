// `peer-order.ts <peer> <shape> <size> <rounds>`: prints as JSON what one peer needs to order made tasks
// and its ratio to the limit, by turns in this process - which may overflow or never end, so nobody
// else is in it.
import process from 'node:process'

import type { PlanTask } from '@cueline/core/planner'

import { graphologyLayers } from './graphology-layers.ts'
import { interleave } from './interleave.ts'
import { madeTasks, type Shape } from './made-tasks.ts'
import { loadPeer } from './peers.ts'
import { typedArrayPass } from './typed-array-pass.ts'

type Order = (tasks: readonly PlanTask[]) => unknown

/** Each as its documentation shows it, from the tasks to its answer. */
const peers: Record<string, () => Promise<Order>> = {
  'graphology-dag': async () => graphologyLayers,
  'p-graph': async () => {
    const { PGraph } = await loadPeer<{
      readonly PGraph: new (
        nodes: Map<string, object>,
        edges: readonly [string, string][],
      ) => object
    }>('p-graph')
    const run = () => undefined
    return (tasks) => new PGraph(new Map(tasks.map(({ id }) => [id, { run }])), edgesOf(tasks))
  },
  'dependency-graph': async () => {
    const { DepGraph } = await loadPeer<{
      readonly DepGraph: new () => {
        addNode(id: string): void
        addDependency(task: string, dependency: string): void
        overallOrder(): string[]
      }
    }>('dependency-graph')
    return (tasks) => {
      const graph = new DepGraph()
      for (const { id } of tasks) graph.addNode(id)
      for (const [dependency, task] of edgesOf(tasks)) graph.addDependency(task, dependency)
      return graph.overallOrder()
    }
  },
  toposort: async () => {
    const { default: toposort } = await loadPeer<{
      readonly default: {
        array(nodes: readonly string[], edges: readonly (readonly string[])[]): string[]
      }
    }>('toposort')
    return (tasks) =>
      toposort.array(
        tasks.map(({ id }) => id),
        edgesOf(tasks),
      )
  },
}

function edgesOf(tasks: readonly PlanTask[]): [string, string][] {
  return tasks.flatMap(({ id, dependsOn = [] }) =>
    (dependsOn as readonly string[]).map((dependency): [string, string] => [dependency, id]),
  )
}

const [name = '', shape = '', size = '', rounds = ''] = process.argv.slice(2)
const order = await peers[name]?.()
if (order === undefined) throw new Error(`Give one of ${Object.keys(peers).join(', ')}.`)
const tasks = madeTasks(shape as Shape, Number(size))
try {
  const [, { ms, ratio }] = interleave(
    [
      { name: 'limit', run: () => typedArrayPass(tasks) },
      { name, run: () => order(tasks) },
    ],
    Number(rounds),
  ) as [unknown, { ms: number; ratio: number }]
  console.log(JSON.stringify({ ms, ratio }))
} catch (error) {
  const failed = error instanceof RangeError ? 'stack overflow' : String(error)
  console.log(JSON.stringify({ failed }))
}
