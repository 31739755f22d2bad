import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { workspaceSuite } from '@cueline/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitSubjects } from './fixtures/contract-subject.ts'
import { gitWorkspaces } from './git-workspaces.ts'
import {
  gitIn,
  mergeAndLand,
  never,
  pathOf,
  readAt,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

describe('workspaces in lanes of git worktrees [X-14, X-07]', () => {
  workspaceSuite(
    { describe, it, fails: it.fails },
    gitSubjects((repository) => gitWorkspaces({ repository, policy: 'lane' })),
  )
})

const ignored = 'node_modules/\n.ran\n'
let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'a.txt': '1\n', '.gitignore': ignored })
})
afterEach(() => repository.remove())

const count = "require('node:fs').appendFileSync('.ran', process.env.CUELINE_SLUG + '\\n')"
const setup = { run: [[process.execPath, '-e', count]] }
const open = (given: Partial<Parameters<typeof gitWorkspaces>[0]> = {}) =>
  gitWorkspaces({ repository: repository.folder, policy: 'lane', setup, ...given })

/** What git says in a workspace, and the files that are in it. */
const stateOf = (path: string) => [
  gitIn(path, 'status', '--porcelain'),
  gitIn(path, 'rev-parse', 'HEAD').trim(),
  readdirSync(path).toSorted(),
]

