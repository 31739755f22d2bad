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
  return path.reverse()
}

const shownTasks = 30

function messageOf(path: readonly string[], members: number): string {
  const names = path.slice(0, shownTasks)
  const left = path.length - names.length
  const rest = left === 0 ? '' : ` -> … (${left} more)`
  const entangled =
    members > path.length - 1 ? ` ${members} tasks in all wait for each other here.` : ''
  return `These tasks wait for each other, so none can start: ${names.map(plain).join(' -> ')}${rest}.${entangled} Remove one of these dependencies.`
}

/** Ids as they are, as long as they cannot be taken for something else. */
function plain(id: string): string {
  return /^[\w.:/#-]{1,60}$/.test(id) ? id : shown(id)
}
