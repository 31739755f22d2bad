import { isObject } from './input-problems.ts'
import type { PlanTask, PlanWarning, Problem } from './plan.ts'
import type { Demands } from './serial-schedule.ts'
import { shown } from './shown.ts'
import { onlyIds, taskNamed } from './task-named.ts'

export interface ResourceDemands {
  /** Undefined when no task needs any of a resource whose capacity is given. */
  readonly demands: Demands | undefined
  readonly problems: Problem[]
  readonly warnings: PlanWarning[]
}

/**
 * What tasks need of the resources whose capacities are given, as a table. A resource without a capacity
 * limits nothing, which is worth a warning; a demand above the capacity could never be met.
 */
export function resourceDemands(
  tasks: readonly PlanTask[],
  resources: Readonly<Record<string, number>> = {},
): ResourceDemands {
  const problems: Problem[] = []
  if (!isObject(resources)) {
    problems.push({
      kind: 'invalid-option',
      tasks: [],
      message: `resources is ${shown(resources)}. Give the capacity of each by its name, or leave it out.`,
    })
    return { demands: undefined, problems, warnings: [] }
  }
  const names = Object.keys(resources)
  const capacities = new Float64Array(names.length)
  const kindOf = new Map<string, number>()
  for (const name of names) {
    const capacity = resources[name]!
    if (!isAmount(capacity)) {
      problems.push({
        kind: 'invalid-option',
        tasks: [],
        message: `resources gives ${shown(name)} the capacity ${shown(capacity)}. Give a number from 0 to ${most}.`,
      })
    }
    capacities[kindOf.size] = isAmount(capacity) ? capacity : Infinity
    kindOf.set(name, kindOf.size)
  }

  const kinds = names.length
  const units = new Float64Array(tasks.length * kinds)
  const unlimited = new Map<string, string[]>()
  const unused = new Set(names)
  let needed = false
  for (const [position, task] of tasks.entries()) {
    if (task?.resources === undefined || task.resources === null) continue
    if (!isObject(task.resources)) {
      problems.push(
        invalid(task, position, `${shown(task.resources)}. Give units by the name of a resource.`),
      )
      continue
    }
    for (const [name, amount] of Object.entries(task.resources)) {
      const kind = kindOf.get(name)
      unused.delete(name)
      if (!isAmount(amount)) {
        problems.push(
          invalid(
            task,
            position,
            `${shown(amount)} of ${shown(name)}. Give a number from 0 to ${most}.`,
          ),
        )
      } else if (kind === undefined) {
        const others = unlimited.get(name)
        if (others === undefined) unlimited.set(name, [task.id])
        else others.push(task.id)
      } else if (amount > capacities[kind]!) {
        problems.push(
          invalid(
            task,
            position,
            `${amount} of ${shown(name)}, of which there are ${capacities[kind]}. Give the resource that capacity, or the task less.`,
          ),
        )
      } else if (amount > 0) {
        units[position * kinds + kind] = amount
        needed = true
      }
    }
  }
  return {
    demands: needed ? { kinds, units, capacities } : undefined,
    problems,
    warnings: [
      ...Array.from(unlimited, ([name, ids]) => ({
        kind: 'unlimited-resource' as const,
        tasks: ids,
        message: `${shown(name)} is needed, but resources gives it no capacity, so it limits nothing.`,
      })),
      ...Array.from(unused, (name) => ({
        kind: 'unused-resource' as const,
        tasks: [],
        message: `resources gives ${shown(name)} a capacity, but no task needs it. Correct the name, or leave it out.`,
      })),
    ],
  }
}

/** Keeps sums of demands exact enough to compare. */
const most = 1e9

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= most
}

function invalid({ id }: PlanTask, position: number, rest: string): Problem {
  const message = `${taskNamed(id, position)} needs ${rest}`
  return { kind: 'invalid-resource', tasks: onlyIds(id), message }
}

export const noDemands: Demands = {
  kinds: 0,
  units: new Float64Array(0),
  capacities: new Float64Array(0),
}

/** The same demands with a worker for every task, where workers are fewer than tasks. */
export function withWorkers(
  demands: Demands | undefined,
  size: number,
  workers: number,
): Demands | undefined {
  if (workers >= size) return demands
  const others = demands?.kinds ?? 0
  const kinds = others + 1
  const units = new Float64Array(size * kinds)
  for (let task = 0; task < size; task++) {
    units[task * kinds] = 1
    for (let kind = 0; kind < others; kind++) {
      units[task * kinds + 1 + kind] = demands!.units[task * others + kind]!
    }
  }
  const capacities = new Float64Array(kinds)
  capacities[0] = workers
  if (demands !== undefined) capacities.set(demands.capacities, 1)
  return { kinds, units, capacities }
}
