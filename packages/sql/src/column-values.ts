/** What stands in one column of many rows: the same in all of them, or in each its own. */
export interface ColumnValues {
  readonly isShared: boolean
  readonly first: unknown
  /** Of every row; empty where they share it. */
  readonly each: readonly unknown[]
}

/** One value for all rows. */
export function sharedValue(value: unknown): ColumnValues {
  return { isShared: true, first: value, each: [] }
}

/** The values in one place of rows, which are lists or objects. */
export function valuesIn(
  rows: readonly (readonly unknown[] | object)[],
  place: string | number,
): ColumnValues {
  const valueOf = (at: number) => (rows[at] as Readonly<Record<string | number, unknown>>)[place]
  const first = rows.length === 0 ? undefined : valueOf(0)
  return isShared(first, rows.length, valueOf) ? sharedValue(first) : ownValues(rows, place)
}

/** The same without a look whether the rows share them. */
export function ownValues(
  rows: readonly (readonly unknown[] | object)[],
  place: string | number,
): ColumnValues {
  const each = rows.map((row) => (row as Readonly<Record<string | number, unknown>>)[place])
  return { isShared: false, first: each[0], each }
}

function isShared(first: unknown, count: number, valueOf: (at: number) => unknown): boolean {
  const isObject = typeof first === 'object' && first !== null
  const text = isObject ? JSON.stringify(first) : undefined
  for (let at = 1; at < count; at += 1) {
    const other = valueOf(at)
    if (other === first) continue
    if (!isObject || typeof other !== 'object' || JSON.stringify(other) !== text) return false
  }
  return true
}

/** Columns as a JSON list of rows, each a list. */
export function rowsAsJson(lists: readonly (readonly unknown[])[]): string {
  const rows: unknown[][] = []
  const count = lists[0]?.length ?? 0
  for (let at = 0; at < count; at += 1) {
    const row: unknown[] = Array(lists.length)
    for (let column = 0; column < lists.length; column += 1) row[column] = lists[column]?.[at]
    rows.push(row)
  }
  return JSON.stringify(rows)
}
