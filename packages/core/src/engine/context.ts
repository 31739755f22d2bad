import type { Clock } from '../clock.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { StoredEvent } from '../event/event.ts'
import type { Gates } from '../gate/gate.ts'
import type { AttemptId, Ids, ProjectId, RequestId, TaskId } from '../id.ts'
import type { ClaimTurns } from '../limit/claim-turns.ts'
import type { Runner } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Storage } from '../storage/storage.ts'
import type { WorkspaceProvider } from '../workspace/workspace.ts'
import type { Claim, ClaimIds } from './claim.ts'
import type { Ledger, LedgerTransaction } from './ledger.ts'
import type { MergeTurns } from './merge-turns.ts'
import type { Protection } from './protect.ts'
import type { SafeEmitter } from './safe-emitter.ts'

/** What hosts can listen to with `cueline.on`. */
export interface CuelineEvents extends Record<string, unknown> {
  /** Every event that this process has stored, after its commit, in order. */
  readonly event: StoredEvent
  /** What a runner says about its progress, at once and without the log's bounds. */
  readonly progress: {
    readonly attemptId: AttemptId
    readonly taskId: TaskId
    readonly text: string
  }
}

/** How patient the engine is. Every time is milliseconds. */
export interface EngineTimes {
  /** A claim lives this long without a heartbeat; renewed three times as often. */
  readonly leaseMs: number
  /** How often lapsed leases, silent workers and due promotions are looked for. */
  readonly sweepMs: number
  /** Longest time of one attempt, waiting for people not counted. */
  readonly attemptTimeoutMs: number
  /**
   * How often work under way is compared with other work, so that contradictions are told before they
   * meet in the merge queue; 0: never.
   */
  readonly radarMs: number
  /** How long a runner may take to stop before its slot is freed without it. */
  readonly stopGraceMs: number
}

export const defaultTimes: EngineTimes = {
  leaseMs: 30_000,
  sweepMs: 2_000,
  radarMs: 30_000,
  attemptTimeoutMs: 2 * 60 * 60_000,
  stopGraceMs: 10_000,
}

/** What the parts of the engine share. */
export interface EngineContext {
  readonly storage: Storage
  readonly ledger: Ledger
  readonly runner: Runner
  readonly workspace: WorkspaceProvider | null
  readonly gates: Gates | null
  /** What of the result may not change without a person; null: nothing. */
  readonly protection: Protection | null
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly ids: Ids
  readonly times: EngineTimes
  readonly emitter: SafeEmitter<CuelineEvents>
  /** Resolves waits for answers; fed by local events and, for other processes, by the sweep. */
  readonly answers: Map<RequestId, (answer: string) => void>
  /** The attempts of this process that have a workspace. */
  readonly open: Map<AttemptId, Claim>
  /** What the radar saw last of a task's work. */
  readonly overlaps: Map<TaskId, NonNullable<AttemptBrief['overlaps']>>
  /**
   * The attempts that this process works at. One whose claim is `lost` stays until it is known whether
   * others counted that as a lost worker.
   */
  readonly alive: Map<AttemptId, { readonly claim: ClaimIds; lost: boolean }>
  /** Aborts the attempts of claims that are gone, by work order. */
  readonly live: Map<string, AbortController>
  /** What follows the end of an attempt in the transaction that stores it, by attempt. */
  readonly goOn: Map<AttemptId, (transaction: LedgerTransaction) => void>
  /** Who of this process waits for its turn to merge. */
  readonly mergeTurns: MergeTurns
  /** How many are merged and judged together at most. */
  readonly mergeGroup: number
  /** Projects that cannot advance by themselves until an event or the sweep says otherwise. */
  readonly quiet: Set<ProjectId>
  /** What this process has claimed, so that it offers every eighth claim to who has waited longest. */
  readonly turns: Map<ProjectId, ClaimTurns>
  readonly onError: (error: unknown, where: string) => void
}
