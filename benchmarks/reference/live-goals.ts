import type { PlanTask } from '@cueline/core/planner'

import {
  anyPairs,
  type DependencyFigures,
  dependencyMs,
  finishMs,
  ladder,
  passMs,
} from './live-figures.ts'
import { madeTasks, shapes } from './made-tasks.ts'

/** Completing a task: against a pass from scratch, and against itself where there are more tasks. */
export function finishing(rounds: number) {
  const perTask = new Map(
    shapes.flatMap((shape) =>
      [1e4, 1e5].map((size) => [`${shape} ${size}`, finishMs(shape, size, rounds)] as const),
    ),
  )
  const ratios = shapes.map(
    (shape) => perTask.get(`${shape} 10000`)! / passMs(madeTasks(shape, 1e4), rounds),
  )
  const growths = shapes.map(
    (shape) => perTask.get(`${shape} 100000`)! / perTask.get(`${shape} 10000`)!,
  )
  return {
    'P4, finishing': {
      what: 'finishing a task of 10 000, its ready dependents named, in thousandths of a pass from scratch',
      value: short(1_000 * Math.max(...ratios)),
      goal: 1,
      milliseconds: Object.fromEntries([...perTask].map(([name, ms]) => [name, short(ms)])),
    },
    'P4, growth': {
      what: 'the same of 100 000 over that of 10 000; not 1, for the tasks leave the caches',
      value: short(Math.max(...growths)),
      goal: 3,
    },
  }
}

/** Dependencies between any two tasks, and up and down a ladder on which paths double with each layer. */
export function addingDependencies(rounds: number) {
  const cases = [1e4, 1e5].flatMap((size) =>
    shapes.map((shape) => {
      const tasks = madeTasks(shape, size)
      const pairs = anyPairs(tasks, 2_000)
      return { name: `${shape} ${size}`, ...compared(tasks, pairs, rounds) }
    }),
  )
  const steps = ladder(10_000)
  const last = steps.length - 1
  const onLadder = compared(
    steps,
    [
      ['task-0', `task-${last}`],
      ['task-1', `task-${last - 1}`],
      ['task-1', 'task-0'],
      ['task-0', `task-${last >> 1}`],
      ['task-5000', 'task-15000'],
    ],
    rounds,
  )
  if (onLadder.refused !== 4) throw new Error(`${onLadder.refused} of 4 cycles were refused.`)
  return {
    'P5, median': {
      what: 'adding a dependency with its cycle answer, in hundredths of a pass from scratch: median',
      value: short(100 * Math.max(...cases.map((one) => one.median / one.pass))),
      goal: 1,
      cases,
    },
    'P5, worst': {
      what: 'the same, the longest of 2 000, over a pass from scratch',
      value: short(Math.max(...cases.map((one) => one.worst / one.pass))),
      goal: 1,
    },
    'P5, ladder': {
      what: 'the longest on a ladder of 10 000 layers, cycles of 10 001 tasks named, over a pass',
      value: short(onLadder.worst / onLadder.pass),
      goal: 1,
    },
  }
}

function compared(
  tasks: readonly PlanTask[],
  pairs: readonly (readonly [string, string])[],
  rounds: number,
): DependencyFigures & { readonly pass: number } {
  return { pass: passMs(tasks, rounds), ...dependencyMs(tasks, pairs, rounds) }
}

function short(value: number): number {
  return Number(value.toPrecision(4))
}
