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
  const first = new Folding()
  const rounds = [first]
  let round = first
  for (const change of changes) {
    const text = keyText(change)
    const known = round.find(change.table, text)
    if (removesInserted(round.rows, change) || (known !== undefined && !fits(known, change))) {
      round = new Folding()
      rounds.push(round)
      fold(round.add(change, text), change)
    } else {
      fold(known ?? round.add(change, text), change)
    }
  }
  return rounds.map(({ rows }) => rows)
}

function fits(net: NetChange, change: Change): boolean {
  if (change.kind === 'update') return true
  if (change.kind === 'insert') return net.inserted === undefined && net.updated === undefined
  return net.inserted === undefined
}

/** Artifacts are linked one by one and removed by their hash, all links at once. */
function removesInserted(round: Round, change: Change): boolean {
  if (change.table !== 'artifact' || change.kind !== 'delete') return false
  for (const { inserted } of round.get('artifact') ?? []) {
    if (inserted?.['hash'] === change.key) return true
  }
  return false
}

/** So many rows are looked through faster than they are put into a map. */
const fewRows = 12

/** The rows of one round, by table, found by the text of their key. */
class Folding {
  readonly rows = new Map<TableName, NetChange[]>()
  /** The texts of the keys, as long as they are few. */
  readonly #texts = new Map<TableName, string[]>()
  readonly #byText = new Map<TableName, Map<string, NetChange>>()

  find(table: TableName, text: string): NetChange | undefined {
    const texts = this.#texts.get(table)
    if (texts === undefined) return this.#byText.get(table)?.get(text)
    const at = texts.indexOf(text)
    return at < 0 ? undefined : this.rows.get(table)?.[at]
  }

  add(change: Change, text: string): NetChange {
    const key = change.kind === 'insert' ? change.row : change.key
    const net: NetChange = { key, removed: false, inserted: undefined, updated: undefined }
    const rows = this.rows.get(change.table)
    if (rows === undefined) {
      this.rows.set(change.table, [net])
      this.#texts.set(change.table, [text])
      return net
    }
    rows.push(net)
    const texts = this.#texts.get(change.table)
    if (texts === undefined) this.#byText.get(change.table)?.set(text, net)
    else if (texts.push(text) > fewRows) this.#index(change.table, texts, rows)
    return net
  }

  #index(table: TableName, texts: readonly string[], rows: readonly NetChange[]): void {
    const byText = new Map<string, NetChange>()
    for (const [at, net] of rows.entries()) byText.set(texts[at] ?? '', net)
    this.#byText.set(table, byText)
    this.#texts.delete(table)
  }
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
