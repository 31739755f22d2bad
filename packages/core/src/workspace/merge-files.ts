/** Contents, or digests of them, by path. */
export type Files = ReadonlyMap<string, string>

export interface MergedFiles {
  /** Paths that the work added, changed or deleted, sorted. */
  readonly changed: readonly string[]
  /** Paths that the work changed and that changed in the result too, to something else; sorted. */
  readonly conflicts: readonly string[]
  /** The result with the work in it; conflicting paths keep what the result has. */
  readonly merged: ReadonlyMap<string, string>
  /** `merged` is not the same as the workspace: something else has landed meanwhile. */
  readonly differs: boolean
}

/**
 * Three-way merge by path: what changed from `base` to `work` goes into `result`, unless the path
 * changed there too. The same change on both sides is no conflict. A path that would be a file on
 * one side and a folder on the other is a conflict as well.
 */
export function mergeFiles(base: Files, work: Files, result: Files): MergedFiles {
  const changed = [...new Set([...base.keys(), ...work.keys()])]
    .filter((path) => base.get(path) !== work.get(path))
    .toSorted()
  const conflicts = new Set<string>()
  const merged = new Map(result)
  for (const path of changed) {
    const here = work.get(path)
    const there = result.get(path)
    if (there !== base.get(path) && there !== here) conflicts.add(path)
    else if (here === undefined) merged.delete(path)
    else merged.set(path, here)
  }
  for (const path of filesInTheWay(merged)) conflicts.add(path)
  return {
    changed,
    conflicts: [...conflicts].toSorted(),
    merged,
    differs: !sameFiles(merged, work),
  }
}

/** Paths that are a file and a folder at once. */
function filesInTheWay(files: Files): string[] {
  const found = new Set<string>()
  for (const path of files.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (files.has(folder)) found.add(folder)
    }
  }
  return [...found]
}

function sameFiles(one: Files, other: Files): boolean {
  if (one.size !== other.size) return false
  for (const [path, content] of one) if (other.get(path) !== content) return false
  return true
}
