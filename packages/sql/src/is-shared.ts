/** Whether all rows have the same value in this place. */
export function isShared(rows: readonly (readonly unknown[])[], at: number): boolean {
  const value = rows[0]?.[at]
  const isObject = typeof value === 'object' && value !== null
  const text = isObject ? JSON.stringify(value) : undefined
  return rows.every((row) => {
    const other = row[at]
    if (other === value) return true
    return isObject && typeof other === 'object' && JSON.stringify(other) === text
  })
}
