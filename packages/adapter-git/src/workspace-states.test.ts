import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { workspaceTransitions, type WorkspaceState } from '@cueline/core'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import { keepCommits } from './kept-commits.ts'
import { readManifest } from './manifest.ts'
import { openRepository } from './repository.ts'
import { salvage } from './salvage.ts'
import {
  confirmed,
  gitIn,
  never,
  pathOf,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n', '.gitignore': 'secret\n' })
})
afterEach(() => repository.remove())

const open = () => gitWorkspaces({ repository: repository.folder })
const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.org']

function commitIn(folder: string, path: string, content: string): string {
  writeAt(folder, path, content)
  gitIn(folder, 'add', '-A')
  gitIn(folder, ...author, 'commit', '-q', '--allow-empty', '-m', `Write ${path}`)
  return gitIn(folder, 'rev-parse', 'HEAD').trim()
}

describe('the state of a worktree [X-07, S4-10]', () => {
  it('can be asked for at every moment of its removal', { timeout: 60_000 }, async () => {
    const provider = open()
    for (let round = 1; round <= 6; round += 1) {
      const workspace = await provider.prepare(requestOf(round), never)
      writeAt(workspace.path, 'a.txt', '1')
      let done = false
      const look = async () => {
        while (!done) await provider.inspect(workspace)
      }
      const looks = Promise.all([look(), look(), look()])
      await Promise.all([provider.remove(workspace).finally(() => (done = true)), looks])
      expect(await provider.inspect(workspace)).toBeNull()
    }
  })

  it('tells commits from what is not committed yet, on whatever branch the agent is', async () => {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    const folder = pathOf(workspace)
    gitIn(folder, 'checkout', '-qb', 'by-the-agent')
    commitIn(folder, 'a.txt', '1')
    commitIn(folder, 'b.txt', '1')
    expect(await provider.inspect(workspace)).toMatchObject({
      state: 'committed',
      changed: ['a.txt', 'b.txt'],
      commits: 2,
      branch: 'cueline/attempt/t1-attempt_1',
      workspace: { path: folder, base: workspace.base },
    })
    writeAt(folder, 'b.txt', '2')
    expect((await provider.inspect(workspace))?.state).toBe('dirty')
    expect((await provider.inspect(workspace))?.look[1]).toBe(
      `git -C ${folder} diff ${workspace.base.slice(0, 12)}`,
    )
  })

  it('changes nothing in it: neither its index, nor its files, nor what it has staged', async () => {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    const folder = pathOf(workspace)
    writeAt(folder, 'staged.txt', '1')
    gitIn(folder, 'add', 'staged.txt')
    writeAt(folder, 'other.txt', '1')
    const before = gitIn(folder, 'status', '--porcelain=v2', '--branch')
    expect((await provider.inspect(workspace))?.changed).toEqual(['other.txt', 'staged.txt'])
    expect(gitIn(folder, 'status', '--porcelain=v2', '--branch')).toBe(before)
  })

  it('is salvaged when a removal was cut off after keeping the work, until more is done', async () => {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    writeAt(workspace.path, 'a.txt', '1')
    const { folder } = repository
    const place = await openRepository({ repository: folder, branch: 'cueline/main', from: 'HEAD' })
    const manifest = await readManifest(place, workspace.attemptId)
    if (manifest === null) throw new Error('The workspace must be known.')
    await salvage(place, manifest)
    expect((await provider.inspect(workspace))?.state).toBe('salvaged')
    writeAt(workspace.path, 'a.txt', '2')
    expect((await provider.inspect(workspace))?.state).toBe('dirty')
  })

  it('is told of a worktree whose folder somebody has deleted', async () => {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    rmSync(pathOf(workspace), { recursive: true })
    expect(await provider.inspect(workspace)).toMatchObject({ state: 'fresh', look: [] })
    expect(await provider.remove(workspace)).toEqual({ salvaged: null })
  })

  it('only ever follows from the one before as the table says', { timeout: 120_000 }, async () => {
    const step = fc.constantFrom('write', 'commit', 'undo', 'try', 'land', 'abandon')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        const provider = open()
        const workspace = await provider.prepare(requestOf(1), never)
        const folder = pathOf(workspace)
        let state: WorkspaceState = 'fresh'
        const move = async () => {
          const next: WorkspaceState = (await provider.inspect(workspace))?.state ?? 'removed'
          if (next !== state) expect(workspaceTransitions[state]).toContain(next)
          state = next
        }
        let trial: Awaited<ReturnType<typeof provider.tryMerge>> | null = null
        for (const [at, each] of steps.entries()) {
          if (each === 'write') writeAt(folder, 'a.txt', `${at}`)
          if (each === 'commit') commitIn(folder, 'b.txt', `${at}`)
          if (each === 'undo') gitIn(folder, 'checkout', '-q', '--', '.')
          if (each === 'try') trial = await provider.tryMerge(workspace, never)
          if (each === 'abandon' && trial !== null) await provider.abandon(trial)
          if (each === 'land' && trial?.ok) await provider.land(trial, confirmed).catch(() => {})
          await move()
        }
        const last = await provider.inspect(workspace)
        const { salvaged } = await provider.remove(workspace)
        // Either nothing would be lost, or it was kept before the workspace was gone.
        if (last !== null && last.changed.length > 0) expect(salvaged).not.toBeNull()
        const kinds = (await provider.kept()).map(({ kind }) => kind)
        if (last !== null && last.commits > 0) expect(kinds).toContain('commits')
        expect(await provider.inspect(workspace)).toBeNull()
        for (const ref of ['salvage', 'commits']) {
          repository.git('update-ref', '-d', `refs/cueline/${ref}/attempt_1`)
        }
        await provider.close()
      }),
      { numRuns: 12 },
    )
  })
})

