import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs' // prettier-ignore
import { join, relative } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  confirmed,
  never,
  pathOf,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n', 'deep/inner.txt': 'inner\n' })
})
afterEach(() => repository.remove())

describe('names from outside [X-06, S1-14]', () => {
  const hostile = [
    '--upload-pack=touch trapped',
    '../../outside',
    'line\nbreak',
    'x'.repeat(300),
    // One letter and two that look alike and are the same on some file systems.
    'caf\u00e9',
    'cafe\u0301',
    '.git',
    '~/$(touch trapped)',
  ]

  it('of tasks make each a workspace of its own below the root, and a legal branch', async () => {
    const provider = gitWorkspaces({ repository: repository.folder })
    const root = join(repository.folder, '.cueline')
    const workspaces = []
    for (const [number, code] of hostile.entries()) {
      workspaces.push(await provider.prepare(requestOf(number, code), never))
    }
    expect(new Set(workspaces.map(pathOf)).size).toBe(hostile.length)
    for (const workspace of workspaces) {
      const path = pathOf(workspace)
      expect(realpathSync(path)).toBe(path)
      expect(relative(root, path)).toMatch(/^[a-z]+\/[a-z0-9_-]{1,150}$/)
    }
    const branches = repository.git('branch', '--list', 'cueline/attempt/*').trim().split('\n')
    expect(branches).toHaveLength(hostile.length)
    for (const [number, workspace] of workspaces.entries()) {
      writeAt(workspace.path, `file-${number}.txt`, String(number))
      await provider.land(await provider.tryMerge(workspace, never), confirmed)
      await provider.remove(workspace)
    }
    // In messages of commits they are one line of text each, and can pretend nothing.
    const trailers = repository.git('log', '--first-parent', '--format=%(trailers:key=Cueline-Attempt,valueonly)', 'main..cueline/main') // prettier-ignore
    expect(trailers.split('\n').filter((line) => line !== '')).toHaveLength(hostile.length)
    expect(readdirSync(repository.folder)).not.toContain('trapped')
    expect(existsSync(join(repository.folder, '..', '..', 'outside'))).toBe(false)
  })

  it('of files land as they are, beside each other', async () => {
    const provider = gitWorkspaces({ repository: repository.folder })
    const workspace = await provider.prepare(requestOf(1), never)
    const files = ['--upload-pack=touch trapped', 'line\nbreak', 'y'.repeat(250), 'caf\u00e9', 'cafe\u0301', ':(glob)*', '$(touch trapped)', '-'] // prettier-ignore
    for (const [number, file] of files.entries()) writeAt(workspace.path, file, String(number))
    // What a file system takes for one file is one.
    const there = readdirSync(pathOf(workspace)).filter((name) => files.includes(name))
    const trial = await provider.tryMerge(workspace, never)
    expect(trial.ok && trial.changed).toEqual(there.toSorted())
    await provider.land(trial, confirmed)
    for (const file of there) {
      expect(repository.show('cueline/main', file)).toBe(readFileSync(join(pathOf(workspace), file), 'utf8')) // prettier-ignore
    }
    await provider.remove(workspace)
    expect(readdirSync(repository.folder)).not.toContain('trapped')
  })
})

describe('links that an agent makes out of its workspace [X-06, X-07, S1-14]', () => {
  let outside: string
  beforeEach(() => {
    outside = join(repository.folder, 'outside')
    mkdirSync(outside)
    writeAt(outside, 'private.txt', 'private\n')
    writeAt(outside, 'inner.txt', 'private\n')
  })

  const everything = () => repository.git('log', '--all', '-p', '--format=%H', '--', '.')

  it('in the place of a folder bring nothing from there, and remove nothing there', async () => {
    const provider = gitWorkspaces({ repository: repository.folder })
    const workspace = await provider.prepare(requestOf(1), never)
    rmSync(join(pathOf(workspace), 'deep'), { recursive: true })
    symlinkSync(outside, join(pathOf(workspace), 'deep'))
    const trial = await provider.tryMerge(workspace, never)
    expect(trial.ok ? [] : trial.conflicts).toContain('deep')
    await provider.remove(workspace)
    expect(readdirSync(outside).toSorted()).toEqual(['inner.txt', 'private.txt'])
    expect(everything()).not.toContain('private\n')
  })

  it('in the place of the workspace itself bring nothing from there, and remove nothing there', async () => {
    const provider = gitWorkspaces({ repository: repository.folder })
    const workspace = await provider.prepare(requestOf(1), never)
    const path = pathOf(workspace)
    renameSync(path, join(repository.folder, 'moved-away'))
    symlinkSync(outside, path)
    await expect(provider.tryMerge(workspace, never)).rejects.toThrow(/is no folder any more/)
    expect(await provider.inspect?.(workspace)).toMatchObject({ changed: [] })
    await provider.remove(workspace)
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(outside).toSorted()).toEqual(['inner.txt', 'private.txt'])
    expect(everything()).not.toContain('private\n')
    expect(await provider.list()).toEqual([])
  })
})