describe('a lane [S4-03, X-05, X-07]', () => {
  it('is set up once, and keeps what git ignores from one attempt to the next, and nothing else', async () => {
    const provider = open()
    const first = await provider.prepare(requestOf(1), never)
    writeAt(first.path, 'node_modules/tool/index.js', 'tool')
    writeAt(first.path, 'gone.txt', 'landed, then deleted')
    writeAt(first.path, 'a.txt', '2\n')
    gitIn(pathOf(first), 'checkout', '-q', '-b', 'elsewhere')
    await mergeAndLand(provider, first)
    writeAt(first.path, 'late.txt', 'not landed')
    const { salvaged } = await provider.remove(first)
    expect(repository.show(salvaged ?? '', 'late.txt')).toBe('not landed')
    expect(existsSync(pathOf(first))).toBe(false)
    expect(await provider.list()).toEqual([])
    expect(repository.git('worktree', 'list').trim().split('\n')).toHaveLength(1)

    const second = await provider.prepare(requestOf(2), never)
    expect(second.path).toBe(first.path)
    const files = ['.git', '.gitignore', '.ran', 'a.txt', 'gone.txt', 'node_modules']
    expect(stateOf(pathOf(second))).toEqual(['', second.base, files])
    expect(readAt(second.path, 'node_modules/tool/index.js')).toBe('tool')
    expect(readAt(second.path, 'a.txt')).toBe('2\n')
    expect(readAt(second.path, '.ran')?.trim().split('\n')).toEqual([second.env?.CUELINE_SLUG])
    expect(second.env?.CUELINE_SLUG).toBe(first.env?.CUELINE_SLUG)
    expect((await provider.inspect(second))?.state).toBe('fresh')
    writeAt(second.path, 'gone.txt', null)
    await mergeAndLand(provider, second)
    await provider.remove(second)
    const third = await open().prepare(requestOf(3), never)
    expect(existsSync(join(pathOf(third), 'gone.txt'))).toBe(false)
    await open().remove(third)
  })

  it('is told while it is parked, and is made anew where somebody has deleted it', async () => {
    const provider = open()
    expect(await provider.parked?.()).toEqual([])
    const [first, second] = [
      await provider.prepare(requestOf(1), never),
      await provider.prepare(requestOf(2), never),
    ]
    expect(await provider.parked?.()).toEqual([])
    await provider.remove(second)
    await provider.remove(first)
    const parked = (await open().parked?.()) ?? []
    expect(parked).toEqual(
      [first, second].map(({ path, attemptId }, at) => ({
        lane: `lane-${at + 1}`,
        path: `${path}.parked`,
        attemptId,
        parkedAt: expect.any(Number) as number,
      })),
    )
    for (const { path, parkedAt } of parked) {
      expect(existsSync(path)).toBe(true)
      expect(Number.isInteger(parkedAt)).toBe(true)
    }

    rmSync(parked[0]?.path ?? '', { recursive: true })
    expect((await provider.parked?.())?.map(({ lane }) => lane)).toEqual(['lane-2'])
    const third = await provider.prepare(requestOf(3), never)
    expect(third.path).toBe(first.path)
    expect(readAt(third.path, '.ran')?.trim().split('\n')).toEqual([third.env?.CUELINE_SLUG])
  })

  it('lets nothing through that only the attempt before had ignored', async () => {
    const provider = open()
    const first = await provider.prepare(requestOf(1), never)
    writeAt(first.path, '.gitignore', `${ignored}secret.txt\n`)
    writeAt(first.path, 'secret.txt', 'never to land')
    await provider.remove(first)
    const second = await provider.prepare(requestOf(2), never)
    expect(readAt(second.path, 'secret.txt')).toBeNull()
    expect((await provider.inspect(second))?.changed).toEqual([])
    await provider.remove(second)
  })

  it('salvages what somebody still writes when the attempt is over', async () => {
    const provider = open()
    const first = await provider.prepare(requestOf(1), never)
    await provider.remove(first)
    writeAt(`${pathOf(first)}.parked`, 'left-over.txt', 'from a program that went on')
    const second = await provider.prepare(requestOf(2), never)
    expect(readAt(second.path, 'left-over.txt')).toBeNull()
    const kept = `refs/cueline/salvage/${first.attemptId}`
    expect(repository.show(kept, 'left-over.txt')).toBe('from a program that went on')
    await provider.remove(second)
  })

  it('belongs to one attempt at a time, of whichever process', async () => {
    const [one, other] = [open(), open()]
    const works = [1, 2, 3].map((number) => {
      return (number === 2 ? other : one).prepare(requestOf(number), never)
    })
    const workspaces = await Promise.all(works)
    expect(new Set(workspaces.map(pathOf)).size).toBe(3)
    for (const each of workspaces) writeAt(each.path, 'work.txt', each.attemptId)
    const [first, second, third] = workspaces
    if (first === undefined || second === undefined || third === undefined) throw new Error('none')
    await one.remove(second)
    const next = await one.prepare(requestOf(4), never)
    expect(next.path).toBe(second.path)
    expect([readAt(first.path, 'work.txt'), readAt(third.path, 'work.txt')]).toEqual([
      first.attemptId,
      third.attemptId,
    ])
    for (const each of await one.list()) await other.remove(each)
  })

  it('is left alone by a removal that broke off after the lane was given back', async () => {
    const provider = open()
    const first = await provider.prepare(requestOf(1), never)
    const control = join(repository.folder, '.git', 'cueline')
    const lanes = readdirSync(control, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith(join('lanes', '1')),
    )
    // As after kill -9: the lane is free, its folder is gone, the manifest is there.
    rmSync(join(control, lanes ?? ''))
    rmSync(pathOf(first), { recursive: true })
    repository.git('worktree', 'prune')
    const second = await provider.prepare(requestOf(2), never)
    expect(second.path).toBe(first.path)
    writeAt(second.path, 'work.txt', 'of the second')
    expect(await provider.remove(first)).toMatchObject({ salvaged: null })
    expect(readAt(second.path, 'work.txt')).toBe('of the second')
    await mergeAndLand(provider, second)
    expect(repository.show('cueline/main', 'work.txt')).toBe('of the second')
    await provider.remove(second)
  })

  it('is made anew where its set-up is another one, or what was parked is half', async () => {
    const first = await open().prepare(requestOf(1), never)
    writeAt(first.path, 'node_modules/tool.js', 'tool')
    await open().remove(first)
    const changed = open({ setup: { ...setup, env: { LEVEL: '2' } } })
    const second = await changed.prepare(requestOf(2), never)
    expect(readAt(second.path, 'node_modules/tool.js')).toBeNull()
    expect(readAt(second.path, '.ran')?.trim()).toBe(second.env?.CUELINE_SLUG)
    await changed.remove(second)
    const index = join(repository.folder, '.git', 'cueline')
    const parked = readdirSync(index, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith(join('index', 'lane-1')),
    )
    rmSync(join(index, parked ?? ''))
    const told: string[] = []
    const report = { progress: (text: string) => void told.push(text) }
    const third = await changed.prepare(requestOf(3), never, report)
    expect(told.join()).toContain('The folder of the lane cannot be used again')
    expect(readAt(third.path, 'a.txt')).toBe('1\n')
    expect((await changed.inspect(third))?.state).toBe('fresh')
    await changed.remove(third)
  })

  it('is refused with a teardown, and under any other name', () => {
    expect(() => open({ setup: { teardown: [['true']] } })).toThrow('there is no moment for it')
    expect(() => open({ policy: 'always' as never })).toThrow('policy is "always"; give "attempt"')
  })
})
