import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  confirmed,
  never,
  readAt,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'a.txt': '1\n2\n3\n' })
})
afterEach(() => repository.remove())

const open = () => gitWorkspaces({ repository: repository.folder })
const lines = (...args: string[]) => repository.git(...args).split('\n').filter((line) => line !== '') // prettier-ignore

const trailer = (name: string) => `--format=%(trailers:key=Cueline-${name},valueonly,separator=)`

describe('a group in a git repository [X-06]', () => {
  it('lands each of it by a merge of its own, in order, by one move of the branch', async () => {
    const provider = open()
    const works = [1, 2, 3].map((number) => provider.prepare(requestOf(number), never))
    const workspaces = await Promise.all(works)
    for (const [at, { path }] of workspaces.entries()) writeAt(path, `${at}.txt`, 'work')
    const trial = await provider.tryMergeGroup?.(workspaces, never)
    if (trial?.ok !== true) throw new Error('They do not contradict each other.')
    const landed = await provider.land(trial, confirmed)
    const commits = lines('log', '--first-parent', '--reverse', '--format=%H', 'main..cueline/main')
    expect(landed.group?.map(({ merged }) => merged)).toEqual(commits)
    const of = ['log', '--first-parent', '--reverse', 'main..cueline/main']
    expect(lines(...of, trailer('Task'))).toEqual(['T1', 'T2', 'T3'])
    expect(lines(...of, trailer('Attempt'))).toEqual(workspaces.map((each) => each.attemptId))
    expect(lines('reflog', 'show', '--format=%H', 'cueline/main')).toHaveLength(2)
    expect(landed.group?.map(({ changed }) => changed)).toEqual([['0.txt'], ['1.txt'], ['2.txt']])
    for (const each of workspaces) await provider.remove(each)
    await provider.close()
  })
})

describe('work that is built upon other work, in a git repository [X-05]', () => {
  it('lands as one commit, by which nothing of what it was built upon is in the history', async () => {
    const provider = open()
    const parent = await provider.prepare(requestOf(1), never)
    writeAt(parent.path, 'a.txt', '1\n2 by the parent\n3\n')
    const { attemptId, fence } = parent
    const upon = [{ attemptId, fence, code: 'T1' }]
    const child = await provider.prepare({ ...requestOf(2), upon }, never)
    expect(readAt(child.path, 'a.txt')).toBe('1\n2 by the parent\n3\n')
    writeAt(child.path, 'a.txt', '1\n2 by the parent, and the child\n3\n')
    // What lands in the end is not what the child has seen.
    writeAt(parent.path, 'b.txt', 'late')
    for (const each of [parent, child]) {
      const trial = await provider.tryMerge(each, never)
      await provider.land(trial, confirmed)
      await provider.remove(each)
    }
    expect(repository.show('cueline/main', 'a.txt')).toBe('1\n2 by the parent, and the child\n3\n')
    expect(repository.show('cueline/main', 'b.txt')).toBe('late')
    const [tip] = lines('rev-list', '--parents', '--max-count=1', 'cueline/main')
    expect(tip?.split(' ')).toHaveLength(2)
    expect(lines('rev-list', 'cueline/main').filter((commit) => commit === child.base)).toEqual([])
    await provider.close()
  })

  it('comes back with the lines where what has landed in its place is something else', async () => {
    const provider = open()
    const parent = await provider.prepare(requestOf(1), never)
    writeAt(parent.path, 'a.txt', '1\n2 by the parent\n3\n')
    const { attemptId, fence } = parent
    const upon = [{ attemptId, fence, code: 'T1' }]
    const child = await provider.prepare({ ...requestOf(2), upon }, never)
    writeAt(child.path, 'a.txt', '1\n2 by the child\n3\n')
    writeAt(parent.path, 'a.txt', '1\n2 in the end\n3\n')
    await provider.land(await provider.tryMerge(parent, never), confirmed)
    const trial = await provider.tryMerge(child, never)
    if (trial.ok) throw new Error('They contradict each other.')
    expect(trial.conflicts).toEqual(['a.txt'])
    expect(trial.evidence).toContain('2 in the end')
    expect(trial.evidence).toContain('2 by the child')
    for (const each of [parent, child]) await provider.remove(each)
    await provider.close()
  })

  it('stands on all that its base is built upon, once each, also in another process', async () => {
    const provider = open()
    const prepare = async (number: number, on: readonly number[]) => {
      const upon = on.map((each) => {
        const { attemptId, fence, code } = requestOf(each)
        return { attemptId, fence, code }
      })
      const workspace = await provider.prepare({ ...requestOf(number), upon }, never)
      writeAt(workspace.path, `${number}.txt`, 'work')
      return workspace
    }
    await prepare(1, [])
    await prepare(2, [1])
    await prepare(3, [1])
    const top = await prepare(4, [2, 3])
    for (const name of ['1.txt', '2.txt', '3.txt']) expect(readAt(top.path, name)).toBe('work')
    const other = open()
    expect((await other.inspect(top))?.changed).toEqual(['4.txt'])
    expect(await other.radar?.({ pairs: 50, signal: never })).toEqual([])
    for (const each of await other.list()) await other.remove(each)
    await provider.close()
    await other.close()
  })
})
