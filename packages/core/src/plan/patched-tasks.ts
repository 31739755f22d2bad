import type { TaskStatus } from '../staging/state.ts'
import { indexTasks } from './index-tasks.ts'
import { named } from './named.ts'
import type { PlanInference, PlanOptions, PlanTask, Problem } from './plan.ts'
import type { PatchEffect, PlanPatch, RunningPlan, TaskChange } from './plan-patch.ts'
import { planTasks } from './plan-tasks.ts'
import { shown } from './shown.ts'
import { inferredAmong, namingInferred, withInferred } from './with-inferred.ts'
import { withoutCycles } from './without-cycles.ts'

/** What may change in a running task without making its attempt wrong. */
const planningOnly = new Set(['estimate', 'priority', 'epic'])
const contents = new Set(['title', 'touches', 'resources'])

interface Addition {
  readonly kind: 'add' | 'add-dependency'
  readonly task: string
  readonly dependsOn: readonly string[]
}

/** The tasks while a patch is applied to them, part by part. */
export class PatchedTasks {
  readonly tasks: Map<string, PlanTask>
  /** Inferred dependencies, without those that were taken away. */
  inferred: readonly PlanInference[]
  readonly allowed: PatchEffect[] = []
  readonly restart: PatchEffect[] = []
  readonly refused: PatchEffect[] = []
  readonly #statusOf: (id: string) => TaskStatus
  readonly #options: PlanOptions
  readonly #keepRunning: boolean

  constructor(
    tasks: readonly PlanTask[],
    statusOf: (id: string) => TaskStatus,
    { options = {}, keepRunning = false }: Pick<RunningPlan, 'options' | 'keepRunning'> = {},
  ) {
    this.#options = options
    this.#keepRunning = keepRunning
    this.inferred = options.inferred ?? []
    this.tasks = new Map(tasks.map((task) => [task.id, task]))
    this.#statusOf = statusOf
  }

  removeDependency(id: string, dependsOn: string): void {
    const effect = { kind: 'remove-dependency', tasks: [id, dependsOn] } as const
    const task = this.#changeable(id, effect)
    if (task === undefined) return
    const kept = (task.dependsOn ?? []).filter((entry) => idOf(entry) !== dependsOn)
    const others = this.inferred.filter((edge) => edge.task !== id || edge.dependsOn !== dependsOn)
    const declared = (task.dependsOn ?? []).length > kept.length
    if (!declared && others.length === this.inferred.length) {
      this.#refuse(effect, 'missing', `${named([id])} does not wait for ${named([dependsOn])}.`)
      return
    }
    this.inferred = others
    if (declared) this.tasks.set(id, { ...task, dependsOn: kept })
    this.#allow(effect, `${named([id])} no longer waits for ${named([dependsOn])}.`)
  }

  remove(ids: readonly string[]): void {
    const gone = new Map<string, string[]>()
    for (const id of ids) {
      const effect = { kind: 'remove', tasks: [id] } as const
      if (this.#changeable(id, effect) === undefined) continue
      if (this.#isRunning(id)) {
        this.#refuse(
          effect,
          'running',
          `${named([id])} is being worked on. Cancel it first, then remove it.`,
        )
        continue
      }
      this.tasks.delete(id)
      gone.set(id, [])
    }
    if (gone.size === 0) return
    for (const [id, task] of this.tasks) {
      const kept = (task.dependsOn ?? []).filter((entry) => {
        gone.get(idOf(entry))?.push(id)
        return !gone.has(idOf(entry))
      })
      if (kept.length < (task.dependsOn ?? []).length)
        this.tasks.set(id, { ...task, dependsOn: kept })
    }
    this.inferred = this.inferred.filter(({ task, dependsOn }) => {
      if (!gone.has(task)) gone.get(dependsOn)?.push(task)
      return !gone.has(task) && !gone.has(dependsOn)
    })
    for (const [id, dependents] of gone) {
      const waited = [...new Set(dependents)]
      const wait = waited.length === 1 ? 'waits' : 'wait'
      const freed = waited.length === 0 ? '' : ` ${named(waited)} no longer ${wait} for it.`
      this.#allow({ kind: 'remove', tasks: [id] }, `${named([id])} is removed.${freed}`)
    }
  }

