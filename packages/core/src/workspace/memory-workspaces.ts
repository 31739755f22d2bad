import { CuelineError } from '../error.ts'
import type { AttemptId } from '../id.ts'
import { mergeFiles } from './merge-files.ts'
import { mergeLease } from './merge-lease.ts'
import { workspaceState } from './workspace-state.ts'
import type { KeptWork, Landed, TrialMerge, Workspace, WorkspaceProvider } from './workspace.ts'

export interface MemoryWorkspaces extends WorkspaceProvider {
  /** What has landed so far: content by path. */
  readonly result: ReadonlyMap<string, string>
  /** The files of an attempt's workspace, to read and change. */
  files(attemptId: AttemptId): Map<string, string>
  /** The merged files of the attempt whose trial is held now, where gates judge. */
  trial(attemptId: AttemptId): ReadonlyMap<string, string>
  /** Unmerged files that `remove` kept, by the name it told. */
  readonly salvage: ReadonlyMap<string, ReadonlyMap<string, string>>
}

interface Place {
  readonly workspace: Workspace
  base: ReadonlyMap<string, string>
  readonly files: Map<string, string>
}

interface Held {
  readonly trial: TrialMerge
  readonly merged: ReadonlyMap<string, string>
  /** What the workspace held when it was tried; later writes are not landed. */
  readonly work: ReadonlyMap<string, string>
}

/**
 * Workspaces whose files are entries of a map: they merge, conflict, land and salvage for real, and
 * never touch a disk. For tests, simulations and trying an engine without any folder.
 */
export function memoryWorkspaces(
  initial: Iterable<readonly [string, string]> = [],
): MemoryWorkspaces {
  const places = new Map<AttemptId, Place>()
  const landings = new Map<string, Landed>()
  const salvage = new Map<string, ReadonlyMap<string, string>>()
  const kept: KeptWork[] = []
  const lease = mergeLease()
  let result: ReadonlyMap<string, string> = new Map(initial)
  let generation = 0
  let held: Held | null = null

  const place = (attemptId: AttemptId): Place => {
    const found = places.get(attemptId)
    if (found !== undefined) return found
    throw new CuelineError('not-found', `There is no workspace of attempt ${attemptId}.`, {
      details: { attemptId },
    })
  }
  const free = () => {
    held = null
    lease.release()
  }

  return {
    name: 'memory',
    merges: true,
    get result() {
      return result
    },
    salvage,
    files: (attemptId) => place(attemptId).files,
    trial(attemptId) {
      if (held?.trial.workspace.attemptId === attemptId) return held.merged
      throw new CuelineError('not-found', `Attempt ${attemptId} has no merge trial.`)
    },
    async prepare({ attemptId, fence }, signal) {
      signal.throwIfAborted()
      if (places.has(attemptId)) {
        throw new CuelineError(
          'conflict',
          `Attempt ${attemptId} has a workspace already; remove it before preparing a fresh one.`,
          { details: { attemptId } },
        )
      }
      const workspace = { attemptId, fence, base: `result-${generation}` }
      places.set(attemptId, { workspace, base: result, files: new Map(result) })
      return workspace
    },
    async tryMerge(workspace, signal) {
      place(workspace.attemptId)
      if (held?.trial.workspace.attemptId === workspace.attemptId) free()
      await lease.take(signal)
      try {
        // The workspace may have been removed while this waited, so it is looked up again.
        const { base, files } = place(workspace.attemptId)
        const { changed, conflicts, merged, differs } = mergeFiles(base, files, result)
        if (conflicts.length === 0) {
          const trial = { ok: true, workspace, changed, differs } as const
          held = { trial, merged, work: new Map(files) }
          return trial
        }
        return {
          ok: false,
          workspace,
          conflicts,
          changed,
          message: `${conflicts.join(', ')} changed in this attempt and in the result meanwhile.`,
        }
      } finally {
        if (held === null) lease.release()
      }
    },
    async land(trial, confirm) {
      const key = landingKey(trial.workspace.attemptId, trial.workspace.fence)
      const before = landings.get(key)
      if (before !== undefined) {
        if (held?.trial === trial) free()
        return before
      }
      if (held?.trial !== trial) {
        throw new CuelineError(
          'refused',
          `The trial of attempt ${trial.workspace.attemptId} holds no merge lease; call tryMerge again.`,
          { details: { attemptId: trial.workspace.attemptId } },
        )
      }
      try {
        await confirm()
        if (held?.trial !== trial) {
          throw new CuelineError('lease-lost', 'The trial was given up while it was confirmed.')
        }
        place(trial.workspace.attemptId).base = held.work
        result = held.merged
        generation += 1
        const { changed = [] } = trial
        const landed = { merged: `result-${generation}`, changed }
        landings.set(key, landed)
        return landed
      } finally {
        if (held?.trial === trial) free()
      }
    },
    async abandon(trial) {
      if (held?.trial === trial) free()
    },
    async remove({ attemptId }) {
      const found = places.get(attemptId)
      if (found === undefined) return { salvaged: null }
      if (held?.trial.workspace.attemptId === attemptId) free()
      places.delete(attemptId)
      const { changed } = mergeFiles(found.base, found.files, found.base)
      if (changed.length === 0) return { salvaged: null }
      const salvaged = `salvage-${attemptId}`
      salvage.set(salvaged, new Map(found.files))
      kept.push({ attemptId, kind: 'salvage', name: salvaged, keptAt: null, look: [] })
      return { salvaged }
    },
    async list() {
      return [...places.values()].map((each) => each.workspace)
    },
    async inspect({ attemptId }) {
      const found = places.get(attemptId)
      if (found === undefined) return null
      const { workspace, base, files } = found
      const { changed } = mergeFiles(base, files, base)
      const state = workspaceState({
        landed: landings.has(landingKey(attemptId, workspace.fence)),
        merging: held?.trial.workspace.attemptId === attemptId,
        changed: changed.length,
        commits: 0,
        uncommitted: changed.length > 0,
        kept: false,
      })
      return { workspace, state, changed, commits: 0, look: [] }
    },
    kept: async () => [...kept],
    async landed(attemptId, fence) {
      return landings.get(landingKey(attemptId, fence)) ?? null
    },
    async close() {},
  }
}

function landingKey(attemptId: AttemptId, fence: number): string {
  return `${fence} ${attemptId}`
}
