import type { ProjectId } from '@cueline/core'

import type { ProjectCache } from './row-cache.ts'

/** What a project is at when nothing has been written to it since. */
export interface ProjectVersion {
  readonly lastSequence: number
  readonly silentWrites: number
  /** Migrations rewrite rows without a word in the log. */
  readonly schema: number
  /** Another server may have lost the last commits of this one, and have counted on from there. */
  readonly server: string
}

/** Rows and lists that are kept between transactions, at most. */
export const mostKept = 50_000
/** What a project weighs of which hardly anything is known, in rows. */
const emptyProject = 16

/** After this many transactions in a row to which nobody else has written, at most, it is trusted. */
const mostPatience = 64
/** Projects of which it is remembered how far they can be trusted. */
const mostTrusted = 1_000

export interface KnownProject {
  readonly cache: ProjectCache
  readonly version: ProjectVersion
}

/** How likely it is that what is known of a project is still true. */
interface Trust {
  /** Transactions in a row that found it to be true. */
  found: number
  /** How many of them it takes. */
  patience: number
}

/**
 * What transactions have known of projects, for databases that lock by project. It is true again for
 * whoever holds the lock and finds the project at the same version.
 */
export class KnownProjects {
  readonly #projects = new Map<ProjectId, KnownProject & { readonly size: number }>()
  /** Of all of them together. */
  #size = 0
  readonly #trust = new Map<ProjectId, Trust>()

  /** Gives it away: a transaction changes what it knows, and may be rolled back. */
  take(projectId: ProjectId, version: ProjectVersion): ProjectCache | undefined {
    const known = this.#projects.get(projectId)
    this.#forget(projectId)
    const isTrue =
      known?.version.lastSequence === version.lastSequence &&
      known.version.silentWrites === version.silentWrites &&
      known.version.schema === version.schema &&
      known.version.server === version.server
    const trust = this.#trustIn(projectId)
    trust.found = isTrue ? trust.found + 1 : 0
    return isTrue ? known.cache : undefined
  }

  /** Gives away, unseen, what is most likely true; undefined where somebody else often writes. */
  trusted(projectId: ProjectId): KnownProject | undefined {
    const known = this.#projects.get(projectId)
    if (known === undefined) return undefined
    const trust = this.#trustIn(projectId)
    if (trust.found < trust.patience) return undefined
    this.#forget(projectId)
    return known
  }

  /** What was trusted was true. */
  confirm(projectId: ProjectId): void {
    const trust = this.#trustIn(projectId)
    trust.patience = Math.max(1, trust.patience / 2)
  }

  /** What was trusted was not true: it takes longer until it is trusted again. */
  distrust(projectId: ProjectId): void {
    const trust = this.#trustIn(projectId)
    trust.patience = Math.min(2 * trust.patience, mostPatience)
    trust.found = 0
  }

  keep(projectId: ProjectId, cache: ProjectCache, version: ProjectVersion): void {
    cache.prune()
    this.#forget(projectId)
    const size = emptyProject + cache.size
    if (this.#size + size > mostKept) {
      this.#projects.clear()
      this.#size = 0
    }
    // One that is as large as that alone is read anew each time.
    if (size > mostKept) return
    this.#projects.set(projectId, { cache, version, size })
    this.#size += size
  }

  #forget(projectId: ProjectId): void {
    this.#size -= this.#projects.get(projectId)?.size ?? 0
    this.#projects.delete(projectId)
  }

  #trustIn(projectId: ProjectId): Trust {
    let trust = this.#trust.get(projectId)
    if (trust === undefined) {
      if (this.#trust.size >= mostTrusted) this.#trust.clear()
      trust = { found: 0, patience: 1 }
      this.#trust.set(projectId, trust)
    }
    return trust
  }
}
