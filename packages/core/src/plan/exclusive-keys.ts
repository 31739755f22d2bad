import type { PlanConflict } from './plan.ts'

/** Of keys that come from longer evidence. */
const longestKey = 200

/**
 * For each task that conflicts, the keys that nobody else may hold while it runs: two tasks have a key
 * in common exactly when they conflict and were not allowed to meet. A key stands for tasks that all
 * conflict with each other for one reason, and is named after it; a thousand tasks that touch one file
 * have one key each. Keys are never named as one of `taken`. Pure, and the same for the same conflicts.
 *
 * A cover of the edges by cliques, grown greedily (Kellerman 1973); each step looks at the neighbours of
 * whichever of two tasks has fewer, so the time is at most the number of conflicts times that and the
 * size of a clique. Few keys are wanted, the fewest are not looked for: that is NP-hard.
 */
export function exclusiveKeys(
  conflicts: readonly PlanConflict[],
  taken: Iterable<string> = [],
): Map<string, string[]> {
  const edges = conflicts.filter(({ allowed }) => !allowed).map(edgeOf)
  const byTask = new Map<string, Neighbours>()
  for (const edge of edges) {
    const [one, other] = edge.tasks
    neighboursOf(byTask, one).add(other, edge)
    neighboursOf(byTask, other).add(one, edge)
  }
  const nameOf = freeNames(taken)
  const keys = new Map<string, string[]>()
  for (const edge of edges) {
    if (edge.covered) continue
    const { members, reason } = cliqueAround(edge, byTask)
    const [one, other] = edge.tasks
    const key = nameOf(reason === '' ? `what ${one} and ${other} touch` : reason)
    for (const task of members) {
      const own = keys.get(task)
      if (own === undefined) keys.set(task, [key])
      else own.push(key)
    }
  }
  return keys
}

interface Edge {
  readonly tasks: readonly [string, string]
  /** What both touch, as far as the evidence tells. */
  readonly reasons: readonly string[]
  covered: boolean
}

function edgeOf({ tasks, evidence }: PlanConflict): Edge {
  const reasons = [...new Set(evidence.map((sentence) => sentence.split(': ', 1)[0] ?? ''))]
  return { tasks, reasons: reasons.length === 0 ? [''] : reasons, covered: false }
}

/** Who conflicts with one task, also by reason. */
class Neighbours {
  readonly edges = new Map<string, Edge>()
  readonly #byReason = new Map<string, string[]>()

  add(task: string, edge: Edge): void {
    this.edges.set(task, edge)
    for (const reason of edge.reasons) {
      const known = this.#byReason.get(reason)
      if (known === undefined) this.#byReason.set(reason, [task])
      else known.push(task)
    }
  }

  /** In the order in which they were added. */
  for(reason: string): readonly string[] {
    return this.#byReason.get(reason) ?? []
  }
}

/** Both tasks of the conflict, and whoever conflicts with all of them for the reason most have. */
function cliqueAround(
  { tasks: [one, other], reasons }: Edge,
  byTask: Map<string, Neighbours>,
): { readonly members: readonly string[]; readonly reason: string } {
  const around = neighboursOf(byTask, one)
  const reason = reasons.reduce((best, next) =>
    around.for(next).length > around.for(best).length ? next : best,
  )
  // Who conflicts with both is a neighbour of either; one of thousands may have a single one.
  const beside = neighboursOf(byTask, other)
  const fewer = beside.for(reason).length < around.for(reason).length ? beside : around
  const members = [one, other]
  const cover = (task: string, before: readonly string[]) => {
    const { edges } = neighboursOf(byTask, task)
    for (const member of before) edges.get(member)!.covered = true
  }
  cover(other, [one])
  for (const task of fewer.for(reason)) {
    const { edges } = neighboursOf(byTask, task)
    // Neither of the two: nobody conflicts with himself.
    if (!isOneMore(members, edges, reason)) continue
    cover(task, members)
    members.push(task)
  }
  return { members, reason }
}

/** It conflicts with each of them for the reason, and with one of them no key says so yet. */
function isOneMore(
  members: readonly string[],
  edges: ReadonlyMap<string, Edge>,
  reason: string,
): boolean {
  let isNew = false
  for (const member of members) {
    const edge = edges.get(member)
    if (edge === undefined || !edge.reasons.includes(reason)) return false
    isNew ||= !edge.covered
  }
  return isNew
}

function neighboursOf(byTask: Map<string, Neighbours>, task: string): Neighbours {
  let found = byTask.get(task)
  if (found === undefined) {
    found = new Neighbours()
    byTask.set(task, found)
  }
  return found
}

/** Gives each wish a name of its own; in time linear in the wishes, however many are the same. */
function freeNames(taken: Iterable<string>): (wish: string) => string {
  const names = new Set(taken)
  const numbers = new Map<string, number>()
  return (wish) => {
    const short = wish.slice(0, longestKey)
    let number = numbers.get(short) ?? 1
    let name = number === 1 ? short : `${short} #${number}`
    while (names.has(name)) name = `${short} #${++number}`
    names.add(name)
    numbers.set(short, number + 1)
    return name
  }
}
