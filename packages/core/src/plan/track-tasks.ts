import { analyzeAssuming } from './analyze-assuming.ts'
import { chainsOf, type TaskAnalysis } from './analyze-tasks.ts'
import { closedCycle } from './cycles.ts'
import { indexTasks } from './index-tasks.ts'
import { idsProblems, objectProblems } from './input-problems.ts'
import { layersOf } from './layers.ts'
import { LiveGraph } from './live-graph.ts'
import { simpleBound } from './lower-bound.ts'
import { withRoom } from './neighbour-lists.ts'
import { NumberSet } from './number-set.ts'
import type { PlanTask, Problem } from './plan.ts'
import { plannedDurations, withAssumed } from './planned-durations.ts'
import { requireCount } from './require-input.ts'
import { shown } from './shown.ts'

export interface TrackOptions {
  /** Tasks that are done already. */
  readonly done?: Iterable<string>
}

export type TrackResult =
  | { readonly ok: true; readonly tracked: TrackedTasks }
  | { readonly ok: false; readonly problems: Problem[] }

/** What a change did: the tasks that can start now and could not before, in input order. */
export type TrackedChange =
  | { readonly ok: true; readonly ready: readonly string[] }
  | { readonly ok: false; readonly problems: Problem[] }

/** The facts of `analyzeTasks` about tasks that change. */
export type TrackedAnalysis = Omit<TaskAnalysis, 'warnings'>

/**
 * Keeps what is known of tasks while they are done, added and changed, so that a change costs what it
 * touches and not a plan from scratch. Takes the time of `analyzeTasks` once; names the same problems,
 * and every task of `done` that is not there.
 */
export function trackTasks(tasks: readonly PlanTask[], options: TrackOptions = {}): TrackResult {
  const unreadable = objectProblems('options', options).concat(
    idsProblems('done', options?.done ?? []),
  )
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const analysis = analyzeAssuming(tasks)
  if (!analysis.ok) return analysis
  const done = [...(options.done ?? [])]
  const problems = done.filter((id) => !analysis.index.positions.has(id)).map(unknownTask)
  if (problems.length > 0) return { ok: false, problems }
  const tracked = new TrackedTasks(tasks, analysis)
  for (const id of done) tracked.finish(id)
  return { ok: true, tracked }
}

/**
 * Tasks that change; made by `trackTasks`. A change that cannot be made is refused with its problems and
 * changes nothing. Never throws for ids or values.
 */
export class TrackedTasks {
  readonly #graph: LiveGraph
  readonly #tasks: PlanTask[]
  readonly #ids: string[]
  readonly #positions: Map<string, number>
  readonly #ready: NumberSet
  #open: Int32Array
  #done: Uint8Array
  #minutes: Float64Array
  #estimated: Uint8Array
  #index: TaskAnalysis['index'] | undefined
  #layers: TaskAnalysis['layers'] | undefined
  #analysis: TrackedAnalysis | undefined

