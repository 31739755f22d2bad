import type { AttemptId, TrialMerge, Workspace, WorkspaceProvider } from '@cueline/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  gitIn,
  never,
  pathOf,
  readAt,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

const paths = ['a.txt', 'b.txt', 'deep/c.txt'] as const

type Step =
  | { readonly do: 'prepare' | 'try' | 'land' | 'refuse' | 'abandon' | 'remove' | 'reopen' }
  | { readonly do: 'write'; readonly path: string; readonly content: string | null }
  | { readonly do: 'commit' | 'reset' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(
        'prepare',
        'try',
        'try',
        'land',
        'land',
        'refuse',
        'abandon',
        'remove',
        'reopen',
      )
      .map((name): Step => ({ do: name })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      path: fc.constantFrom(...paths),
      content: fc.option(fc.constantFrom('1\n', '2\n', '3\n')),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ do: 'commit' } as Step, { do: 'reset' } as Step) },
)
const move = fc.record({ who: fc.constantFrom(0, 0, 1), step })

interface Place {
  readonly workspace: Workspace
  trial: TrialMerge | null
  landed: boolean
  /** What the trial had in it. */
  tried: ReadonlyMap<string, string>
  /** The last content that is known to have landed, or that it started from. */
  safe: ReadonlyMap<string, string>
}

/** A repository beside a model of it: what the branch must hold, and what must never be lost. */
class Game {
  readonly #repository: TestRepository
  #provider: WorkspaceProvider
  readonly #places = new Map<number, Place>()
  #serial = 0
  #holder: Place | null = null
  #result: ReadonlyMap<string, string> = new Map()
  readonly #commits: string[] = []
  readonly #tips: string[] = []

  constructor(repository: TestRepository) {
    this.#repository = repository
    this.#provider = gitWorkspaces({ repository: repository.folder })
  }

  async play(who: number, taken: Step): Promise<void> {
    const place = this.#places.get(who)
    if (taken.do === 'reopen') return this.#reopen()
    if (taken.do === 'prepare') {
      if (place === undefined) await this.#prepare(who)
      return
    }
    if (place === undefined) return
    const folder = pathOf(place.workspace)
    if (taken.do === 'write') {
      if (taken.content !== null || readAt(folder, taken.path) !== null) {
        writeAt(folder, taken.path, taken.content)
      }
    } else if (taken.do === 'commit') {
      gitIn(folder, 'add', '-A')
      gitIn(folder, '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-q', '--allow-empty', '-m', 'agent') // prettier-ignore
      this.#commits.push(gitIn(folder, 'rev-parse', 'HEAD').trim())
    } else if (taken.do === 'reset') gitIn(folder, 'reset', '-q', place.workspace.base)
    else if (taken.do === 'try') await this.#try(place)
    else if (taken.do === 'remove') await this.#remove(who, place)
    else await this.#finish(place, taken.do)
  }

