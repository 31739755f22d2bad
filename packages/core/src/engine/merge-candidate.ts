import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Verdict } from '../staging/state.ts'
import type { BaseWork, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import type { Claim } from './claim.ts'
import type { Slot } from './slots.ts'

/** Verified work that is to land. */
export interface MergeCandidate {
  readonly claim: Claim
  readonly provider: WorkspaceProvider
  readonly workspace: Workspace
  /** Whose work it was built upon before that had landed. */
  readonly upon: readonly BaseWork[]
  readonly brief: AttemptBrief
  /** Of the work alone. */
  readonly verdicts: readonly Verdict[]
  readonly signal: AbortSignal
  readonly slot: Slot
}
