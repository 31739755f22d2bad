import type { IdKind, IdOfKind, Ids } from '../id.ts'

/** Ids that count per kind - task-1, task-2, … - so that runs can be compared and read. */
export function countingIds(): Ids {
  const counts = new Map<IdKind, number>()
  return <Kind extends IdKind>(kind: Kind) => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    return `${kind}-${count}` as IdOfKind[Kind]
  }
}
