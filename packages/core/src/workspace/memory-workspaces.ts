import { CuelineError } from '../error.ts'
import type { AttemptId, WorkOrderId } from '../id.ts'
import { builtUponLost, contradictingBases, givenUpBase } from './base-work.ts'
import { mergeFiles } from './merge-files.ts'
import { workspaceState } from './workspace-state.ts'
import type {
  BaseWork,
  KeptWork,
  Landed,
  TriedWork,
  TrialMerge,
  Workspace,
  WorkspaceProvider,
} from './workspace.ts'

export interface MemoryWorkspaces extends WorkspaceProvider {
  /** What has landed so far: content by path. */
  readonly result: ReadonlyMap<string, string>
  /** The files of an attempt's workspace, to read and change. */
  files(attemptId: AttemptId): Map<string, string>
  /** The merged files of an attempt's trial, where gates judge. */
  trial(attemptId: AttemptId): ReadonlyMap<string, string>
  /** Unmerged files that `remove` kept, by the name it told. */
  readonly salvage: ReadonlyMap<string, ReadonlyMap<string, string>>
}

interface Place {
  readonly workspace: Workspace
  readonly workOrderId: WorkOrderId
  /** Whose work it was built upon before that had landed. */
  readonly upon: readonly BaseWork[]
  base: ReadonlyMap<string, string>
  readonly files: Map<string, string>
}

interface Held {
  readonly trial: TrialMerge
  /** Counts landings; what the trial was made with. */
  readonly generation: number
  readonly merged: ReadonlyMap<string, string>
  /** What each workspace held when it was tried; later writes are not landed. */
  readonly works: readonly {
    readonly tried: TriedWork
    readonly files: ReadonlyMap<string, string>
  }[]
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
  let result: ReadonlyMap<string, string> = new Map(initial)
  let generation = 0
  const held = new Map<AttemptId, Held>()
  /** The highest fence of each work order that may land nothing any more. */
  const superseded = new Map<WorkOrderId, number>()

  const place = (attemptId: AttemptId): Place => {
    const found = places.get(attemptId)
    if (found !== undefined) return found
    throw new CuelineError('not-found', `There is no workspace of attempt ${attemptId}.`, {
      details: { attemptId },
    })
  }
  const free = (trial: TrialMerge) => {
    const { attemptId } = trial.workspace
    if (held.get(attemptId)?.trial === trial) held.delete(attemptId)
  }

  /** What has landed, with the work of these, and of those they are built upon, in it. */
  const baseUpon = (upon: readonly BaseWork[]): ReadonlyMap<string, string> => {
    const all = new Map<AttemptId, Place>()
    for (let level = upon; level.length > 0;) {
      const next = new Map<AttemptId, BaseWork>()
      for (const { attemptId, fence, code } of level) {
        if (hasLanded(attemptId, fence)) continue
        const found = places.get(attemptId)
        if (found === undefined) throw givenUpBase(code)
        // Whatever is built upon it came before: it has to be behind that.
        all.delete(attemptId)
        all.set(attemptId, found)
        for (const each of found.upon) next.set(each.attemptId, each)
      }
      level = [...next.values()]
    }
    let base = result
    for (const found of [...all.values()].toReversed()) {
      const { conflicts, merged } = mergeFiles(found.base, found.files, base)
      if (conflicts.length > 0) throw contradictingBases(conflicts)
      base = merged
    }
    return base
  }
  const hasLanded = (attemptId: AttemptId, fence: number) =>
    landings.has(landingKey(attemptId, fence))

  const tryAll = async (
    workspaces: readonly Workspace[],
    signal: AbortSignal,
  ): Promise<TrialMerge> => {
    signal.throwIfAborted()
    const last = workspaces.at(-1)
    if (last === undefined) throw new CuelineError('invalid-input', 'A group has no attempts.')
    held.delete(last.attemptId)
    const works: Held['works'][number][] = []
    let merged = result
    for (const workspace of workspaces) {
      const { base, files, upon } = place(workspace.attemptId)
      const lost = upon.filter(({ attemptId, fence }) => {
        return !hasLanded(attemptId, fence) && !places.has(attemptId)
      })
      if (lost.length > 0) {
        return { ok: false, workspace, conflicts: [], message: builtUponLost(lost) }
      }
      const found = mergeFiles(base, files, merged)
      const { changed, conflicts, differs } = found
      if (conflicts.length > 0) {
        const message = `${conflicts.join(', ')} changed in this attempt and in the result meanwhile.`
        return { ok: false, workspace, conflicts, changed, message }
      }
      const contents = contentsOf(changed, files)
      works.push({ tried: { workspace, changed, differs, contents }, files: new Map(files) })
      merged = found.merged
    }
    const group = works.map(({ tried }) => tried)
    const alone = { ...(group.at(-1) as TriedWork), ok: true } as const
    const trial = group.length === 1 ? alone : { ...alone, group }
    held.set(last.attemptId, { trial, generation, merged, works })
    return trial
  }

