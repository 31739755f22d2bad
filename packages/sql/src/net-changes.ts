import type { Change, TableName } from '@cueline/core'

/** What a list of changes comes to for one row. */
export interface NetChange {
  readonly key: unknown
  /** The row is taken away first, when it was there. */
  removed: boolean
  /** The row as it is inserted, updates that followed included. */
  inserted: Record<string, unknown> | undefined
  /** The fields that change in a row that stays. */
  updated: Record<string, unknown> | undefined
}

/**
 * Folds the changes of one write into one change per row, so that statements can be grouped by what
 * they do without the order of the changes getting lost.
 */
export function netChanges(
  changes: readonly Change[],
): ReadonlyMap<TableName, readonly NetChange[]> {
  const byTable = new Map<TableName, Map<string, NetChange>>()
  for (const change of changes) {
    let rows = byTable.get(change.table)
    if (rows === undefined) {
      rows = new Map()
      byTable.set(change.table, rows)
    }
    const key = keyText(change)
    let net = rows.get(key)
    if (net === undefined) {
      net = {
        key: change.kind === 'insert' ? change.row : change.key,
        removed: false,
        inserted: undefined,
        updated: undefined,
      }
      rows.set(key, net)
    }
    fold(net, change)
  }
  return new Map([...byTable].map(([table, rows]) => [table, [...rows.values()]]))
}

function fold(net: NetChange, change: Change): void {
  if (change.kind === 'insert') {
    net.inserted = change.row as unknown as Record<string, unknown>
    net.updated = undefined
  } else if (change.kind === 'delete') {
    net.removed = true
    net.inserted = undefined
    net.updated = undefined
  } else if (net.inserted !== undefined) {
    net.inserted = { ...net.inserted, ...change.set }
  } else if (!net.removed) {
    net.updated = { ...net.updated, ...change.set }
  }
}

function keyText(change: Change): string {
  if (change.table === 'dependency') {
    const edge = change.kind === 'insert' ? change.row : change.key
    return JSON.stringify([edge.taskId, edge.dependsOn])
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
