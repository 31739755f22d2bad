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

/**
 * What transactions have known of projects, for databases that lock by project. It is true again for
 * whoever holds the lock and finds the project at the same version.
 */
export class KnownProjects {
  readonly #projects = new Map<
    ProjectId,
    { readonly cache: ProjectCache; readonly version: ProjectVersion }
  >()

  /** Gives it away: a transaction changes what it knows, and may be rolled back. */
  take(projectId: ProjectId, version: ProjectVersion): ProjectCache | undefined {
    const known = this.#projects.get(projectId)
    this.#projects.delete(projectId)
    const isTrue =
      known?.version.lastSequence === version.lastSequence &&
      known.version.silentWrites === version.silentWrites &&
      known.version.schema === version.schema &&
      known.version.server === version.server
    return isTrue ? known.cache : undefined
  }

  keep(projectId: ProjectId, cache: ProjectCache, version: ProjectVersion): void {
    cache.prune()
    this.#projects.set(projectId, { cache, version })
    let size = 0
    for (const known of this.#projects.values()) size += known.cache.size
    if (size > mostKept) this.#projects.clear()
  }
}
