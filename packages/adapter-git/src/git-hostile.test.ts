import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
  repository = testRepository({ 'README.md': 'hello\n' })
})
afterEach(() => repository.remove())

/** A program that leaves a trace, and every place of a repository that can name it. */
function plantTraps(gitFolder: string, workspace: string): string {
  const trace = join(repository.folder, 'trapped')
  const program = join(repository.folder, 'trap.sh')
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${trace}\ncat\n`)
  chmodSync(program, 0o755)
  const { git } = repository
  for (const hook of [
    'post-checkout',
    'pre-commit',
    'post-commit',
    'reference-transaction',
    'post-index-change',
    'post-merge',
  ]) {
    writeFileSync(join(repository.folder, '.git', 'hooks', hook), `#!/bin/sh\necho ${hook} >> ${trace}\n`) // prettier-ignore
    chmodSync(join(repository.folder, '.git', 'hooks', hook), 0o755)
  }
  for (const [key, value] of [
    ['core.fsmonitor', program],
    ['core.hooksPath', join(repository.folder, '.git', 'hooks')],
    ['filter.trap.clean', program],
    ['filter.trap.smudge', program],
    ['filter.trap.process', program],
    ['merge.trap.driver', `${program} %O %A %B`],
    ['diff.trap.command', program],
    ['diff.external', program],
    ['core.sshCommand', program],
    ['core.editor', program],
    ['gpg.program', program],
    ['commit.gpgSign', 'true'],
    ['core.pager', program],
  ] as const) {
    git('config', key, value)
  }
  writeFileSync(join(repository.folder, '.git', 'info', 'attributes'), '* filter=trap merge=trap diff=trap\n') // prettier-ignore
  writeAt(workspace, '.gitattributes', '* filter=trap merge=trap diff=trap\n')
  writeFileSync(join(gitFolder, 'commondir'), '/nowhere\n')
  writeFileSync(join(workspace, '.git'), 'gitdir: /nowhere\n')
  return trace
}

describe('what an agent writes into the repository [X-06, S1-14]', () => {
  it('runs nothing when Cueline stores, merges, lands, prepares and removes', async () => {
    const provider = gitWorkspaces({ repository: repository.folder })
    const workspace = await provider.prepare(requestOf(1), never)
    const [name] = [pathOf(workspace).split('/').at(-1) as string]
    const gitFolder = join(repository.folder, '.git', 'worktrees', name)
    const other = await provider.prepare(requestOf(2), never)
    const trace = plantTraps(gitFolder, pathOf(workspace))

    writeAt(other.path, 'README.md', 'hello\nother\n')
    await provider.land(await provider.tryMerge(other, never), confirmed)
    writeAt(workspace.path, 'README.md', 'mine\nhello\n')
    writeAt(workspace.path, 'new.txt', 'as it is\n')
    const trial = await provider.tryMerge(workspace, never)
    if (trial.ok) await provider.land(trial, confirmed)
    await provider.remove(workspace)
    await provider.remove(other)
    // The next process opens the repository as the agent has left it.
    const later = gitWorkspaces({ repository: repository.folder })
    const third = await later.prepare(requestOf(3), never)
    writeAt(third.path, 'third.txt', 'as it is\n')
    await later.land(await later.tryMerge(third, never), confirmed)
    await later.remove(third)

    expect(existsSync(trace)).toBe(false)
    expect(repository.show('cueline/main', 'third.txt')).toBe('as it is\n')
  })

  it('keeps pointers of large files as they are', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'
    writeAt(repository.folder, '.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n')
    writeAt(repository.folder, 'large.bin', pointer)
    repository.git('add', '-A')
    repository.git('commit', '-qm', 'large')
    repository.git('config', 'filter.lfs.smudge', 'sed s/00/changed/')
    const provider = gitWorkspaces({ repository: repository.folder })
    const workspace = await provider.prepare(requestOf(1), never)
    writeAt(workspace.path, 'a.txt', '1')
    const trial = await provider.tryMerge(workspace, never)
    expect(trial.ok && trial.changed).toEqual(['a.txt'])
    await provider.land(trial, confirmed)
    expect(repository.show('cueline/main', 'large.bin')).toBe(pointer)
  })
})