describe('work that is kept [X-07]', () => {
  async function unmerged(number: number, code?: string) {
    const provider = open()
    const workspace = await provider.prepare(requestOf(number, code), never)
    return { provider, workspace, folder: pathOf(workspace) }
  }

  it('comes back as a branch, and nothing of the checkout changes', async () => {
    const { provider, workspace } = await unmerged(1, 'T1 "quoted"')
    writeAt(workspace.path, 'a.txt', 'unmerged\n')
    const { salvaged } = await provider.remove(workspace)
    const [kept] = await provider.kept()
    expect(kept).toMatchObject({ attemptId: workspace.attemptId, kind: 'salvage', name: salvaged })
    expect(kept?.keptAt).toBeGreaterThan(Date.now() - 600_000)
    const before = repository.git('status', '--porcelain=v2', '--branch')
    const restored = await provider.restore?.({ name: salvaged as string })
    expect(restored).toMatchObject({ branch: 'cueline/restored/t1-quoted-attempt_1', others: [] })
    expect(repository.show('cueline/restored/t1-quoted-attempt_1', 'a.txt')).toBe('unmerged\n')
    expect(repository.git('status', '--porcelain=v2', '--branch')).toBe(before)
    // It stays kept.
    expect(await provider.kept()).toHaveLength(1)
  })

  it('is never replaced by what another process finds of a workspace that is half removed', async () => {
    const { workspace, folder } = await unmerged(1)
    commitIn(folder, 'committed.txt', '1')
    writeAt(folder, 'a.txt', 'whole')
    writeAt(folder, 'b.txt', 'whole')
    const place = await openRepository({
      repository: repository.folder,
      branch: 'cueline/main',
      from: 'HEAD',
    })
    const manifest = await readManifest(place, workspace.attemptId)
    if (manifest === null) throw new Error('The workspace must be known.')
    const first = await salvage(place, manifest)
    expect(await salvage(place, manifest)).toBe(first)
    rmSync(join(folder, 'a.txt'))
    expect(await salvage(place, manifest)).toBe(`${first}.2`)
    expect(repository.show(first as string, 'a.txt')).toBe('whole')
    const commits = await keepCommits(place, manifest)
    rmSync(join(manifest.gitFolder as string, 'logs'), { recursive: true })
    gitIn(folder, 'checkout', '-q', '--detach', workspace.base)
    gitIn(folder, 'branch', '-q', '-f', 'cueline/attempt/t1-attempt_1', workspace.base)
    commitIn(folder, 'other.txt', '1')
    await keepCommits(place, manifest)
    expect(repository.git('log', '--format=%s', commits as string)).toContain('committed.txt')
  })

  it('refuses a branch that is there, and a name that cannot be one', async () => {
    const { provider, workspace } = await unmerged(1)
    writeAt(workspace.path, 'a.txt', '1')
    const { salvaged } = await provider.remove(workspace)
    const name = salvaged as string
    for (const branch of ['main', 'main/deeper']) {
      await expect(provider.restore?.({ name, branch })).rejects.toMatchObject({ code: 'conflict' })
    }
    expect(repository.git('log', '-1', '--format=%s', 'main').trim()).toBe('start')
    for (const branch of ['--force', 'a..b', 'a b', '', 'x\ny']) {
      await expect(provider.restore?.({ name, branch }), branch).rejects.toMatchObject({
        code: 'invalid-input',
      })
    }
    await expect(provider.restore?.({ name: 'refs/heads/main' })).rejects.toThrow(
      /Nothing is kept as "refs\/heads\/main"/,
    )
  })

  it('gives the newest of several ends of history a branch and names the others', async () => {
    const { provider, workspace, folder } = await unmerged(1)
    const first = commitIn(folder, 'first.txt', '1')
    gitIn(folder, 'reset', '-q', '--hard', workspace.base)
    const second = commitIn(folder, 'second.txt', '1')
    gitIn(folder, 'reset', '-q', '--hard', workspace.base)
    expect(await provider.remove(workspace)).toEqual({ salvaged: null })
    const [kept] = await provider.kept()
    expect(kept?.kind).toBe('commits')
    const restored = await provider.restore?.({ name: kept?.name ?? '', branch: 'rescue' })
    expect(restored?.branch).toBe('rescue')
    expect(new Set([restored?.commit, ...(restored?.others ?? [])])).toEqual(
      new Set([first, second]),
    )
  })
})
