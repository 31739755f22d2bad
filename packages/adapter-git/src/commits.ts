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
export async function commitTree(
  place: Repository,
  order: CommitOrder,
  { signs = place.settings.signs }: { readonly signs?: boolean } = {},
): Promise<string> {
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
  const sign = signs ? ['-S'] : ['--no-gpg-sign']
  const args = ['commit-tree', ...sign, tree, ...parents.flatMap((parent) => ['-p', parent])]
  return (await place.content(args, { input: message })).stdout.trim()
}
