import type { Hunk } from './changed-file.ts'

/** One file of a patch that `git diff-tree -p -U0 --text` printed, in the order of the files. */
export type PatchedFile = readonly Hunk[]

const head = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/

/** Reads a patch without context, a character per byte. Lines of files never count as its own. */
export function readPatch(patch: string): PatchedFile[] {
  const files: Hunk[][] = []
  let at = 0
  const next = (): string => {
    const end = patch.indexOf('\n', at)
    const line = patch.slice(at, end === -1 ? patch.length : end + 1)
    at += line.length
    return line
  }
  while (at < patch.length) {
    const line = next()
    if (line.startsWith('diff --git ')) files.push([])
    const match = head.exec(line)
    if (match === null) continue
    const [start = 0, removed = 1, count = 1] = [match[1], match[2] ?? 1, match[3] ?? 1].map(Number)
    const added: string[] = []
    for (let left = removed; left > 0; left--) {
      next()
      hasNoEnd()
    }
    for (let left = count; left > 0; left--) {
      const text = next().slice(1)
      added.push(hasNoEnd() ? text.slice(0, -1) : text)
    }
    // Where nothing is removed git names the line after which the new ones stand.
    files.at(-1)?.push({ at: removed === 0 ? start : start - 1, removed, added })
  }
  return files

  function hasNoEnd(): boolean {
    if (!patch.startsWith('\\ No newline', at)) return false
    next()
    return true
  }
}
