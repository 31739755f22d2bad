import type { DependencySpec, PlanDocument, TaskSpec } from '../task/task-spec.ts'

export type ImportFormat =
  | 'cueline'
  | 'task-master'
  | 'beads'
  | 'backlog-md'
  | 'markdown'
  | 'spec-kit'
  | 'stg'
  | 'psplib'

export interface ImportResult {
  readonly format: ImportFormat
  readonly document: PlanDocument
  /** How much of each resource there is, when the input says so: the planner's `resources`. */
  readonly capacities?: Readonly<Record<string, number>>
  readonly report: ImportReport
}

/**
 * What became of an input. Everything in it is either mapped, guessed or refused; nothing is dropped
 * silently. `warnings` are defects that were kept as they are, for the planner to name.
 */
export interface ImportReport {
  readonly format: ImportFormat
  readonly mapped: MappedCounts
  readonly guessed: readonly ImportGuess[]
  readonly refused: readonly ImportRefusal[]
  readonly warnings: readonly ImportWarning[]
}

export interface MappedCounts {
  readonly tasks: number
  readonly dependencies: number
  readonly parents: number
  readonly estimates: number
  readonly done: number
  readonly cancelled: number
  /** Which field of the input became which of ours, and how often. */
  readonly fields: readonly { readonly from: string; readonly to: string; readonly count: number }[]
}

/** Something the input does not say outright. */
export interface ImportGuess {
  readonly task: string
  /** Our field, e.g. `dependsOn`. */
  readonly what: string
  readonly value: string
  /** The words of the input it rests on. */
  readonly evidence: string
  /** Counted from 1. */
  readonly line?: number | undefined
}

/** Something of the input that has no place in a plan, or that could not be read. */
export interface ImportRefusal {
  /** A task, a line, a file; the first of them when `count` is above 1. */
  readonly where: string
  readonly what: string
  readonly reason: string
  /** How often this field or kind was met. */
  readonly count: number
}

/** A defect that was kept: a duplicate id, a dependency on a task that is not there. */
export interface ImportWarning {
  readonly where: string
  readonly message: string
}

/** Collects what becomes of an input while it is read. */
export interface ReportDraft {
  mapped(from: string, to: string): void
  guessed(guess: ImportGuess): void
  /** One thing that stands for itself. */
  refused(where: string, what: string, reason: string): void
  /** A field or kind that may occur in every task: met once per `what`, then counted. */
  refusedField(where: string, what: string, reason: string): void
  warned(where: string, message: string): void
  finish(tasks: readonly TaskSpec[]): ImportReport
}

/** Starts the report on an input of one format. */
export function startReport(format: ImportFormat): ReportDraft {
  const fields = new Map<string, { from: string; to: string; count: number }>()
  const guessed: ImportGuess[] = []
  const refused: { where: string; what: string; reason: string; count: number }[] = []
  const refusedFields = new Map<string, { count: number }>()
  const warnings: ImportWarning[] = []
  return {
    mapped(from, to) {
      const key = `${from}\n${to}`
      const field = fields.get(key)
      if (field === undefined) fields.set(key, { from, to, count: 1 })
      else field.count++
    },
    guessed(guess) {
      guessed.push({ ...guess, value: shorten(guess.value), evidence: shorten(guess.evidence) })
    },
    refused(where, what, reason) {
      refused.push({ where: shorten(where), what: shorten(what), reason, count: 1 })
    },
    refusedField(where, what, reason) {
      const key = `${what}\n${reason}`
      const known = refusedFields.get(key)
      if (known !== undefined) {
        known.count++
        return
      }
      const refusal = { where: shorten(where), what: shorten(what), reason, count: 1 }
      refusedFields.set(key, refusal)
      refused.push(refusal)
    },
    warned(where, message) {
      warnings.push({ where, message })
    },
    finish(tasks) {
      return {
        format,
        mapped: { ...countTasks(tasks), fields: [...fields.values()] },
        guessed,
        refused,
        warnings: [...warnings, ...duplicateWarnings(tasks), ...danglingWarnings(tasks)],
      }
    },
  }
}

function countTasks(tasks: readonly TaskSpec[]): Omit<MappedCounts, 'fields'> {
  const counts = { tasks: 0, dependencies: 0, parents: 0, estimates: 0, done: 0, cancelled: 0 }
  for (const task of tasks) {
    counts.tasks++
    counts.dependencies += task.dependsOn?.length ?? 0
    if (task.parent !== undefined) counts.parents++
    if (task.estimate !== undefined) counts.estimates++
    if (task.status === 'done') counts.done++
    if (task.status === 'cancelled') counts.cancelled++
  }
  return counts
}

function duplicateWarnings(tasks: readonly TaskSpec[]): ImportWarning[] {
  const counts = new Map<string, number>()
  for (const { id } of tasks) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([id, count]) => ({
      where: id,
      message: `The id ${JSON.stringify(id)} stands ${count} times; all were kept. Give each task an id of its own.`,
    }))
}

function danglingWarnings(tasks: readonly TaskSpec[]): ImportWarning[] {
  const ids = new Set(tasks.map(({ id }) => id))
  const warnings: ImportWarning[] = []
  for (const task of tasks) {
    for (const dependency of task.dependsOn ?? []) {
      const wanted = dependencyId(dependency)
      if (ids.has(wanted)) continue
      const message = `Task ${JSON.stringify(task.id)} depends on ${JSON.stringify(wanted)}, which is not in the input; the dependency was kept. Add the task or remove the dependency.`
      warnings.push({ where: task.id, message })
    }
  }
  return warnings
}

function dependencyId(dependency: DependencySpec): string {
  return typeof dependency === 'string' ? dependency : dependency.task
}

function shorten(text: string): string {
  const line = text.trim()
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`
}
