import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitFiles, gitHistory } from './git-history.ts'
import { testRepository, type TestRepository, writeAt } from './test-repository.ts'

describe('the history of a repository [S4-02]', () => {
  let repository: TestRepository
  beforeEach(() => {
    repository = testRepository({ 'src/a.ts': '1', 'docs/a.md': '1', '.gitignore': 'out/\n' })
  })
  afterEach(() => repository.remove())

  const commit = (message: string, files: Readonly<Record<string, string>>) => {
    for (const [path, content] of Object.entries(files)) writeAt(repository.folder, path, content)
    repository.git('add', '-A')
    repository.git('commit', '-q', '-m', message)
  }

  it('is every change with title, body and files, the oldest first', async () => {
    commit('feat: parse\n\nA body\nof two lines', { 'src/a.ts': '2', 'src/ö "b".ts': '1' })
    commit('docs: say it', { 'docs/a.md': '2' })
    const history = await gitHistory({ repository: repository.folder })
    expect(history.map(({ title }) => title)).toEqual(['start', 'feat: parse', 'docs: say it'])
    expect(history[1]?.body.trim()).toBe('A body\nof two lines')
    expect(history[1]?.files.toSorted()).toEqual(['src/a.ts', 'src/ö "b".ts'])
    const newest = await gitHistory({ repository: repository.folder, limit: 1 })
    expect(newest.map(({ title }) => title)).toEqual(['docs: say it'])
  })

  it('is told from the folder on, without what lies outside', async () => {
    commit('docs: say it', { 'docs/a.md': '2' })
    const within = join(repository.folder, 'src')
    expect(await gitHistory({ repository: within })).toMatchObject([
      { title: 'start', files: ['a.ts'] },
    ])
    expect(await gitFiles({ repository: within })).toEqual(['a.ts'])
  })

  it('comes with the files there are, new ones included and ignored ones not', async () => {
    writeAt(repository.folder, 'out/built.js', '1')
    writeAt(repository.folder, 'new.ts', '1')
    const files = await gitFiles({ repository: repository.folder })
    expect(files.toSorted()).toEqual(['.gitignore', 'docs/a.md', 'new.ts', 'src/a.ts'])
  })

  it('runs nothing that the settings of the repository name', async () => {
    const trap = join(repository.folder, 'trap.sh')
    writeAt(repository.folder, 'trap.sh', `#!/bin/sh\ntouch ${repository.folder}/trapped\n`)
    chmodSync(trap, 0o755)
    for (const key of ['core.fsmonitor', 'core.pager', 'diff.external', 'gpg.program']) {
      repository.git('config', key, trap)
    }
    repository.git('config', 'log.showSignature', 'true')
    repository.git('config', 'diff.trap.textconv', trap)
    writeAt(repository.folder, '.gitattributes', '* diff=trap\n')
    await gitHistory({ repository: repository.folder })
    await gitFiles({ repository: repository.folder })
    expect(existsSync(join(repository.folder, 'trapped'))).toBe(false)
  })

  it('is empty before the first commit, and an error without a repository', async () => {
    const empty = join(repository.folder, 'out')
    writeAt(empty, 'x', '1')
    repository.git('init', '-q', empty)
    expect(await gitHistory({ repository: empty })).toEqual([])
    await expect(gitHistory({ repository: '/' })).rejects.toMatchObject({ code: 'not-found' })
    await expect(
      gitHistory({ repository: repository.folder, limit: Number.NaN }),
    ).rejects.toMatchObject({ code: 'invalid-input' })
  })
})
