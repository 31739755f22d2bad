import type { TaskIndex } from './index-tasks.ts'
import type { PlanConflict, PlannedConflict, PlanWarning, Problem } from './plan.ts'
import { isObject } from './input-problems.ts'
import { shown } from './shown.ts'

/**
 * Which tasks must not run beside which, both ways, by position: those of task `t` are
 * `others[offsets[t] … offsets[t + 1])`.
 */
export interface ConflictIndex {
  readonly offsets: Int32Array
  readonly others: Int32Array
}

export interface PlannedConflicts {
  /** Undefined when nothing has to be kept apart. */
  readonly apart: ConflictIndex | undefined
  /** One for each pair, in the order given. */
  readonly conflicts: PlanConflict[]
  readonly problems: Problem[]
  readonly warnings: PlanWarning[]
}

type Pair = readonly [string, string]

/**
 * Conflicts by position, in time and memory linear in their number. Of several for one pair the most
 * certain stands. What is allowed is recorded, but keeps nobody apart. A conflict with itself, with an
 * unknown task or of an impossible confidence is a problem.
 */
export function plannedConflicts(
  { size, positions }: Pick<TaskIndex, 'size' | 'positions'>,
  conflicts: readonly PlannedConflict[] = [],
  allow: readonly Pair[] = [],
): PlannedConflicts {
  const problems: Problem[] = []
  const keyOf = (pair: unknown): number => {
    if (!Array.isArray(pair) || pair.length !== 2) return -1
    const [one, other] = pair.map((id) => positions.get(id))
    if (one === undefined || other === undefined || one === other) return -1
    return one < other ? one * size + other : other * size + one
  }
  if (!Array.isArray(conflicts)) problems.push(notAList('conflicts', conflicts))
  if (!Array.isArray(allow)) problems.push(notAList('allow', allow))
  if (problems.length > 0) return { apart: undefined, conflicts: [], problems, warnings: [] }

  const allowed = new Set(allow.map(keyOf))
  const found = new Map<number, PlanConflict>()
  for (const [nth, conflict] of conflicts.entries()) {
    const key = keyOf(conflict?.tasks)
    const { confidence, kind, evidence } = conflict ?? {}
    const sentences = typeof evidence === 'string' ? [evidence] : (evidence ?? [])
    const possible = isTexts(sentences) && !isImpossible(confidence)
    if (key < 0 || !possible) {
      problems.push(invalid(positions, conflict, nth))
      continue
    }
    const known = found.get(key)
    if (known !== undefined && (known.confidence ?? 1) >= (confidence ?? 1)) continue
    found.set(key, {
      tasks: [conflict.tasks[0], conflict.tasks[1]],
      ...(kind === undefined ? {} : { kind: typeof kind === 'string' ? kind : shown(kind) }),
      ...(confidence === undefined ? {} : { confidence }),
      evidence: [...sentences],
      allowed: allowed.has(key),
    })
  }
  const keys = [...found.keys()].filter((key) => !allowed.has(key))
  return {
    apart: keys.length === 0 ? undefined : conflictIndex(size, keys),
    conflicts: [...found.values()],
    problems,
    warnings: allow.flatMap((pair) => unknownIn(positions, pair)),
  }
}

/** A pair that does not conflict may be allowed all the same; one that names nobody is a slip. */
function unknownIn(positions: TaskIndex['positions'], pair: unknown): PlanWarning[] {
  const ids: unknown[] = Array.isArray(pair) ? pair : [pair]
  const unknown = ids.filter((id) => !positions.has(id as string))
  if (unknown.length === 0 && ids.length === 2 && ids[0] !== ids[1]) return []
  const what =
    unknown.length === 0
      ? `${ids.length === 0 ? 'nothing' : ids.map(shown).join(' and ')}, no pair`
      : `${unknown.map(shown).join(' and ')}, no task`
  return [
    {
      kind: 'unknown-allowed',
      tasks: ids.filter((id) => typeof id === 'string'),
      message: `allow names ${what}, and so allows nothing. Give the ids of two tasks.`,
    },
  ]
}

/** Pairs of positions as one number each: the lower times `size`, and the higher. */
function conflictIndex(size: number, keys: readonly number[]): ConflictIndex {
  const offsets = new Int32Array(size + 1)
  for (const key of keys) {
    offsets[Math.floor(key / size) + 1]!++
    offsets[(key % size) + 1]!++
  }
  for (let task = 0; task < size; task++) offsets[task + 1]! += offsets[task]!
  const next = offsets.slice(0, size)
  const others = new Int32Array(2 * keys.length)
  for (const key of keys) {
    const one = Math.floor(key / size)
    const other = key % size
    others[next[one]!++] = other
    others[next[other]!++] = one
  }
  return { offsets, others }
}

function isTexts(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string')
}

function isImpossible(confidence: unknown): boolean {
  if (confidence === undefined) return false
  return typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)
}

function notAList(name: string, value: unknown): Problem {
  return {
    kind: 'invalid-option',
    tasks: [],
    message: `${name} is ${shown(value)}. Give a list, or leave it out.`,
  }
}

/** What a conflict is that names no two tasks. */
function whatOf(conflict: unknown, tasks: unknown): string {
  if (!isObject(conflict)) return `is ${shown(conflict)}`
  if (!Array.isArray(tasks)) {
    return tasks === undefined ? 'has no tasks' : `has the tasks ${shown(tasks)}`
  }
  return `names ${tasks.length === 0 ? 'no tasks' : tasks.slice(0, 3).map(shown).join(', ')}`
}

function invalid(positions: TaskIndex['positions'], conflict: unknown, nth: number): Problem {
  const { tasks, confidence, evidence } = (conflict ?? {}) as Record<string, unknown>
  const problem = (ids: string[], message: string): Problem => ({
    kind: 'invalid-conflict',
    tasks: ids,
    message,
  })
  const [one, other] = Array.isArray(tasks) ? (tasks as unknown[]) : []
  if (typeof one !== 'string' || typeof other !== 'string' || (tasks as unknown[]).length !== 2) {
    return problem(
      [],
      `conflicts[${nth}] ${whatOf(conflict, tasks)}. Give the ids of two tasks as its tasks.`,
    )
  }
  const unknown = [one, other].find((id) => !positions.has(id))
  if (unknown !== undefined) {
    return problem(
      [one, other],
      `The conflict of ${shown(one)} and ${shown(other)} names ${shown(unknown)}, which is not in the plan. Add that task or leave the conflict out.`,
    )
  }
  if (one === other) {
    return problem([one], `Task ${shown(one)} conflicts with itself. Leave that conflict out.`)
  }
  if (!isImpossible(confidence)) {
    return problem(
      [one, other],
      `The conflict of ${shown(one)} and ${shown(other)} has the evidence ${shown(evidence)}. Give a list of sentences.`,
    )
  }
  return problem(
    [one, other],
    `The conflict of ${shown(one)} and ${shown(other)} has the confidence ${shown(confidence)}. Give a number from 0 to 1.`,
  )
}