  return {
    name: 'memory',
    merges: true,
    stacks: true,
    get result() {
      return result
    },
    salvage,
    files: (attemptId) => place(attemptId).files,
    trial(attemptId) {
      const mine = held.get(attemptId)
      if (mine !== undefined) return mine.merged
      throw new CuelineError('not-found', `Attempt ${attemptId} has no merge trial.`)
    },
    async prepare({ attemptId, workOrderId, fence, upon = [] }, signal) {
      signal.throwIfAborted()
      if (places.has(attemptId)) {
        throw new CuelineError(
          'conflict',
          `Attempt ${attemptId} has a workspace already; remove it before preparing a fresh one.`,
          { details: { attemptId } },
        )
      }
      const base = baseUpon(upon)
      const before = superseded.get(workOrderId) ?? 0
      superseded.set(workOrderId, Math.max(before, fence - 1))
      const workspace = { attemptId, fence, base: `result-${generation}` }
      places.set(attemptId, { workspace, workOrderId, upon, base, files: new Map(base) })
      return workspace
    },
    mergeTarget: async () => 'memory',
    tryMerge: (workspace, signal) => tryAll([workspace], signal),
    tryMergeGroup: (workspaces, signal) => tryAll(workspaces, signal),
    async land(trial, confirm) {
      const { attemptId, fence } = trial.workspace
      const before = landings.get(landingKey(attemptId, fence))
      if (before !== undefined) {
        free(trial)
        if (!trial.ok || trial.group === undefined) return before
        const group = trial.group.map(({ workspace: each }) => {
          return landings.get(landingKey(each.attemptId, each.fence)) ?? before
        })
        return { ...before, group }
      }
      const mine = held.get(attemptId)
      if (mine?.trial !== trial) throw givenUp(attemptId)
      try {
        await confirm()
        if (held.get(attemptId) !== mine) throw givenUp(attemptId)
        for (const { tried } of mine.works) {
          const { attemptId: id, fence: claimed } = tried.workspace
          if (claimed > (superseded.get(place(id).workOrderId) ?? 0)) continue
          throw new CuelineError(
            'conflict',
            `A later claim has got the work of attempt ${id}; nothing was landed. Nothing is to be done: that one lands it.`,
            { retryable: true, details: { attemptId: id } },
          )
        }
        if (mine.generation !== generation) {
          throw new CuelineError(
            'conflict',
            `Something else has landed since the trial of attempt ${attemptId}; nothing was landed. Try the merge again.`,
            { retryable: true, details: { attemptId } },
          )
        }
        result = mine.merged
        const group = mine.works.map(({ tried: { workspace, changed }, files }) => {
          place(workspace.attemptId).base = files
          generation += 1
          const landed = { merged: `result-${generation}`, changed }
          landings.set(landingKey(workspace.attemptId, workspace.fence), landed)
          return landed
        })
        const landed = group.at(-1) as Landed
        return group.length === 1 ? landed : { ...landed, group }
      } finally {
        free(trial)
      }
    },
    async abandon(trial) {
      free(trial)
    },
    async remove({ attemptId }) {
      const found = places.get(attemptId)
      if (found === undefined) return { salvaged: null, gone: true }
      held.delete(attemptId)
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
        merging: [...held.values()].some(({ works }) =>
          works.some(({ tried }) => tried.workspace.attemptId === attemptId),
        ),
        changed: changed.length,
        commits: 0,
        uncommitted: changed.length > 0,
        kept: false,
      })
      const contents = contentsOf(changed, files)
      return { workspace, state, changed, contents, commits: 0, look: [] }
    },
    kept: async () => [...kept],
    async landed(attemptId, fence) {
      return landings.get(landingKey(attemptId, fence)) ?? null
    },
    async close() {},
  }
}

function givenUp(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'refused',
    `The trial of attempt ${attemptId} was given up; call tryMerge again.`,
    { details: { attemptId } },
  )
}

function contentsOf(
  changed: readonly string[],
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map(changed.map((path) => [path, files.get(path) ?? 'deleted']))
}

function landingKey(attemptId: AttemptId, fence: number): string {
  return `${fence} ${attemptId}`
}