  constructor(tasks: readonly PlanTask[], analysis: TaskAnalysis) {
    const { index, layers, durations, estimated } = analysis
    this.#graph = new LiveGraph(index, layers.order)
    this.#tasks = [...tasks]
    this.#ids = [...index.ids]
    this.#positions = new Map(index.positions)
    this.#ready = new NumberSet(index.size)
    this.#open = new Int32Array(index.size)
    this.#done = new Uint8Array(index.size)
    this.#minutes = durations.slice()
    this.#estimated = estimated.slice()
    for (let task = 0; task < index.size; task++) {
      this.#open[task] = this.#graph.dependencies.count(task)
      if (this.#open[task] === 0) this.#ready.add(task)
    }
  }

  /** How many tasks there are, done ones among them. */
  get size(): number {
    return this.#graph.size
  }

  /** All tasks that can start, in input order: not done, and all they wait for is. */
  ready(): string[] {
    return Array.from(this.#ready.sorted(), (task) => this.#ids[task]!)
  }

  isReady(id: string): boolean {
    const task = this.#positions.get(id)
    return task !== undefined && this.#ready.has(task)
  }

  isDone(id: string): boolean {
    const task = this.#positions.get(id)
    return task !== undefined && this.#done[task] === 1
  }

  /** For how many tasks that are not done it waits; undefined for a task that is not there. */
  openDependencies(id: string): number | undefined {
    const task = this.#positions.get(id)
    return task === undefined ? undefined : this.#open[task]
  }

  /**
   * A task is done, whatever it waited for; a second time nothing happens. Looks at its direct
   * dependents only.
   */
  finish(id: string): TrackedChange {
    const task = this.#positions.get(id)
    if (task === undefined) return refused(unknownTask(id))
    if (this.#done[task] === 1) return nothing
    this.#done[task] = 1
    this.#ready.delete(task)
    const { begins, ends, pool } = this.#graph.dependents
    const open = this.#open
    const freed: number[] = []
    const end = ends[task]!
    for (let at = begins[task]!; at < end; at++) {
      const dependent = pool[at]!
      if (--open[dependent]! === 0 && this.#done[dependent] === 0) freed.push(dependent)
    }
    if (freed.length === 0) return nothing
    for (const dependent of freed) this.#ready.add(dependent)
    freed.sort((one, other) => one - other)
    return { ok: true, ready: freed.map((dependent) => this.#ids[dependent]!) }
  }

  /** Adds a task behind all others in input order. What it waits for must be there. */
  add(task: PlanTask): TrackedChange {
    const names = Array.isArray(task?.dependsOn) ? new Set(task.dependsOn.map(idOf)) : []
    const there = [...names].filter((id) => id !== task.id && this.#positions.has(id))
    const { problems } = indexTasks([task, ...there.map((id) => ({ id }))])
    const { durations, estimated, problems: wrongEstimates } = plannedDurations([task])
    const found = problems.concat(wrongEstimates)
    if (this.#positions.has(task?.id)) found.push(duplicate(task.id))
    if (found.length > 0) return { ok: false, problems: found }

    const dependencies = there.map((id) => this.#positions.get(id)!)
    const added = this.#graph.add(dependencies)
    this.#tasks.push(task)
    this.#ids.push(task.id)
    this.#positions.set(task.id, added)
    this.#reserve()
    this.#minutes[added] = durations[0]!
    this.#estimated[added] = estimated[0]!
    this.#open[added] = dependencies.filter((dependency) => this.#done[dependency] === 0).length
    this.#graphChanged()
    if (this.#open[added] > 0) return nothing
    this.#ready.add(added)
    return { ok: true, ready: [task.id] }
  }

  /**
   * Makes a task wait for another; if it does already, nothing happens. A dependency that closes a cycle
   * is refused with the whole of it: each task waits for the next, the last is the first again. Searches
   * at most what stands between the two tasks in the order kept, from both ends until one is through.
   */
  addDependency(id: string, dependsOn: string): TrackedChange {
    const task = this.#positions.get(id)
    const dependency = this.#positions.get(dependsOn)
    if (task === undefined) return refused(unknownTask(id))
    if (dependency === undefined) return refused(unknownTask(dependsOn))
    if (task === dependency) return refused(waitsForItself(id))
    if (this.#graph.has(task, dependency)) return nothing
    const cycle = this.#graph.connect(task, dependency)
    if (cycle !== undefined) return refused(closedCycle(cycle.map((other) => this.#ids[other]!)))
    this.#graphChanged()
    if (this.#done[dependency] === 0) {
      this.#open[task]!++
      this.#ready.delete(task)
    }
    return nothing
  }

  /** Lets a task no longer wait for another. Looks at the direct neighbours of the two. */
  removeDependency(id: string, dependsOn: string): TrackedChange {
    const task = this.#positions.get(id)
    const dependency = this.#positions.get(dependsOn)
    if (task === undefined) return refused(unknownTask(id))
    if (dependency === undefined || !this.#graph.has(task, dependency)) {
      return refused(waitsNot(id, dependsOn))
    }
    this.#graph.disconnect(task, dependency)
    this.#graphChanged()
    if (this.#done[dependency] === 1 || --this.#open[task]! > 0) return nothing
    if (this.#done[task] === 1) return nothing
    this.#ready.add(task)
    return { ok: true, ready: [id] }
  }

  /** Gives a task another estimate, or none: then it counts the median of those given. */
  changeEstimate(id: string, estimate: PlanTask['estimate']): TrackedChange {
    const task = this.#positions.get(id)
    if (task === undefined) return refused(unknownTask(id))
    const changed = { ...this.#tasks[task]!, estimate }
    const { durations, estimated, problems } = plannedDurations([changed])
    if (problems.length > 0) return { ok: false, problems }
    this.#tasks[task] = changed
    this.#minutes[task] = durations[0]!
    this.#estimated[task] = estimated[0]!
    this.#analysis = undefined
    return nothing
  }

  /**
   * Layers, earliest finishes, tails and critical path of all tasks as they are now, equal to those of
   * `analyzeTasks(tracked.tasks())`: found from the graph that is kept, without reading ids, and kept
   * until the next change.
   */
  analysis(): TrackedAnalysis {
    if (this.#analysis !== undefined) return this.#analysis
    this.#index ??= this.#graph.index([...this.#ids], this.#positions)
    this.#layers ??= layersOf(this.#index)
    const estimated = this.#estimated.slice(0, this.size)
    const durations = withAssumed(this.#minutes.slice(0, this.size), estimated)
    this.#analysis = {
      index: this.#index,
      layers: this.#layers,
      durations,
      estimated,
      ...chainsOf(this.#index, this.#layers, durations),
    }
    return this.#analysis
  }

  /**
   * Minutes that no schedule of all tasks for this many workers can beat: critical path and work. Throws
   * `invalid-input` for what is no number of workers.
   */
  lowerBound(workers: number): number {
    requireCount('workers', workers, 1)
    const analysis = this.analysis()
    const work = analysis.durations.reduce((sum, minutes) => sum + minutes, 0)
    return simpleBound(analysis, work, workers)
  }

  /** The tasks as they are now, to plan from scratch with: in input order, added ones at the end. */
  tasks(): PlanTask[] {
    const { begins, ends, pool } = this.#graph.dependencies
    return this.#tasks.map((task, at) => ({
      ...task,
      dependsOn: Array.from(pool.subarray(begins[at], ends[at]), (other) => this.#ids[other]!),
    }))
  }

  #reserve(): void {
    const { size } = this
    this.#ready.reserve(size)
    this.#open = withRoom(this.#open, size)
    this.#done = withRoom(this.#done, size)
    this.#minutes = withRoom(this.#minutes, size)
    this.#estimated = withRoom(this.#estimated, size)
  }

  #graphChanged(): void {
    this.#index = this.#layers = this.#analysis = undefined
  }
}

const nothing: TrackedChange = { ok: true, ready: [] }

function refused(problem: Problem): TrackedChange {
  return { ok: false, problems: [problem] }
}

function idOf(entry: NonNullable<PlanTask['dependsOn']>[number]): string {
  return typeof entry === 'string' ? entry : entry?.task
}

function unknownTask(id: string): Problem {
  return {
    kind: 'missing',
    tasks: [id],
    message: `There is no task ${shown(id)}. Give the id of a task of the plan, or add it first.`,
  }
}

function duplicate(id: string): Problem {
  return {
    kind: 'duplicate',
    tasks: [id],
    message: `There is a task ${shown(id)} already. Change it, or add the new one under another id.`,
  }
}

function waitsForItself(id: string): Problem {
  return {
    kind: 'self',
    tasks: [id],
    message: `Task ${shown(id)} cannot wait for itself. Leave that dependency out.`,
  }
}

function waitsNot(id: string, dependsOn: string): Problem {
  return {
    kind: 'missing',
    tasks: [id, dependsOn],
    message: `Task ${shown(id)} does not wait for ${shown(dependsOn)}, so that cannot be taken away. Name one of its direct dependencies.`,
  }
}
