import type { TaskIndex } from './index-tasks.ts'
import type { Problem } from './plan.ts'
import { shown } from './shown.ts'
import { stronglyConnected } from './strongly-connected.ts'

/**
 * One problem per set of tasks that wait for each other, with a shortest cycle through the earliest
 * task of the set: each task waits for the next, the last is the first again.
 */
export function cycles(index: TaskIndex): Problem[] {
  const component = new Int32Array(index.size)
  const cameFrom = new Int32Array(index.size).fill(-1)
  return stronglyConnected(index).map((members, nth) => {
    for (const task of members) component[task] = nth + 1
    const path = shortestCycle(index, members[0]!, component, cameFrom)
    const tasks = path.map((task) => index.ids[task]!)
    return { kind: 'cycle', tasks, message: messageOf(tasks, members.length) }
  })
}

function shortestCycle(
  index: TaskIndex,
  start: number,
  component: Int32Array,
  cameFrom: Int32Array,
): number[] {
  const { dependencyOffsets, dependencies } = index
  const queue = [start]
  let last = start
  search: for (const task of queue) {
    const end = dependencyOffsets[task + 1]!
    for (let edge = dependencyOffsets[task]!; edge < end; edge++) {
      const dependency = dependencies[edge]!
      if (dependency === start) {
        last = task
        break search
      }
      if (component[dependency] !== component[start] || cameFrom[dependency] !== -1) continue
      cameFrom[dependency] = task
      queue.push(dependency)
    }
  }
  const path = [start]
  for (let task = last; task !== start; task = cameFrom[task]!) path.push(task)
  path.push(start)
  return path.toReversed()
}

const shownTasks = 30

/** A cycle that a dependency would close: its first task would wait for the second. */
export function closedCycle(tasks: string[]): Problem {
  const [task, dependsOn] = tasks.slice(0, 2).map(plain)
  const message = `${task} cannot wait for ${dependsOn}: these tasks would wait for each other, so none could start: ${pathOf(tasks)}. Leave that dependency out, or remove another of these.`
  return { kind: 'cycle', tasks, message }
}

function pathOf(path: readonly string[]): string {
  const names = path.slice(0, shownTasks)
  const left = path.length - names.length
  return names.map(plain).join(' -> ') + (left === 0 ? '' : ` -> … (${left} more)`)
}

function messageOf(path: readonly string[], members: number): string {
  const entangled =
    members > path.length - 1 ? ` ${members} tasks in all wait for each other here.` : ''
  return `These tasks wait for each other, so none can start: ${pathOf(path)}.${entangled} Remove one of these dependencies.`
}

/** Ids as they are, as long as they cannot be taken for something else. */
function plain(id: string): string {
  return /^[\w.:/#-]{1,60}$/.test(id) ? id : shown(id)
}