  /** The end of every game: all is tidied up, and everything that ever was is still there. */
  async end(): Promise<void> {
    await this.#reopen()
    for (const [who, place] of this.#places) await this.#remove(who, place)
    const { git } = this.#repository
    expect(await this.#provider.list()).toEqual([])
    git('reflog', 'expire', '--expire=now', '--all')
    git('gc', '-q', '--prune=now')
    for (const commit of this.#commits) expect(git('cat-file', '-t', commit).trim()).toBe('commit')
    // The branch only ever went forward, through the commits that landed and no others.
    const firstParents = git('rev-list', '--first-parent', 'main..cueline/main').trim()
    expect(firstParents === '' ? [] : firstParents.split('\n')).toEqual(this.#tips.toReversed())
    expect(git('status', '--porcelain')).toBe('')
  }

  async #prepare(who: number): Promise<void> {
    this.#serial += 1
    const workspace = await this.#provider.prepare(requestOf(this.#serial), never)
    const safe = this.#files(workspace)
    expect(safe).toEqual(this.#result)
    this.#places.set(who, { workspace, trial: null, landed: false, tried: safe, safe })
  }

  async #try(place: Place): Promise<void> {
    // A test that waited for the lease that it holds itself would never end.
    if (this.#holder !== null && this.#holder !== place) return
    this.#holder = null
    const trial = await this.#provider.tryMerge(place.workspace, never)
    place.trial = trial
    place.tried = this.#files(place.workspace)
    if (!trial.ok) return
    this.#holder = place
    const merged = this.#filesAt(trial.path ?? pathOf(place.workspace))
    for (const path of paths) {
      // Whoever changed a path since the common base wins; both is only ever the same change.
      if (trial.changed.includes(path)) {
        expect(place.tried.get(path) === merged.get(path) || merged.has(path)).toBe(true)
      } else expect(merged.get(path)).toBe(this.#resultOrOwn(trial, place, path))
    }
  }

  #resultOrOwn(trial: TrialMerge, place: Place, path: string): string | undefined {
    return trial.ok && trial.path !== undefined ? this.#result.get(path) : place.tried.get(path)
  }

  async #finish(place: Place, how: 'land' | 'refuse' | 'abandon'): Promise<void> {
    const { trial } = place
    if (trial === null) return
    if (how === 'abandon') await this.#provider.abandon(trial)
    else {
      const lost = new Error('the lease is lost')
      const merged = trial.ok ? this.#filesAt(trial.path ?? pathOf(place.workspace)) : null
      const before = this.#repository.git('rev-parse', 'cueline/main').trim()
      const done = await this.#provider
        .land(trial, () => (how === 'refuse' ? Promise.reject(lost) : Promise.resolve()))
        .catch(() => null)
      const after = this.#repository.git('rev-parse', 'cueline/main').trim()
      if (done === null || how === 'refuse') expect(after).toBe(before)
      if (after !== before) {
        this.#tips.push(after)
        // Files written after the trial are not part of what landed.
        this.#result = trial.ok && trial.path !== undefined ? (merged ?? new Map()) : place.tried
        expect(this.#resultFiles()).toEqual(this.#result)
      }
      // An attempt lands once; what it tries afterwards is not in the branch.
      if (done !== null && !place.landed) place.safe = place.tried
      place.landed ||= done !== null
    }
    if (this.#holder === place) this.#holder = null
    place.trial = null
  }

  async #remove(who: number, place: Place): Promise<void> {
    const now = this.#files(place.workspace)
    const { salvaged } = await this.#provider.remove(place.workspace)
    const isSafe = [...paths].every((path) => now.get(path) === place.safe.get(path))
    if (!isSafe) {
      expect(salvaged).not.toBeNull()
      for (const path of paths) {
        expect(this.#repository.show(salvaged as string, path)).toBe(now.get(path) ?? null)
      }
    } else expect(salvaged).toBeNull()
    if (this.#holder === place) this.#holder = null
    this.#places.delete(who)
  }

  /** A new process, after the old one was closed in the middle of whatever it did. */
  async #reopen(): Promise<void> {
    await this.#provider.close()
    this.#provider = gitWorkspaces({ repository: this.#repository.folder })
    this.#holder = null
    for (const place of this.#places.values()) place.trial = null
    const known = new Set((await this.#provider.list()).map(({ attemptId }) => attemptId))
    const wanted = [...this.#places.values()].map(({ workspace }) => workspace.attemptId)
    expect(known).toEqual(new Set<AttemptId>(wanted))
  }

  #files(workspace: Workspace): ReadonlyMap<string, string> {
    return this.#filesAt(pathOf(workspace))
  }

  #filesAt(folder: string): ReadonlyMap<string, string> {
    return found((path) => readAt(folder, path))
  }

  #resultFiles(): ReadonlyMap<string, string> {
    return found((path) => this.#repository.show('cueline/main', path))
  }
}

function found(read: (path: string) => string | null): ReadonlyMap<string, string> {
  return new Map(
    paths.flatMap((path) => {
      const content = read(path)
      return content === null ? [] : [[path, content] as const]
    }),
  )
}

describe('any order of work, merges, failures and restarts [X-06, X-07, X-08]', () => {
  it(
    'brings exactly what landed into the branch and loses nothing',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 8, maxLength: 30 }), async (moves) => {
          const repository = testRepository()
          const game = new Game(repository)
          try {
            for (const { who, step: taken } of moves) await game.play(who, taken)
            await game.end()
          } finally {
            repository.remove()
          }
        }),
        { numRuns: 20 },
      )
    },
  )
})
