import { utimesSync } from 'node:fs'
import { join } from 'node:path'

import type { WorkspaceProvider } from '@cueline/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  gitIn,
  mergeAndLand,
  never,
  pathOf,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

const day = 24 * 60 * 60_000
let repository: TestRepository
let provider: WorkspaceProvider
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n' })
  provider = gitWorkspaces({ repository: repository.folder })
})
afterEach(() => repository.remove())

const refs = () =>
  repository
    .git('for-each-ref', '--format=%(refname)', 'refs/cueline')
    .split('\n')
    .filter((line) => line !== '')

/** As if everything had been written so many days ago. */
function age(days: number): void {
  const then = new Date(Date.now() - days * day)
  for (const ref of refs()) utimesSync(join(repository.folder, '.git', ref), then, then)
}

async function prune(olderThan: number, lastCopies: number | null = null) {
  const request = {
    olderThanMs: olderThan * day,
    lastCopiesOlderThanMs: lastCopies === null ? null : lastCopies * day,
  }
  const found = (await provider.prunable?.(request)) ?? []
  await provider.prune?.(found)
  return found.map(({ name, lastCopy }) => [name.replace('refs/cueline/', ''), lastCopy])
}

/** One attempt that lands, and one whose second claim leaves commits and open work behind. */
async function twoAttempts() {
  const one = await provider.prepare(requestOf(1), never)
  writeAt(one.path, 'a.txt', '1')
  await mergeAndLand(provider, one)
  await provider.remove(one)
  const two = await provider.prepare({ ...requestOf(2), fence: 2 }, never)
  writeAt(two.path, 'b.txt', '1')
  gitIn(pathOf(two), 'add', '-A')
  gitIn(pathOf(two), '-c', 'user.name=A', '-c', 'user.email=a@e', 'commit', '-qm', 'mine')
  writeAt(two.path, 'b.txt', '2')
  await provider.abandon(await provider.tryMerge(two, never))
  await provider.remove(two)
}

describe('old records of the repository [X-07]', () => {
  it('go by their age, and work that nothing else names stays', async () => {
    await twoAttempts()
    expect(refs()).toEqual([
      'refs/cueline/commits/attempt_2',
      'refs/cueline/landed/attempt_1-1',
      'refs/cueline/salvage/attempt_2',
      'refs/cueline/superseded/order_2-1',
      'refs/cueline/tried/attempt_2',
    ])
    age(29)
    expect(await prune(30)).toEqual([])
    age(31)
    // What was tried is in what was salvaged; what has landed is on the branch.
    expect(await prune(30)).toEqual([
      ['tried/attempt_2', false],
      ['landed/attempt_1-1', false],
      ['superseded/order_2-1', false],
    ])
    expect(refs()).toEqual(['refs/cueline/commits/attempt_2', 'refs/cueline/salvage/attempt_2'])
  })

  it('take kept work along only from the age that is said for it', async () => {
    await twoAttempts()
    age(100)
    await prune(30, 101)
    expect(refs()).toEqual(['refs/cueline/commits/attempt_2', 'refs/cueline/salvage/attempt_2'])
    age(102)
    expect(await prune(30, 101)).toEqual([
      ['salvage/attempt_2', true],
      ['commits/attempt_2', true],
    ])
    expect(refs()).toEqual([])
  })

  it('leave kept work to its branch, once somebody has made one of it', async () => {
    await twoAttempts()
    await provider.restore?.({ name: 'refs/cueline/salvage/attempt_2', branch: 'rescue' })
    age(31)
    const gone = await prune(30)
    expect(gone).toContainEqual(['salvage/attempt_2', false])
    expect(repository.show('rescue', 'b.txt')).toBe('2')
    expect(refs()).toContain('refs/cueline/commits/attempt_2')
  })

  it('stay where the branch was taken back, since nothing else names what had landed', async () => {
    await twoAttempts()
    repository.git('update-ref', 'refs/heads/cueline/main', 'main')
    age(31)
    expect(await prune(30)).not.toContainEqual(['landed/attempt_1-1', false])
    expect(refs()).toContain('refs/cueline/landed/attempt_1-1')
  })

  it('are told with the time they were written, in whole milliseconds', async () => {
    await twoAttempts()
    for (const ref of refs()) {
      utimesSync(join(repository.folder, '.git', ref), 1_700_000_000.123_4, 1_700_000_000.123_4)
    }
    const request = { olderThanMs: 0, lastCopiesOlderThanMs: 0 }
    const found = (await provider.prunable?.(request)) ?? []
    expect(found.map(({ keptAt }) => keptAt)).toEqual(found.map(() => 1_700_000_000_123))
    expect(found).not.toEqual([])
  })

  it('of work that stands, and of its claims, are not touched', async () => {
    await provider.prepare({ ...requestOf(3), fence: 4 }, never)
    age(400)
    expect(await prune(30, 30)).toEqual([])
    expect(refs()).toHaveLength(3)
  })

  it('count as new when git has packed them just now, since nobody noted their age', async () => {
    await twoAttempts()
    age(400)
    repository.git('pack-refs', '--all')
    expect(await prune(30, 30)).toEqual([])
    const then = new Date(Date.now() - 31 * day)
    utimesSync(join(repository.folder, '.git', 'packed-refs'), then, then)
    expect(await prune(30, 30)).toHaveLength(5)
    expect(refs()).toEqual([])
  })

  it('that have moved since they were named stay, and the others go', async () => {
    await twoAttempts()
    age(31)
    const request = { olderThanMs: 30 * day, lastCopiesOlderThanMs: null }
    const found = (await provider.prunable?.(request)) ?? []
    repository.git('update-ref', 'refs/cueline/tried/attempt_2', 'main')
    await provider.prune?.(found)
    expect(refs()).toContain('refs/cueline/tried/attempt_2')
    expect(refs()).not.toContain('refs/cueline/superseded/order_2-1')
  })

  it('go by themselves when the repository is opened, where the host says so', async () => {
    await twoAttempts()
    age(8)
    const next = gitWorkspaces({ repository: repository.folder, keepRecordsDays: 7 })
    expect(await next.list()).toEqual([])
    expect(refs()).toEqual(['refs/cueline/commits/attempt_2', 'refs/cueline/salvage/attempt_2'])
    expect(() => gitWorkspaces({ repository: '.', keepRecordsDays: -1 })).toThrow(
      'keepRecordsDays is -1',
    )
  })
})
