import type { Manifest } from './manifest.ts'
import { lineOf } from './names.ts'
import type { Repository } from './repository.ts'

export interface CommitOrder {
  readonly tree: string
  readonly parents: readonly string[]
  readonly subject: string
  /** Whose work it is. */
  readonly of: Pick<Manifest, 'attemptId' | 'fence' | 'workOrderId' | 'code'>
}

/** Stores a commit that says which work it is, for people and for `git log --grep`. */
export async function commitTree(place: Repository, order: CommitOrder): Promise<string> {
  const { tree, parents, subject } = order
  const { attemptId, fence, workOrderId, code } = order.of
  const message = [
    lineOf(subject),
    '',
    `Cueline-Task: ${lineOf(code)}`,
    `Cueline-Work-Order: ${lineOf(workOrderId)}`,
    `Cueline-Attempt: ${lineOf(attemptId)}`,
    `Cueline-Fence: ${fence}`,
    '',
  ].join('\n')
  const sign = place.settings.signs ? ['-S'] : ['--no-gpg-sign']
  const args = ['commit-tree', ...sign, tree, ...parents.flatMap((parent) => ['-p', parent])]
  return (await place.content(args, { input: message })).stdout.trim()
}

export type MergedTrees =
  | { readonly ok: true; readonly tree: string }
  | { readonly ok: false; readonly conflicts: readonly string[]; readonly notes: string }

/** Merges two commits without a working tree: the merged tree, or where they contradict. */
export async function mergeCommits(
  { content }: Repository,
  ours: string,
  theirs: string,
  signal: AbortSignal,
): Promise<MergedTrees> {
  const { code, stdout } = await content(
    ['merge-tree', '--write-tree', '-z', '--name-only', '--messages', ours, theirs],
    { answers: [1], signal },
  )
  const [tree = '', ...rest] = stdout.split('\0')
  if (code === 0) return { ok: true, tree: tree.trim() }
  const end = rest.indexOf('')
  const conflicts = [...new Set(rest.slice(0, end))].toSorted()
  return { ok: false, conflicts, notes: notesOf(rest.slice(end + 1)) }
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
