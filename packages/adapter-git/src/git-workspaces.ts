import {
  CuelineError,
  type AttemptId,
  type Workspace,
  type WorkspaceInspection,
  type WorkspaceProvider,
  type WorkspaceReport,
  type WorkspaceRequest,
} from '@cueline/core'

import { inspectWorkspace } from './inspection.ts'
import { expectAncestors } from './base.ts'
import { keepCommits } from './kept-commits.ts'
import { keptWork, restoreWork } from './kept-work.ts'
import { lanePathOf, ownedOf, parkedLanes, parkLane, takeLane } from './lane.ts'
import { growingPauses } from './growing-pauses.ts'
import { heldTrials } from './held-trials.ts'
import { landedAs, supersede } from './landing.ts'
import { discardWorkspace, draftWorkspace, makeWorkspace } from './make-workspace.ts'
import {
  readManifest,
  readManifests,
  workspaceOf,
  writeManifest,
  type Manifest,
} from './manifest.ts'
import { sourcesOf } from './place-files.ts'
import { shortName } from './refs.ts'
import { openRepository, type Repository } from './repository.ts'
import { ownRooms } from './own-rooms.ts'
import { checkedLimits, requireFreeDisk, takeRoom } from './room.ts'
import { digestOf } from './names.ts'
import { lookForOverlaps, radarMemory } from './radar.ts'
import { prunableRefs, pruneRefs } from './retention.ts'
import { salvage } from './salvage.ts'
import { baseUpon } from './stack.ts'
import { isFolder } from './snapshot.ts'
import { runTeardown } from './set-up.ts'
import { environmentOf } from './setup-environment.ts'
import { removeTrial } from './trial.ts'
import { checkedSetup, type CheckedSetup, type WorkspaceSetup } from './workspace-setup.ts'

export interface GitWorkspacesOptions {
  /** A folder of the repository; its checkout, index and stash are never touched. */
  readonly repository: string
  /** The branch that finished work lands on; `cueline/main` when absent. */
  readonly branch?: string
  /** What that branch starts from while there is none; `HEAD` when absent. */
  readonly from?: string
  /** Where workspaces are made; `.cueline/workspaces` in the repository when absent. */
  readonly root?: string
  /** What a fresh workspace gets beside the files that git knows. */
  readonly setup?: WorkspaceSetup
  /**
   * `attempt`, when absent: each attempt has a fresh worktree. `lane`: a worktree per lane, whose attempts
   * work in it one after the other; it is set up once, and what git ignores stays in it.
   */
  readonly policy?: 'attempt' | 'lane'
  /**
   * How many workspaces of the branch may exist at a time, among all processes; no limit when absent.
   * Without room an attempt waits up to 30 seconds for one that this provider gives back, and is then
   * put back, uncharged. Where only other processes have them, its account is held for some seconds.
   */
  readonly maxWorkspaces?: number
  /**
   * Bytes that must be free on the disk before a workspace is made; 64 MiB when absent. Without them
   * work pauses, uncharged.
   */
  readonly minFreeBytes?: number
  /**
   * Records of its own - what was tried, what has landed, which claims were taken back - that are older
   * than so many days are let go when the repository is opened; all of them stay when absent. Kept work
   * that nothing else names always stays: `workspaces.prune` lets it go.
   */
  readonly keepRecordsDays?: number
}

/**
 * A git worktree per attempt. Finished work is stored as Cueline's own commit, merged in a trial
 * and, after green gates, lands on the integration branch by compare-and-swap: all of it or nothing,
 * and only on the commit that the trial was made with. Conflicts are told, never resolved. Every commit an agent made and every unmerged change
 * stays reachable by a ref below `refs/cueline/`.
 *
 * @throws CuelineError, from its methods, that says what to do: no repository or commit, a git older
 *   than 2.38, a shallow clone, submodules, an integration branch that is checked out.
 */
