import type { Plan } from '@cueline/core/planner'

import type { Case } from './published-graphs.ts'

/**
 * What happens when the tasks of `groups` are handed out, group after group with a barrier between, each
 * in the order given as soon as it can start. Written to be obvious, not fast, and shares nothing with the
 * planner. `minutes` are the true durations, by task.
 */
export function dispatch(
  { tasks, workers, resources = {} }: Case,
  groups: readonly (readonly string[])[],
  minutes: ReadonlyMap<string, number>,
): number {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const finished = new Set<string>()
  const free = new Map(Object.entries(resources))
  let running: { id: string; finish: number }[] = []
  let time = 0
  for (const group of groups) {
    let waiting = [...group]
    while (waiting.length > 0 || running.length > 0) {
      waiting = waiting.filter((id) => {
        const { dependsOn = [], resources: needs = {} } = byId.get(id)!
        const ready =
          running.length < workers &&
          dependsOn.every((other) => finished.has(other as string)) &&
          Object.entries(needs).every(([name, units]) => units <= free.get(name)!)
        if (!ready) return true
        for (const [name, units] of Object.entries(needs)) free.set(name, free.get(name)! - units)
        running.push({ id, finish: time + minutes.get(id)! })
        return false
      })
      time = Math.min(...running.map(({ finish }) => finish))
      for (const { id, finish } of running) {
        if (finish > time) continue
        finished.add(id)
        const needs = Object.entries(byId.get(id)!.resources ?? {})
        for (const [name, units] of needs) free.set(name, free.get(name)! + units)
      }
      running = running.filter(({ finish }) => finish > time)
    }
  }
  return time
}

/** Throws unless the schedule of the plan can be carried out as it stands. */
export function mustBePossible({ tasks, resources = {}, name }: Case, plan: Plan): void {
  const fail = (what: string) => {
    throw new Error(`The schedule of ${name} for ${plan.workers} workers ${what}.`)
  }
  const entries = new Map(plan.schedule.map((entry) => [entry.task, entry]))
  if (entries.size !== tasks.length || plan.schedule.length !== tasks.length) fail('loses tasks')
  const changes: { time: number; name: string; units: number }[] = []
  for (const { id, dependsOn = [], resources: needs = {}, estimate } of tasks) {
    const { start, finish } = entries.get(id)!
    if (typeof estimate === 'number' && finish !== start + estimate) fail('changes durations')
    if (dependsOn.some((other) => entries.get(other as string)!.finish > start)) {
      fail('starts a task too early')
    }
    if (finish > plan.makespan) fail('ends after its makespan')
    if (finish === start) continue
    for (const [key, units] of [...Object.entries(needs), ['a worker', 1] as const]) {
      changes.push({ time: start, name: key, units }, { time: finish, name: key, units: -units })
    }
  }
  const used = new Map<string, number>()
  changes.sort((one, other) => one.time - other.time || one.units - other.units)
  for (const { name: key, units } of changes) {
    const now = (used.get(key) ?? 0) + units
    used.set(key, now)
    if (now > (key === 'a worker' ? plan.workers : resources[key]!))
      fail(`has too little of ${key}`)
  }
}
