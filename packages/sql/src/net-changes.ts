import type { Change, TableName } from '@cueline/core'

/** What the changes of one row come to. */
export interface NetChange {
  /** What finds the row: its id, or an object with the fields of its key. */
  readonly key: unknown
  /** The key as a text. */
  readonly text: string
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
    const rows = round.of(change.table)
    const known = rows.find(text)
    if (removesInserted(rows, change) || (known !== undefined && !fits(known, change))) {
      round = new Folding()
      rounds.push(round)
      fold(round.of(change.table).add(change, text), change)
    } else {
      fold(known ?? rows.add(change, text), change)
    }
  }
  return rounds.map(({ rowsOf }) => rowsOf)
}

function fits(net: NetChange, change: Change): boolean {
  if (change.kind === 'update') return true
  if (change.kind === 'insert') return net.inserted === undefined && net.updated === undefined
  return net.inserted === undefined
}

/** Artifacts are linked one by one and removed by their hash, all links at once. */
function removesInserted({ rows }: FoldedRows, change: Change): boolean {
  if (change.table !== 'artifact' || change.kind !== 'delete') return false
  for (const { inserted } of rows) {
    if (inserted?.['hash'] === change.key) return true
  }
  return false
}

/** So many rows are looked through faster than they are put into a map. */
const fewRows = 12

/** The rows of one round. */
class Folding {
  readonly #tables = new Map<TableName, FoldedRows>()
  readonly rowsOf = new Map<TableName, readonly NetChange[]>()

  of(table: TableName): FoldedRows {
    let folded = this.#tables.get(table)
    if (folded === undefined) {
      folded = new FoldedRows()
      this.#tables.set(table, folded)
      this.rowsOf.set(table, folded.rows)
    }
    return folded
  }
}

/** The rows of one table, found by the text of their key. */
class FoldedRows {
  readonly rows: NetChange[] = []
  /** As long as there is no map: the last text, if they ascend. */
  #last: string | undefined = ''
  #byText: Map<string, NetChange> | undefined

  find(text: string): NetChange | undefined {
    if (this.#byText !== undefined) return this.#byText.get(text)
    // Ids grow with time, so the rows of a bulk change mostly come in their order.
    if (this.#last !== undefined && text > this.#last) return undefined
    if (this.rows.length <= fewRows) return this.rows.find((net) => net.text === text)
    this.#byText = new Map(this.rows.map((net) => [net.text, net]))
    return this.#byText.get(text)
  }

  add(change: Change, text: string): NetChange {
    const key = change.kind === 'insert' ? change.row : change.key
    const net = { key, text, removed: false, inserted: undefined, updated: undefined }
    this.rows.push(net)
    if (this.#byText !== undefined) this.#byText.set(text, net)
    else if (this.#last !== undefined) this.#last = text > this.#last ? text : undefined
    return net
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
