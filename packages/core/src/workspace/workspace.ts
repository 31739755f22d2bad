import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '../id.ts'
import type { WorkToLand } from '../merge/protected-paths.ts'
import type { WorkspaceState } from '../staging/state.ts'

/**
 * Where attempts work, each in a place of its own, and how finished work comes together.
 * A workspace never touches the user's own files except in `land`, and never loses unmerged work:
 * `remove` refuses unless the work is landed or salvaged.
 */
export interface WorkspaceProvider {
  readonly name: string
  /** True when `land` brings work into a shared result that later workspaces start from. */
  readonly merges: boolean
  /** True when `prepare` can start from work that has not landed yet (`upon`). */
  readonly stacks?: boolean
  /**
   * Makes a fresh workspace whose base contains all that has landed so far; once per attempt. When it
   * rejects, nothing is left of it. Without room it rejects with `limit` and, as
   * `details.retryAfterMs`, when to try again: then the attempt is not charged. Nor is it where a
   * retryable `refused` says when to try again, since what it is to start from is not there yet, or room
   * that the same process has is not free yet: then the account is not held either.
   */
  prepare(
    request: WorkspaceRequest,
    signal: AbortSignal,
    report?: WorkspaceReport,
  ): Promise<Workspace>
  /**
   * Names what work lands on, for people to read: the same text in all processes whose landings go
   * there, another for everything else. By it the engine merges one attempt after the other
   * (`mergeQueue` of the storage). Only asked where the provider merges.
   */
  mergeTarget(): Promise<string>
  /**
   * Tries to bring the work together with what has landed meanwhile, without landing it.
   * `path` is where gates judge the merged result; it stays until `land` or `abandon`. Trying the same
   * attempt again gives up its former trial. Several trials may be there at once, of one process or
   * many: none keeps the others waiting, and of those made with the same state one can land.
   */
  tryMerge(workspace: Workspace, signal: AbortSignal): Promise<TrialMerge>
  /**
   * Tries several at once, each upon what those before it come to, so that gates judge once what all of
   * them come to. The trial is that of the last: it lands with all the others or not at all, each by a
   * change of its own, and their trials are the trials of their last ones. Where one contradicts what is
   * before it, `ok` is false, `workspace` says which one, and nothing is tried. Absent where work only
   * lands one by one.
   */
  tryMergeGroup?(workspaces: readonly Workspace[], signal: AbortSignal): Promise<TrialMerge>
  /**
   * Lands a successful trial: all of it or nothing. Calls `confirm` at the last moment; when that
   * rejects (the lease is lost) nothing is landed and the rejection passes through. Rejects with a
   * retryable `conflict`, and lands nothing, when something else has landed since the trial, however
   * late the process that lands comes to it: what was judged is what lands. Landing the same attempt
   * and fence twice is harmless and tells the same `merged`. The trial is over when it settles.
   */
  land(trial: TrialMerge, confirm: () => Promise<void>): Promise<Landed>
  /** Gives a trial up; nothing has changed. Harmless after `land`. */
  abandon(trial: TrialMerge): Promise<void>
  /**
   * Removes the workspace. Work that was not landed is first kept where `salvaged` says; without
   * work to lose it is null. Removing what is gone is harmless, and says `gone`. `problems` are what went wrong
   * beside it, in words; the workspace is gone all the same.
   */
  remove(workspace: Pick<Workspace, 'attemptId'>): Promise<{
    readonly salvaged: string | null
    readonly gone?: true
    readonly problems?: readonly string[]
  }>
  /** All workspaces that exist, also of processes that are gone. */
  list(): Promise<readonly Workspace[]>
  /**
   * What a workspace holds now and how far it is, or null when there is none. It changes nothing in
   * the workspace and disturbs nobody who works in it, whichever process that is.
   */
  inspect(workspace: Pick<Workspace, 'attemptId'>): Promise<WorkspaceInspection | null>
  /** All that outlived its workspace and is still kept: what `remove` did not let go. */
  kept(): Promise<readonly KeptWork[]>
  /**
   * Folders that no attempt works in and that stay for the next one, in their order. All work
   * that their attempts left is kept elsewhere: who deletes one loses the time to set it up. Absent where
   * none stay.
   */
  parked?(): Promise<readonly ParkedLane[]>
  /**
   * Gives kept work back to a person under a name of its own, and touches no checkout; what is kept
   * stays kept. Absent where people reach it without that.
   *
   * @throws CuelineError `conflict` when the name is taken, `not-found` for what is not kept,
   *   `invalid-input` for a name that cannot be one.
   */
  restore?(request: RestoreRequest): Promise<RestoredWork>
  /**
   * Which records of its own, and which kept work, are old enough to be let go. Nothing that is named
   * nowhere else is among them unless `lastCopiesOlderThanMs` says so, and nothing of a workspace that
   * stands. Changes nothing. Absent, with `prune`, where a person deletes what is kept.
   */
  prunable?(request: PruneRequest): Promise<readonly PrunableWork[]>
  /** Lets go what `prunable` has named; what has changed since stays. */
  prune?(found: readonly PrunableWork[]): Promise<void>
  /**
   * Looks for work that would not merge as it stands: of open workspaces with each other, and with what
   * has landed. Cheap, disturbs nobody, decides nothing. Absent where workspaces cannot be compared.
   */
  radar?(request: RadarRequest): Promise<readonly WorkOverlap[]>
  /** What an attempt has landed, or null: tells after a crash whether the merge was applied. */
  landed(attemptId: AttemptId, fence: number): Promise<Landed | null>
  close(): Promise<void>
}