  change({ task: id, ...fields }: TaskChange): void {
    const effect = { kind: 'change', tasks: [id] } as const
    const task = this.#changeable(id, effect)
    if (task === undefined) return
    const names = Object.keys(fields)
    const unknown = names.find((name) => !planningOnly.has(name) && !contents.has(name))
    if (unknown !== undefined || names.length === 0) {
      const what = unknown === undefined ? 'no field' : shown(unknown)
      const known = [...planningOnly, ...contents].join(', ')
      this.#refuse(
        effect,
        'invalid-option',
        `The change of ${named([id])} names ${what}. These can be changed: ${known}.`,
      )
      return
    }
    const changed = { ...task, ...fields }
    const problem = this.#problemAlone(changed)
    if (problem !== undefined) {
      this.#refuse(effect, problem.kind, problem.message)
      return
    }
    const disturbing = names.filter((name) => contents.has(name))
    const restart = disturbing.length > 0 && this.#isRunning(id)
    if (!restart || !this.#keepRunning) this.tasks.set(id, changed)
    if (restart) {
      this.restart.push({
        ...effect,
        tasks: [id],
        message: `${named([id])} is being worked on with its old ${disturbing.join(' and ')}. Start it again to have it done with the new.`,
      })
    } else {
      this.#allow(effect, `${named([id])} has another ${names.join(' and ')}.`)
    }
  }

  /** New tasks and new dependencies at once, so that a patch can name its tasks in any order. */
  add(tasks: readonly PlanTask[], dependencies: NonNullable<PlanPatch['addDependencies']>): void {
    const added = new Map<string, PlanTask>()
    const additions: Addition[] = []
    for (const task of tasks) {
      const problem = this.#problemOf(task, added)
      if (problem === undefined) {
        added.set(task.id, task)
        const dependsOn = (task.dependsOn ?? []).map(idOf)
        additions.push({ kind: 'add', task: task.id, dependsOn })
      } else {
        const effect = { kind: 'add', tasks: [String(task?.id)] } as const
        this.#refuse(effect, problem.kind, problem.message)
      }
    }
    for (const { task, dependsOn } of dependencies) {
      if (task === dependsOn) {
        const effect = { kind: 'add-dependency', tasks: [task, dependsOn] } as const
        this.#refuse(effect, 'self', `${named([task])} cannot wait for itself.`)
      } else if (added.has(task) || this.#canWait(task, dependsOn)) {
        additions.push({ kind: 'add-dependency', task, dependsOn: [dependsOn] })
      }
    }

    const known = this.#withoutMissing(additions, added)
    const isThere = (id: string) => this.tasks.has(id) || added.has(id)
    const bare = [...added.values()].map((task) => ({ ...task, dependsOn: [] }))
    const joined = withInferred(
      [...this.tasks.values(), ...bare],
      inferredAmong(this.inferred, { has: isThere }),
    )
    const { taken, leftOut } = withoutCycles(joined.tasks, known)
    for (const { group, problem } of leftOut) {
      const { message } = namingInferred(problem, joined.inferred)
      this.#refuse(effectOf(group), 'cycle', message, problem.tasks)
      if (group.kind === 'add') added.delete(group.task)
    }
    this.#take(this.#withoutMissing(taken, added), added)
  }