export function gitWorkspaces(options: GitWorkspacesOptions): WorkspaceProvider {
  const { branch = 'cueline/main', from = 'HEAD' } = options
  const setup = checkedSetup(options.setup)
  const lanes = checkedPolicy(options.policy, setup) === 'lane'
  const setUpBy = digestOf(JSON.stringify(setup))
  const limits = checkedLimits(options)
  const rooms = ownRooms()
  const keepRecordsMs = checkedDays(options.keepRecordsDays)
  const pauses = growingPauses()
  const seen = radarMemory()
  let opening: Promise<Repository> | undefined

  const openChecked = async (): Promise<Repository> => {
    const place = await openRepository({ ...options, branch, from })
    // Told before anything starts, not once for each attempt.
    await sourcesOf(place, setup)
    if (keepRecordsMs !== null) {
      const old = { olderThanMs: keepRecordsMs, lastCopiesOlderThanMs: null }
      await pruneRefs(place, await prunableRefs(place, old, Date.now()))
    }
    return place
  }

  const open = (): Promise<Repository> => {
    const place = (opening ??= openChecked())
    // What is wrong with the repository can be mended: the next call looks again.
    place.catch(() => (opening = undefined))
    return place
  }

  const trials = heldTrials(open, setup, pauses)

  const givenAs = (manifest: Manifest): Workspace => ({
    ...workspaceOf(manifest),
    env: environmentOf(setup, manifest),
  })

  /** Leaves nothing behind when it rejects. */
  const prepareIn = async (
    place: Repository,
    request: WorkspaceRequest,
    signal: AbortSignal,
    report: WorkspaceReport | undefined,
  ): Promise<Workspace> => {
    signal.throwIfAborted()
    const { attemptId } = request
    let draft: Manifest | undefined
    let taken = false
    try {
      await requireFreeDisk(place, limits)
      await supersede(place, request)
      const base = await baseUpon(place, request.upon, signal)
      await expectAncestors(place, base, request.after)
      draft = draftWorkspace(place, request, base)
      await writeManifest(place, draft)
      await rooms.take(attemptId, () => takeRoom(place, limits, attemptId))
      taken = true
      if (lanes) {
        const lane = await takeLane(place, attemptId)
        draft = { ...draft, lane, path: lanePathOf(place, lane), setUpBy }
        await writeManifest(place, draft)
      }
      const made = await makeWorkspace(
        place,
        setup,
        draft,
        (begun) => (draft = begun),
        signal,
        report,
      )
      pauses.over()
      return givenAs(made)
    } catch (error) {
      if (draft !== undefined) {
        const begun = draft
        const problems = begun.setUp === true ? await runTeardown(place, setup, begun) : []
        for (const problem of problems) report?.progress(problem)
        const discard = () => discardWorkspace(place, begun)
        await (taken ? rooms.giveBack(attemptId, discard) : discard()).catch((left: unknown) => {
          // Its manifest is still there, so the next sweep removes it.
          report?.progress(
            `What was made of the workspace could not be removed yet: ${String(left)}`,
          )
        })
      }
      throw error
    }
  }

  const removeFrom: (attemptId: AttemptId) => ReturnType<WorkspaceProvider['remove']> = async (
    attemptId,
  ) => {
    await trials.giveUpOf(attemptId)
    const place = await open()
    const found = await readManifest(place, attemptId)
    if (found === null) return { salvaged: null, gone: true }
    const manifest = await ownedOf(place, found)
    const salvaged = manifest.gitFolder === null ? null : await salvage(place, manifest)
    await keepCommits(place, manifest)
    await removeTrial(place, attemptId, null)
    const problems = manifest.setUp === true ? await runTeardown(place, setup, manifest) : []
    await parkLane(place, manifest)
    await discardWorkspace(place, await ownedOf(place, manifest))
    return { salvaged, ...(problems.length > 0 && { problems }) }
  }

  return {
    name: 'git',
    merges: true,
    stacks: true,

    async prepare(request, signal, report) {
      signal.throwIfAborted()
      const place = await open().catch((error: unknown) => {
        throw pauses.of(error, options.repository)
      })
      if ((await readManifest(place, request.attemptId)) !== null) throw exists(request.attemptId)
      try {
        const make = () => prepareIn(place, request, signal, report)
        return await rooms.whenFree(make, signal, report)
      } catch (error) {
        throw pauses.of(error, place.root)
      }
    },

    async mergeTarget() {
      const { target, common } = await open()
      return `${shortName(target)} of ${common}`
    },

    tryMerge: (workspace, signal) => trials.make([workspace], signal),
    tryMergeGroup: (workspaces, signal) => trials.make(workspaces, signal),
    land: (trial, confirm) => trials.land(trial, confirm),
    abandon: (trial) => trials.giveUp(trial),
    remove: ({ attemptId }) => rooms.giveBack(attemptId, () => removeFrom(attemptId)),

    list: async () => (await readManifests(await open())).map(givenAs),

    async inspect({ attemptId }) {
      const place = await open()
      const look = async (): Promise<WorkspaceInspection | null> => {
        const manifest = await readManifest(place, attemptId)
        if (manifest === null) return null
        const found = await inspectWorkspace(place, manifest, trials.isHeld(attemptId))
        return { ...found, workspace: givenAs(manifest) }
      }
      return look().catch(async (error: unknown) => {
        // It may have been removed in the meantime: all of it, or its folder first.
        const manifest = await readManifest(place, attemptId)
        if (manifest !== null && (await isFolder(manifest.path))) throw error
        return look()
      })
    },

    kept: async () => keptWork(await open()),
    parked: async () => parkedLanes(await open()),
    prunable: async (request) => prunableRefs(await open(), request, Date.now()),
    prune: async (found) => pruneRefs(await open(), found),
    restore: async (request) => restoreWork(await open(), request),
    radar: async (request) => lookForOverlaps(await open(), seen, request),
    landed: async (attemptId, fence) => landedAs(await open(), attemptId, fence),

    close: () => trials.close(),
  }
}

function checkedPolicy(
  policy: GitWorkspacesOptions['policy'] = 'attempt',
  { teardown }: CheckedSetup,
): 'attempt' | 'lane' {
  if (policy !== 'attempt' && policy !== 'lane') {
    throw new CuelineError(
      'invalid-input',
      `policy is ${JSON.stringify(policy)}; give "attempt" for a fresh worktree each time, or "lane" for one that stays.`,
    )
  }
  if (policy === 'attempt' || teardown.length === 0) return policy
  throw new CuelineError(
    'invalid-input',
    'A set-up with "teardown" was given with the policy "lane": a lane is set up once and stays, so there is no moment for it. Take "teardown" out, or use the policy "attempt".',
  )
}

const dayMs = 24 * 60 * 60_000

function checkedDays(days: number | undefined): number | null {
  if (days === undefined) return null
  if (days >= 0 && Number.isFinite(days)) return days * dayMs
  throw new CuelineError(
    'invalid-input',
    `keepRecordsDays is ${days}, and must be a number of days, 0 or more; leave it out to keep all records.`,
    { details: { keepRecordsDays: days } },
  )
}

function exists(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'conflict',
    `Attempt ${attemptId} has a workspace already; remove it before preparing a fresh one.`,
    { details: { attemptId } },
  )
}
