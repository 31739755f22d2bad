import type { Slice } from '../staging/slice.ts'

/** Every table of a slice; the edges once. */
const compared: Readonly<Record<Exclude<keyof Slice, 'project' | 'dependents'>, true>> = {
  tasks: true,
  batches: true,
  workOrders: true,
  attempts: true,
  requests: true,
  holds: true,
  workers: true,
  sessions: true,
  dependencies: true,
}
const tables = Object.keys(compared) as (keyof typeof compared)[]

/** What a replay says otherwise than the stored state, in words; empty when they agree. */
export function replayDifferences(stored: Slice, replayed: Slice): readonly string[] {
  const differences: string[] = []
  const differ = (message: string) => differences.push(message)
  if (canonical(stored.project) !== canonical(replayed.project)) differ('The project differs.')
  for (const table of tables) {
    const there: ReadonlyMap<string, unknown> = stored[table]
    const again: ReadonlyMap<string, unknown> = replayed[table]
    for (const key of new Set([...there.keys(), ...again.keys()])) {
      const one = canonical(comparable(there.get(key)))
      const other = canonical(comparable(again.get(key)))
      if (one !== other) differ(`In ${table}, "${key}" is ${one}, but the log says ${other}.`)
    }
  }
  return differences
}

/** Edge lists have no order of their own, and an empty one is none. */
function comparable(row: unknown): unknown {
  if (!Array.isArray(row)) return row
  return row.length === 0 ? undefined : row.map(canonical).toSorted()
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, field: unknown) =>
      field !== null && typeof field === 'object' && !Array.isArray(field)
        ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : field,
    ) ?? 'absent'
  )
}
