import {
  isLeftOut,
  refusedInput,
  requireList,
  requireNumber,
  requireObject,
  requireShare,
  requireText,
  requireTexts,
} from './require-input.ts'

/** Throws `invalid-input` for what is no plan, naming the first place where it is none. */
export function requirePlan(place: string, plan: unknown): void {
  requireObject(place, plan, 'a plan, as planTasks makes it')
  for (const name of numbers) requireNumber(`${place}.${name}`, plan[name])
  requireText(`${place}.barrier`, plan['barrier'])
  requireSchedule(place, plan)
  const { schedule, facts } = plan as { schedule: Times[]; facts: unknown }
  for (const [at, { start, finish, lane }] of schedule.entries()) {
    requireNumber(`${place}.schedule[${at}].start`, start)
    requireNumber(`${place}.schedule[${at}].finish`, finish)
    requireNumber(`${place}.schedule[${at}].lane`, lane)
  }
  requireList(`${place}.facts`, facts)
  for (const [at, fact] of facts.entries()) {
    const where = `${place}.facts[${at}]`
    requireObject(where, fact)
    requireText(`${where}.task`, fact['task'])
    for (const name of ['layer', 'slack', 'estimate']) {
      requireNumber(`${where}.${name}`, fact[name])
    }
  }
  const { conflicts } = plan
  // Plans that were stored before there were any have none.
  if (conflicts === undefined) return
  requireList(`${place}.conflicts`, conflicts)
  for (const [at, conflict] of conflicts.entries()) {
    const where = `${place}.conflicts[${at}]`
    requireObject(where, conflict)
    requireTexts(`${where}.tasks`, conflict['tasks'], 'the id of a task')
    requireTexts(`${where}.evidence`, conflict['evidence'])
  }
}

/** The same for the part of a plan that a timeline draws. Whether times are times is not looked at. */
export function requireSchedule(place: string, plan: unknown): void {
  requireObject(place, plan, 'a plan, as planTasks makes it')
  const { schedule, makespan, criticalPath, inferred } = plan
  if (typeof makespan !== 'number') {
    throw refusedInput(`${place}.makespan`, makespan, 'minutes')
  }
  requireObject(`${place}.criticalPath`, criticalPath)
  requireNumber(`${place}.criticalPath.length`, criticalPath['length'], 'minutes')
  requireTexts(`${place}.criticalPath.tasks`, criticalPath['tasks'], 'the id of a task')
  requireTimes(`${place}.schedule`, schedule)
  // Plans that were stored before there were any have none.
  if (inferred === undefined) return
  requireList(`${place}.inferred`, inferred)
  for (const [at, edge] of inferred.entries()) {
    const where = `${place}.inferred[${at}]`
    requireObject(where, edge)
    for (const name of ['task', 'dependsOn', 'source', 'evidence']) {
      requireText(`${where}.${name}`, edge[name])
    }
    requireShare(`${where}.confidence`, edge['confidence'])
  }
}

/** A list of tasks with start and finish, as numbers. */
export function requireTimes(place: string, times: unknown): void {
  requireList(place, times)
  for (const [at, time] of times.entries()) {
    requireObject(`${place}[${at}]`, time)
    requireText(`${place}[${at}].task`, time['task'])
    for (const name of ['start', 'finish']) {
      if (typeof time[name] === 'number') continue
      throw refusedInput(`${place}[${at}].${name}`, time[name], 'minutes')
    }
  }
}

/** Tasks as far as pictures, exports and explanations read them; what is null counts as left out. */
export function requirePlanTasks(place: string, tasks: unknown): void {
  requireList(place, tasks)
  for (const [at, task] of tasks.entries()) {
    const where = `${place}[${at}]`
    requireObject(where, task, 'a task')
    requireText(`${where}.id`, task['id'])
    for (const name of ['title', 'epic']) {
      if (!isLeftOut(task[name])) requireText(`${where}.${name}`, task[name])
    }
    const { dependsOn, resources } = task
    if (!isLeftOut(resources)) requireObject(`${where}.resources`, resources)
    if (isLeftOut(dependsOn)) continue
    requireList(`${where}.dependsOn`, dependsOn)
    for (const [nth, entry] of dependsOn.entries()) {
      const id: unknown =
        typeof entry === 'object' && entry !== null ? (entry as { task?: unknown }).task : entry
      requireText(`${where}.dependsOn[${nth}]`, id, 'the id of a task, or { task: id }')
    }
  }
}

interface Times {
  readonly start: unknown
  readonly finish: unknown
  readonly lane: unknown
}

const numbers = [
  'workers',
  'tasks',
  'edges',
  'work',
  'lowerBound',
  'makespan',
  'smallestUsefulWorkers',
]
