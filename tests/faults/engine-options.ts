import type { FaultPoint } from './fault-points.ts'
import type { StorageAddress } from './place.ts'

/** What an engine process is told: one argument, as JSON. */
export interface EngineOptions {
  readonly folder: string
  readonly address: StorageAddress
  readonly projectId: string
  readonly workers: number
  /** Kills itself when it comes here for the n-th time. */
  readonly kill?: { readonly point: FaultPoint; readonly occurrence: number }
  readonly leaseMs: number
  /** Work is handed out over BullMQ on this Redis; over the rows of the storage when left out. */
  readonly redis?: string
  /** What its agents do. */
  readonly work: Work
}

export type Work =
  /** Writes a file within milliseconds; every third task fails once. */
  | { readonly kind: 'files' }
  /** Nothing at all, without a workspace. */
  | { readonly kind: 'nothing' }
  /** As `files`, but each task takes so long. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** As `files`, but the first attempt of each task keeps its whole process busy for so long. */
  | { readonly kind: 'busy'; readonly ms: number }
  /** As `files`, but every attempt of the task with this code kills its own engine. */
  | { readonly kind: 'poison'; readonly code: string }
  /** Random work by seed in worktrees of a git repository, judged by its rules: see git-agent.ts. */
  | {
      readonly kind: 'git'
      readonly seed: number
      readonly mergeGroup: number
      readonly policy: 'attempt' | 'lane'
    }