export interface WorkspaceRequest {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  /** What people call the task, and what it is about: data, never part of a path or a command. */
  readonly code: string
  readonly title: string
  readonly attemptId: AttemptId
  readonly fence: number
  /**
   * What the tasks that this one has waited for have landed as (`Landed.merged`). A provider that can
   * tell refuses to start from a state that does not contain all of it.
   */
  readonly after?: readonly string[]
  /**
   * The attempts whose work the base has to contain although it has not landed; given to a provider that
   * `stacks`. What lands later is only what the attempt itself has changed. Where work that it was
   * built upon has been given up, its trial is not ok.
   */
  readonly upon?: readonly BaseWork[]
}

/** An attempt on whose work another one builds. */
export interface BaseWork {
  readonly attemptId: AttemptId
  readonly fence: number
  /** What people call its task. */
  readonly code: string
}

export interface WorkspaceReport {
  /** A line for people about what is going on. Never waits. */
  progress(text: string): void
}

export interface Workspace {
  readonly attemptId: AttemptId
  readonly fence: number
  /** The folder to work in; absent when the provider has none. */
  readonly path?: string
  /** Names the state the work starts from. */
  readonly base: string
  /**
   * Variables for every command that works in it, agents and gates alike: a temp folder, ports and
   * the like, of its own. May hold secrets, so it is never stored.
   */
  readonly env?: Readonly<Record<string, string>>
}

/** A workspace that stands. */
export interface WorkspaceInspection extends Pick<WorkToLand, 'contents' | 'links'> {
  readonly workspace: Workspace
  readonly state: Exclude<WorkspaceState, 'removed'>
  /** Paths that hold what has not landed, sorted. */
  readonly changed: readonly string[]
  /** Commits that were made in it and have not landed; 0 where there are none such. */
  readonly commits: number
  /** The branch of its own, where it has one. */
  readonly branch?: string
  /** Commands that show a person what is in it; none where it is enough to look. */
  readonly look: readonly string[]
}

export interface KeptWork {
  readonly attemptId: AttemptId
  /** `salvage`: the whole content that had not landed. `commits`: what was committed on the way. */
  readonly kind: 'salvage' | 'commits'
  /** As `remove` told it: where it is. */
  readonly name: string
  /** Milliseconds since 1970; null where nobody noted it. */
  readonly keptAt: number | null
  readonly look: readonly string[]
}

/** A folder between two attempts, with what its set-up has made. */
export interface ParkedLane {
  readonly lane: string
  readonly path: string
  /** The attempt that worked in it last. */
  readonly attemptId: AttemptId
  /** Milliseconds since 1970. */
  readonly parkedAt: number
}

export interface RestoreRequest {
  /** Of what is kept. */
  readonly name: string
  /** The branch to make; one that tells the attempt when left out. */
  readonly branch?: string
}

export interface RestoredWork {
  readonly branch: string
  readonly commit: string
  /** Further ends of history that were kept under the same name, which no branch names. */
  readonly others: readonly string[]
}

export interface PruneRequest {
  /** Milliseconds that a record must be old at least, as far as anybody can tell. */
  readonly olderThanMs: number
  /** The same for work that nothing else names; null: it all stays. */
  readonly lastCopiesOlderThanMs: number | null
}

/** A record, or kept work, that may be let go. */
export interface PrunableWork {
  /** `salvage` and `commits` as `KeptWork`; the others are records of the provider's own. */
  readonly kind: string
  readonly name: string
  /** What the name stands for: by this it is found while the provider still has it. */
  readonly commit: string
  /** Milliseconds since 1970, at the latest. */
  readonly keptAt: number
  /** Null where a record is not of one attempt. */
  readonly attemptId: AttemptId | null
  /** Nothing else names it: when it goes, the work is gone. */
  readonly lastCopy: boolean
}

export interface RadarRequest {
  /** Most pairs that are compared in one look. */
  readonly pairs: number
  readonly signal: AbortSignal
}

/** Work that contradicts other open work or, with one attempt, what has landed since it began. */
export interface WorkOverlap {
  readonly attempts: readonly [AttemptId] | readonly [AttemptId, AttemptId]
  readonly paths: readonly string[]
  /** The paths in words, with lines where there are such. */
  readonly message: string
  /** What contradicts what there; bounded. */
  readonly evidence: string
}

/** Work as a trial found it. */
export interface TriedWork extends Pick<WorkToLand, 'contents' | 'links'> {
  readonly workspace: Workspace
  /** Paths that the work changed. */
  readonly changed: readonly string[]
  /** The merged result differs from what the workspace alone held: judge it again. */
  readonly differs: boolean
}

export type TrialMerge =
  | (TriedWork & {
      readonly ok: true
      /** Where the merged result can be judged; absent when it equals the workspace. */
      readonly path?: string
      /** All that land with it, in this order, itself the last; absent when it lands alone. */
      readonly group?: readonly TriedWork[]
    })
  | {
      readonly ok: false
      readonly workspace: Workspace
      /** Paths changed here and there. */
      readonly conflicts: readonly string[]
      /** Paths that the work changed, these among them, when the provider can tell. */
      readonly changed?: readonly string[]
      readonly message: string
      /**
       * The work cannot land wherever it is merged: nobody else has changed anything. Who does it again
       * after being told so needs a person.
       */
      readonly unfit?: true
      /** What contradicts what there, for whoever resolves it; bounded. Absent when it cannot be shown. */
      readonly evidence?: string
    }

export interface Landed {
  /** The commit, or a digest of the result, that contains the work. */
  readonly merged: string
  /** Paths that the work changed, when the provider can still tell. */
  readonly changed?: readonly string[]
  /** What each of the group has landed as, in the order of its trial; absent where it landed alone. */
  readonly group?: readonly Pick<Landed, 'merged' | 'changed'>[]
}
