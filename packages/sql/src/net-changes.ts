import type { Change, TableName } from '@cueline/core'

/** What the changes of one row come to. */
export interface NetChange {
  /** What finds the row: its id, or an object with the fields of its key. */
  readonly key: unknown
  /** The row is taken away first, when it is there. */
  removed: boolean
  /** The row as it is inserted, the updates that followed included. */
  inserted: Row | undefined
  /** The fields that change in a row that stays. */
  updated: Row | undefined
}

type Row = Readonly<Record<string, unknown>>

export type Round = ReadonlyMap<TableName, readonly NetChange[]>

/**
 * Folds changes into one per row, so that statements can be grouped by what they do: first all that
 * is removed, then all that is inserted, then all that is updated. What does not fit that order - a
 * row removed after it was inserted, say - begins another round.
 */
export function netChanges(changes: readonly Change[]): readonly Round[] {
  const rounds: Map<TableName, Map<string, NetChange>>[] = [new Map()]
  for (const change of changes) {
    let round = rounds.at(-1)
    const known = round?.get(change.table)?.get(keyText(change))
    const isOut = round !== undefined && removesInserted(round, change)
    if (round === undefined || isOut || (known !== undefined && !fits(known, change))) {
      round = new Map()
      rounds.push(round)
    }
    fold(netOf(round, change), change)
  }
  return rounds.map(
    (round) => new Map([...round].map(([table, rows]) => [table, [...rows.values()]])),
  )
}

function fits(net: NetChange, change: Change): boolean {
  if (change.kind === 'update') return true
  if (change.kind === 'insert') return net.inserted === undefined && net.updated === undefined
  return net.inserted === undefined
}

/** Artifacts are linked one by one and removed by their hash, all links at once. */
function removesInserted(
  round: ReadonlyMap<TableName, ReadonlyMap<string, NetChange>>,
  change: Change,
): boolean {
  if (change.table !== 'artifact' || change.kind !== 'delete') return false
  for (const { inserted } of round.get('artifact')?.values() ?? []) {
    if (inserted?.['hash'] === change.key) return true
  }
  return false
}

function netOf(round: Map<TableName, Map<string, NetChange>>, change: Change): NetChange {
  let rows = round.get(change.table)
  if (rows === undefined) {
    rows = new Map()
    round.set(change.table, rows)
  }
  const text = keyText(change)
  let net = rows.get(text)
  if (net === undefined) {
    const key = change.kind === 'insert' ? change.row : change.key
    net = { key, removed: false, inserted: undefined, updated: undefined }
    rows.set(text, net)
  }
  return net
}

function fold(net: NetChange, change: Change): void {
  if (change.kind === 'insert') {
    net.inserted = change.row as unknown as Row
  } else if (change.kind === 'delete') {
    net.removed = true
    net.updated = undefined
  } else if (net.inserted !== undefined) {
    net.inserted = { ...net.inserted, ...change.set }
  } else if (!net.removed) {
    const set: Row = change.set
    net.updated = net.updated === undefined ? set : { ...net.updated, ...set }
  }
}

function keyText(change: Change): string {
  if (change.table === 'dependency') {
    const edge = change.kind === 'insert' ? change.row : change.key
    return `${edge.taskId.length} ${edge.taskId}${edge.dependsOn}`
  }
  if (change.table === 'hold') {
    return change.kind === 'insert' ? change.row.account : change.key.account
  }
  if (change.table === 'artifact') {
    if (change.kind !== 'insert') return change.key
    const { hash, name, taskId, attemptId } = change.row
    return JSON.stringify([hash, name, taskId, attemptId])
  }
  return change.kind === 'insert' ? change.row.id : change.key
}
