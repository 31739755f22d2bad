import type { WorkspaceState } from '../staging/state.ts'

/** What a provider can see of a workspace that stands. */
export interface WorkspaceFacts {
  /** What it holds now has landed. */
  readonly landed: boolean
  /** A trial of its work is under way, or holds the merge lease. */
  readonly merging: boolean
  /** How many paths hold what has not landed. */
  readonly changed: number
  /** How many commits were made in it and have not landed. */
  readonly commits: number
  /** It holds something that the newest of these commits does not. */
  readonly uncommitted: boolean
  /** What it holds now is kept already, where `remove` keeps work. */
  readonly kept: boolean
}

/** The state that follows from the facts; `workspaceTransitions` says which may follow which. */
export function workspaceState(facts: WorkspaceFacts): Exclude<WorkspaceState, 'removed'> {
  const { landed, merging, changed, commits, uncommitted, kept } = facts
  if (landed && changed === 0) return 'merged'
  if (merging) return 'queued'
  if (changed === 0 && commits === 0) return 'fresh'
  if (kept) return 'salvaged'
  return uncommitted ? 'dirty' : 'committed'
}
