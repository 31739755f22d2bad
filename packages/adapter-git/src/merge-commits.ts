import type { Repository } from './repository.ts'

export type MergedTrees =
  | { readonly ok: true; readonly tree: string }
  | {
      readonly ok: false
      readonly conflicts: readonly string[]
      /** Where the first side contradicts in each path, first and last line; none for what has no lines. */
      readonly lines: ReadonlyMap<string, readonly [from: number, to: number]>
      /** What git says of each conflict. */
      readonly notes: string
      /** The lines that contradict each other, with markers. */
      readonly evidence: string
    }

/** Merges two commits without a working tree: the merged tree, or where they contradict. */
export async function mergeCommits(
  place: Repository,
  ours: string,
  theirs: string,
  signal: AbortSignal,
): Promise<MergedTrees> {
  const { code, stdout } = await place.content(
    ['merge-tree', '--write-tree', '-z', '--name-only', '--messages', ours, theirs],
    { answers: [1], signal },
  )
  const [tree = '', ...rest] = stdout.split('\0')
  if (code === 0) return { ok: true, tree: tree.trim() }
  const end = rest.indexOf('')
  const conflicts = [...new Set(rest.slice(0, end))].toSorted()
  const notes = notesOf(rest.slice(end + 1))
  return { ok: false, conflicts, notes, ...(await hunksOf(place, tree.trim(), conflicts)) }
}

/** Of each message: how many paths, those paths, its kind, and its text. */
function notesOf(parts: readonly string[]): string {
  const notes: string[] = []
  for (let at = 0; at < parts.length;) {
    const paths = Number(parts[at])
    if (!Number.isInteger(paths) || parts[at] === '') break
    const kind = parts[at + 1 + paths] ?? ''
    const text = parts[at + 2 + paths] ?? ''
    if (kind.startsWith('CONFLICT')) notes.push(text.trim())
    at += 3 + paths
  }
  return notes.join('\n')
}

/** Paths that are shown, lines around each contradiction, and characters of all of it. */
const mostPaths = 20
const linesAround = 3
const mostEvidence = 16_000

/** The merged files have the contradictions between markers; those parts are shown. */
async function hunksOf(
  { content }: Repository,
  tree: string,
  paths: readonly string[],
): Promise<{
  readonly evidence: string
  readonly lines: ReadonlyMap<string, readonly [from: number, to: number]>
}> {
  const shown: string[] = []
  const lines = new Map<string, readonly [number, number]>()
  for (const path of paths.slice(0, mostPaths)) {
    const { code, stdout } = await content(['cat-file', 'blob', `${tree}:${path}`], {
      answers: [128],
    })
    // A path that one side deleted or moved has no lines to show; the notes say so.
    const hunks = code === 0 && !stdout.includes('\0') ? markedLines(stdout) : ''
    if (hunks === '') continue
    shown.push(`${path}:\n${hunks}`)
    lines.set(path, linesOfFirst(stdout))
  }
  return { evidence: shown.join('\n\n').slice(0, mostEvidence), lines }
}

function markedLines(text: string): string {
  const lines = text.split('\n')
  const wanted = new Set<number>()
  let open = -1
  lines.forEach((line, at) => {
    if (line.startsWith('<<<<<<< ')) open = at
    if (!line.startsWith('>>>>>>> ') || open === -1) return
    for (let each = open - linesAround; each <= at + linesAround; each += 1) wanted.add(each)
    open = -1
  })
  const parts: string[] = []
  lines.forEach((line, at) => {
    if (!wanted.has(at)) return
    if (!wanted.has(at - 1) && parts.length > 0) parts.push('…')
    parts.push(line)
  })
  return parts.join('\n')
}

/** The first and last line, counted as the first side has them, that stand between markers. */
function linesOfFirst(text: string): readonly [from: number, to: number] {
  let line = 0
  let side: 'both' | 'first' | 'second' = 'both'
  let from = 0
  let to = 0
  for (const each of text.split('\n')) {
    if (each.startsWith('<<<<<<< ')) {
      side = 'first'
      if (from === 0) from = line + 1
      continue
    }
    if (side === 'first' && each === '=======') {
      side = 'second'
      to = Math.max(line, from)
      continue
    }
    if (side === 'second' && each.startsWith('>>>>>>> ')) {
      side = 'both'
      continue
    }
    if (side !== 'second') line += 1
  }
  return [from, to]
}
