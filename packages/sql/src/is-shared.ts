/** Whether all rows have the same value in this place. */
export function isShared(rows: readonly (readonly unknown[])[], at: number): boolean {
  const value = rows[0]?.[at]
  const isObject = typeof value === 'object' && value !== null
  const text = isObject ? JSON.stringify(value) : undefined
  for (const row of rows) {
    const other = row[at]
    if (other === value) continue
    if (!isObject || typeof other !== 'object' || JSON.stringify(other) !== text) return false
  }
  return true
}

/** The values in these places of a row. */
export function picked(row: readonly unknown[], places: readonly number[]): unknown[] {
  const values: unknown[] = []
  for (const at of places) values.push(row[at])
  return values
}
