import {
  CuelineError,
  type AttemptId,
  type Landed,
  type TriedWork,
  type TrialMerge,
  type Workspace,
} from '@cueline/core'

import type { Pauses } from './growing-pauses.ts'
import { landedAs, moveTarget } from './landing.ts'
import { readManifest, writeManifest, type Manifest } from './manifest.ts'
import { placeFiles } from './place-files.ts'
import { refuseCheckedOut } from './sound-repository.ts'
import type { Repository } from './repository.ts'
import { runSetup } from './set-up.ts'
import { makeTrial, removeTrial, type Made, type MadeWork, type ToTry } from './trial.ts'
import type { CheckedSetup } from './workspace-setup.ts'

/** Trials from their making until they have landed or are given up, by the last attempt of each. */
export interface HeldTrials {
  /** Merges the work of each upon that of those before; gives up the former trial of the last. */
  make(workspaces: readonly Workspace[], signal: AbortSignal): Promise<TrialMerge>
  /** As the port promises. */
  land(trial: TrialMerge, confirm: () => Promise<void>): Promise<Landed>
  giveUp(trial: TrialMerge): Promise<void>
  giveUpOf(attemptId: AttemptId): Promise<void>
  /** Whether work of the attempt is part of a trial. */
  isHeld(attemptId: AttemptId): boolean
  /** Gives all of them up. */
  close(): Promise<void>
}

interface Held extends Made {
  readonly trial: Extract<TrialMerge, { ok: true }>
}

export function heldTrials(
  open: () => Promise<Repository>,
  setup: CheckedSetup,
  pauses: Pauses,
): HeldTrials {
  const held = new Map<AttemptId, Held>()

  const free = async (mine: Held): Promise<void> => {
    const { attemptId } = mine.trial.workspace
    if (held.get(attemptId) === mine) held.delete(attemptId)
    if (mine.trial.path !== undefined) await removeTrial(await open(), attemptId, mine.gitFolder)
  }

  return {
    async make(workspaces, signal) {
      const place = await open()
      const former = held.get(workspaces.at(-1)?.attemptId as AttemptId)
      if (former !== undefined) await free(former)
      signal.throwIfAborted()
      const all: ToTry[] = []
      for (const workspace of workspaces) {
        all.push({ workspace, manifest: await manifestOf(place, workspace.attemptId) })
      }
      try {
        const made = await makeTrial(place, all, signal)
        await setUpTrial(place, setup, made, signal)
        const { trial } = made
        if (trial.ok) held.set(trial.workspace.attemptId, { ...made, trial })
        return trial
      } catch (error) {
        throw pauses.of(error, place.root)
      }
    },

    async land(trial, confirm) {
      const { attemptId, fence } = trial.workspace
      const place = await open()
      const mine = held.get(attemptId)
      const before = await landedAs(place, attemptId, fence)
      if (before !== null) {
        if (mine?.trial === trial) await free(mine)
        return trial.ok && trial.group !== undefined
          ? { ...before, group: await landedBefore(place, trial.group) }
          : before
      }
      if (mine?.trial !== trial) throw givenUp(attemptId)
      try {
        await confirm()
        if (held.get(attemptId) !== mine) throw givenUp(attemptId)
        await refuseCheckedOut(place)
        const manifests: Manifest[] = []
        for (const { manifest } of mine.works) {
          manifests.push(await manifestOf(place, manifest.attemptId))
        }
        await moveTarget(place, mine)
        for (const [at, manifest] of manifests.entries()) {
          const landedTree = mine.works[at]?.workTree
          await writeManifest(place, {
            ...manifest,
            ...(landedTree !== undefined && { landedTree }),
          })
        }
        const { merged, works } = mine
        return works.length === 1 ? { merged } : { merged, group: works.map(landedOf) }
      } finally {
        await free(mine)
      }
    },

    async giveUp(trial) {
      const mine = held.get(trial.workspace.attemptId)
      if (mine?.trial === trial) await free(mine)
    },

    async giveUpOf(attemptId) {
      const mine = held.get(attemptId)
      if (mine !== undefined) await free(mine)
    },

    isHeld: (attemptId) =>
      [...held.values()].some(({ works }) =>
        works.some(({ manifest }) => manifest.attemptId === attemptId),
      ),

    async close() {
      for (const mine of held.values()) await free(mine)
    },
  }
}

/** One has landed, so all have. */
async function landedBefore(
  place: Repository,
  group: readonly TriedWork[],
): Promise<readonly Landed[]> {
  const all: Landed[] = []
  for (const { workspace } of group) {
    const landed = await landedAs(place, workspace.attemptId, workspace.fence)
    if (landed === null) throw givenUp(workspace.attemptId)
    all.push(landed)
  }
  return all
}

function landedOf({ merged, tried: { changed } }: MadeWork): Pick<Landed, 'merged' | 'changed'> {
  return { merged, changed }
}

/** Gates judge a merged result as they judge a workspace: with everything that it needs. */
async function setUpTrial(
  place: Repository,
  setup: CheckedSetup,
  { trial, works, gitFolder }: Made,
  signal: AbortSignal,
): Promise<void> {
  const manifest = works.at(-1)?.manifest
  if (manifest === undefined || !trial.ok || trial.path === undefined) return
  const { path } = trial
  try {
    await placeFiles(place, setup, { path, signal })
    await runSetup(setup, manifest, { path, kind: 'trial', signal })
  } catch (error) {
    await removeTrial(place, manifest.attemptId, gitFolder)
    throw error
  }
}

async function manifestOf(place: Repository, attemptId: AttemptId): Promise<Manifest> {
  const manifest = await readManifest(place, attemptId)
  if (manifest !== null && manifest.gitFolder !== null) return manifest
  throw new CuelineError('not-found', `There is no workspace of attempt ${attemptId}.`, {
    details: { attemptId },
  })
}

function givenUp(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'refused',
    `The trial of attempt ${attemptId} was given up; call tryMerge again.`,
    { details: { attemptId } },
  )
}
