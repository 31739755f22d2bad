import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { WorkspaceProvider } from '@cueline/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  confirmed,
  gitIn,
  never,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

const lines = Array.from({ length: 30 }, (_none, line) => `line ${line}`)
const start = lines.join('\n')

let repository: TestRepository
let provider: WorkspaceProvider
beforeEach(() => {
  repository = testRepository({ 'a.ts': start, 'b.ts': start, 'c.ts': start })
  provider = gitWorkspaces({ repository: repository.folder })
})
afterEach(async () => {
  await provider.close()
  repository.remove()
})

const look = (pairs = 10) => provider.radar?.({ pairs, signal: never }) ?? Promise.resolve([])

async function working(number: number, files: Readonly<Record<string, string | null>>) {
  const workspace = await provider.prepare(requestOf(number), never)
  for (const [path, content] of Object.entries(files)) writeAt(workspace.path, path, content)
  return workspace
}

describe('the conflict radar [X-06, S4-12]', () => {
  it('finds open work that contradicts other open work, with its lines, and no other', async () => {
    await working(1, { 'a.ts': lines.with(15, 'first').with(16, 'first').join('\n') })
    await working(2, { 'a.ts': lines.with(15, 'second').join('\n'), 'b.ts': 'mine' })
    // The same file elsewhere, another file, nothing at all.
    await working(3, { 'a.ts': lines.with(2, 'third').join('\n') })
    await working(4, { 'c.ts': 'other' })
    await working(5, {})
    const found = await look()
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      attempts: ['attempt_1', 'attempt_2'],
      paths: ['a.ts'],
      message: 'a.ts lines 16-17',
    })
    expect(found[0]?.evidence).toContain('second')
  })

  it('finds open work that contradicts what has landed since', async () => {
    await working(1, { 'a.ts': lines.with(4, 'late').join('\n') })
    const early = await working(2, { 'a.ts': lines.with(4, 'early').join('\n') })
    await provider.land(await provider.tryMerge(early, never), confirmed)
    expect(await look()).toMatchObject([
      { attempts: ['attempt_1'], paths: ['a.ts'], message: 'a.ts line 5' },
    ])
    await provider.remove(early)
    expect(await look()).toHaveLength(1)
  })

  it('sees what is committed and what is not, and forgets it when it is taken back', async () => {
    const one = await working(1, { 'a.ts': lines.with(9, 'first').join('\n') })
    const other = await working(2, { 'a.ts': lines.with(9, 'second').join('\n') })
    gitIn(one.path as string, 'add', '-A')
    gitIn(one.path as string, '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', 'x') // prettier-ignore
    expect(await look()).toHaveLength(1)
    writeAt(other.path, 'a.ts', start)
    expect(await look()).toEqual([])
  })

  it('tells of a file that one deletes and the other changes', async () => {
    await working(1, { 'a.ts': null })
    await working(2, { 'a.ts': 'changed' })
    const [found] = await look()
    expect(found?.message).toMatch(/^a\.ts \(CONFLICT \(modify\/delete\): a\.ts/)
  })

  it('compares no more pairs than it may', async () => {
    for (let number = 1; number <= 4; number += 1) await working(number, { 'a.ts': `${number}` })
    expect(await look(2)).toHaveLength(2)
    expect(await look(100)).toHaveLength(6)
    expect(await look(0)).toEqual([])
  })

  it('changes nothing in a workspace, and leaves nothing behind', async () => {
    const one = await working(1, { 'a.ts': 'first', 'new.ts': 'new' })
    await working(2, { 'a.ts': 'second' })
    gitIn(one.path as string, 'add', 'new.ts')
    const state = () => [
      gitIn(one.path as string, 'status', '--porcelain=v2', '--branch'),
      repository.git('for-each-ref'),
      readdirSync(join(repository.folder, '.git', 'cueline')).toSorted(),
    ]
    const before = state()
    expect(await look()).toHaveLength(1)
    expect(state()).toEqual(before)
    const stop = AbortSignal.abort(new Error('enough'))
    await expect(provider.radar?.({ pairs: 1, signal: stop })).rejects.toThrow('enough')
  })
})