  #problemOf(task: PlanTask, added: ReadonlyMap<string, PlanTask>): Problem | undefined {
    const { problems } = indexTasks([task])
    const wrong = problems.find(({ kind }) => kind !== 'missing')
    if (wrong !== undefined) return wrong
    if (this.tasks.has(task.id) || added.has(task.id)) {
      return {
        kind: 'duplicate',
        tasks: [task.id],
        message: `There is a task ${named([task.id])} already. Change it, or add the new one under another id.`,
      }
    }
    return this.#problemAlone(task)
  }

  /** What is wrong with a task whatever it waits for. */
  #problemAlone(task: PlanTask): Problem | undefined {
    const result = planTasks([{ ...task, dependsOn: [] }], {
      ...this.#options,
      conflicts: [],
      inferred: [],
      rounds: 0,
    })
    return result.ok ? undefined : result.problems[0]
  }

  /** Whether a task of the plan may be made to wait; says why not. */
  #canWait(id: string, dependsOn: string): boolean {
    const effect = { kind: 'add-dependency', tasks: [id, dependsOn] } as const
    if (this.#changeable(id, effect) === undefined) return false
    if (this.#isRunning(id) && this.#statusOf(dependsOn) !== 'done') {
      this.#refuse(
        effect,
        'running',
        `${named([id])} is being worked on and cannot wait for ${named([dependsOn])}, which is not done. Cancel it first, or let it finish.`,
      )
      return false
    }
    return true
  }

  /** Leaves out what names a task that does not exist, and what depends on that. */
  #withoutMissing(additions: readonly Addition[], added: Map<string, PlanTask>): Addition[] {
    const naming = new Map<string, Addition[]>()
    const missing: string[] = []
    for (const addition of additions) {
      for (const id of [...addition.dependsOn, addition.task]) {
        const others = naming.get(id)
        if (others !== undefined) others.push(addition)
        else {
          naming.set(id, [addition])
          if (!this.tasks.has(id) && !added.has(id)) missing.push(id)
        }
      }
    }
    const out = new Set<Addition>()
    for (let id = missing.pop(); id !== undefined; id = missing.pop()) {
      for (const addition of naming.get(id)!) {
        if (out.has(addition)) continue
        out.add(addition)
        this.#refuse(
          effectOf(addition),
          'missing',
          `${named([addition.task])} cannot wait for ${named([...addition.dependsOn])}: there is no task ${named([id])} in the plan with this patch. Add it, or leave the dependency out.`,
        )
        if (addition.kind === 'add') {
          added.delete(addition.task)
          missing.push(addition.task)
        }
      }
    }
    return additions.filter((addition) => !out.has(addition))
  }

  #take(additions: readonly Addition[], added: ReadonlyMap<string, PlanTask>): void {
    for (const addition of additions) {
      const { kind, task: id, dependsOn } = addition
      if (kind === 'add') {
        this.tasks.set(id, added.get(id)!)
        const waits = dependsOn.length === 0 ? '' : `; it waits for ${named([...dependsOn])}`
        this.#allow(effectOf(addition), `${named([id])} is added${waits}.`)
        continue
      }
      const task = this.tasks.get(id)!
      const [other] = dependsOn
      if ((task.dependsOn ?? []).some((entry) => idOf(entry) === other)) {
        this.#allow(effectOf(addition), `${named([id])} waits for ${named([other!])} already.`)
        continue
      }
      const restart = this.#isRunning(id)
      if (!restart || !this.#keepRunning) {
        this.tasks.set(id, { ...task, dependsOn: [...(task.dependsOn ?? []), other!] })
      }
      if (restart) {
        this.restart.push({
          ...effectOf(addition),
          message: `${named([id])} was started before it had to wait for ${named([other!])}, so what it builds on may not contain it. Start it again.`,
        })
      } else {
        this.#allow(effectOf(addition), `${named([id])} waits for ${named([other!])}, too.`)
      }
    }
  }

  /** The task, unless it does not exist or is done; then that is said. */
  #changeable(id: string, effect: Pick<PatchEffect, 'kind'> & { tasks: readonly string[] }) {
    const task = this.tasks.get(id)
    if (task === undefined) {
      this.#refuse(effect, 'missing', `The plan has no task ${named([id])}.`)
    } else if (this.#statusOf(id) === 'done') {
      this.#refuse(
        effect,
        'done',
        `${named([id])} is done and stays what it was. Add a new task for what is to be different.`,
      )
      return undefined
    }
    return task
  }

  #isRunning(id: string): boolean {
    const status = this.#statusOf(id)
    return status === 'doing' || status === 'review'
  }

  #allow(
    { kind, tasks }: Pick<PatchEffect, 'kind'> & { tasks: readonly string[] },
    message: string,
  ) {
    this.allowed.push({ kind, tasks: [...tasks], message })
  }

  #refuse(
    { kind, tasks }: Pick<PatchEffect, 'kind'> & { tasks: readonly string[] },
    problem: NonNullable<PatchEffect['problem']>,
    message: string,
    path?: string[],
  ) {
    const cause = path === undefined ? { problem } : { problem, path }
    this.refused.push({ kind, tasks: [...tasks], ...cause, message })
  }
}

function effectOf({ kind, task, dependsOn }: Addition) {
  return { kind, tasks: kind === 'add' ? [task] : [task, ...dependsOn] }
}

function idOf(entry: NonNullable<PlanTask['dependsOn']>[number]): string {
  return typeof entry === 'string' ? entry : entry.task
}
