import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  confirmed,
  gitIn,
  never,
  pathOf,
  readAt,
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

/** Everything that a user could miss after Cueline has worked. */
function userState() {
  const { git, folder } = repository
  return {
    status: git('status', '--porcelain=v2', '--branch', '--ignored=no'),
    staged: git('diff', '--cached'),
    stash: git('stash', 'list'),
    main: git('rev-parse', 'main'),
    readme: readAt(folder, 'README.md'),
  }
}

async function land(path: string, content: string, number: number, code?: string) {
  const provider = open()
  const workspace = await provider.prepare(requestOf(number, code), never)
  writeAt(workspace.path, path, content)
  const trial = await provider.tryMerge(workspace, never)
  const { merged } = await provider.land(trial, confirmed)
  await provider.remove(workspace)
  return { merged, workspace }
}

describe("a user's own checkout [X-06, X-07]", () => {
  it('is left as it was, with its changes, its index and its stash', async () => {
    const { git, folder } = repository
    writeFileSync(join(folder, 'README.md'), 'stashed\n')
    git('stash')
    writeFileSync(join(folder, 'README.md'), 'changed\n')
    writeFileSync(join(folder, 'staged.txt'), 'staged\n')
    git('add', 'staged.txt')
    writeFileSync(join(folder, 'untracked.txt'), 'untracked\n')
    const before = userState()
    await land('a.txt', '1', 1)
    await land('README.md', 'by an agent\n', 2)
    expect(userState()).toEqual(before)
    expect(repository.show('cueline/main', 'README.md')).toBe('by an agent\n')
    expect(repository.show('cueline/main', 'staged.txt')).toBeNull()
  })

  it('refuses to move a branch under a checkout, and says which', async () => {
    const provider = gitWorkspaces({ repository: repository.folder, branch: 'main' })
    await expect(provider.list()).rejects.toThrow(/"main" is checked out .*another branch/)

    const later = open()
    const workspace = await later.prepare(requestOf(1), never)
    writeAt(workspace.path, 'a.txt', '1')
    const trial = await later.tryMerge(workspace, never)
    const looking = join(repository.folder, 'looking')
    repository.git('worktree', 'add', '-q', looking, 'cueline/main')
    await expect(later.land(trial, confirmed)).rejects.toMatchObject({
      code: 'refused',
      retryable: true,
    })
    expect(repository.show('cueline/main', 'a.txt')).toBeNull()
    rmSync(looking, { recursive: true })
    await expect(open().list()).rejects.toThrow(/looking, .*git worktree prune/)
    repository.git('worktree', 'prune')
    const again = await later.tryMerge(workspace, never)
    await later.land(again, confirmed)
    expect(repository.show('cueline/main', 'a.txt')).toBe('1')
  })
})

describe('the base of a workspace [X-05]', () => {
  it('contains what the task has waited for', async () => {
    const { merged: first } = await land('first.txt', '1', 1)
    const { merged: second } = await land('second.txt', '2', 2)
    const workspace = await open().prepare({ ...requestOf(3), after: [first, second] }, never)
    expect(repository.git('merge-base', '--is-ancestor', first, workspace.base)).toBe('')
  })

  it('is refused by name where somebody has taken the branch back, until it has it again', async () => {
    const start = repository.git('rev-parse', 'main').trim()
    const { merged } = await land('first.txt', '1', 1)
    const after = [merged]
    const provider = open()
    for (const stale of [
      start,
      repository.git('commit-tree', `${start}^{tree}`, '-m', 'x').trim(),
    ]) {
      repository.git('update-ref', 'refs/heads/cueline/main', stale)
      const refused = provider.prepare({ ...requestOf(2), after }, never)
      await expect(refused).rejects.toMatchObject({
        code: 'refused',
        retryable: true,
        message: expect.stringContaining(`does not contain ${merged.slice(0, 12)}`),
        details: { missing: [merged] },
      })
      expect((await provider.list()).map(({ attemptId }) => attemptId)).not.toContain('attempt_2')
    }
    repository.git('update-ref', 'refs/heads/cueline/main', merged)
    const workspace = await provider.prepare({ ...requestOf(2), after }, never)
    expect(readAt(workspace.path, 'first.txt')).toBe('1')
  })

  it('is refused too when what it waited for is no commit of this repository', async () => {
    for (const unknown of ['0'.repeat(40), '--all', 'HEAD', '']) {
      const request = { ...requestOf(1), after: [unknown] }
      await expect(open().prepare(request, never)).rejects.toMatchObject({ code: 'refused' })
    }
  })
})

describe('what lands [X-06, X-08]', () => {
  it('is a commit that names task, attempt and fence, written by the user', async () => {
    const { merged } = await land('a.txt', '1', 1, 'T1\nCueline-Fence: 99')
    expect(repository.git('rev-parse', 'cueline/main').trim()).toBe(merged)
    const message = repository.git('log', '-1', '--format=%B', merged)
    expect(message).toMatch(/^T1 Cueline-Fence: 99: Title of 1\n\n/)
    expect(message).toContain(
      'Cueline-Work-Order: order_1\nCueline-Attempt: attempt_1\nCueline-Fence: 1\n',
    )
    expect(message.match(/^Cueline-Fence/gm)).toHaveLength(1)
    expect(repository.git('log', '-1', '--format=%an <%ae>', merged).trim()).toBe(
      'Test <test@example.org>',
    )
  })

  it('is a merge of both where something else has landed meanwhile', async () => {
    const provider = open()
    const behind = await provider.prepare(requestOf(1), never)
    writeAt(behind.path, 'mine.txt', '1')
    const { merged: other } = await land('other.txt', '1', 2)
    const trial = await provider.tryMerge(behind, never)
    const { merged } = await provider.land(trial, confirmed)
    const [first, second] = repository.git('log', '-1', '--format=%P', merged).trim().split(' ')
    expect(first).toBe(other)
    expect(repository.git('log', '-1', '--format=%P', second as string).trim()).toBe(behind.base)
  })

  it('never brings back what was landed by hand, and is tried again when the branch has moved', async () => {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    writeAt(workspace.path, 'mine.txt', '1')
    const trial = await provider.tryMerge(workspace, never)
    const tree = repository.git('rev-parse', 'cueline/main^{tree}').trim()
    const byHand = repository.git('commit-tree', tree, '-p', 'cueline/main', '-m', 'by hand').trim()
    repository.git('update-ref', 'refs/heads/cueline/main', byHand)
    await expect(provider.land(trial, confirmed)).rejects.toMatchObject({
      code: 'conflict',
      retryable: true,
    })
    expect(await provider.landed(workspace.attemptId, 1)).toBeNull()
    const again = await provider.tryMerge(workspace, never)
    const { merged } = await provider.land(again, confirmed)
    expect(repository.git('merge-base', '--is-ancestor', byHand, merged)).toBe('')
  })

  it('is nothing of an earlier claim once a later one is prepared, though its fence was checked before', async () => {
    const provider = open()
    const again = { ...requestOf(2), workOrderId: requestOf(1).workOrderId, fence: 2 }
    const frozen = await provider.prepare(requestOf(1), never)
    writeAt(frozen.path, 'a.txt', 'late')
    const trial = await provider.tryMerge(frozen, never)
    const later = open()
    const late = provider.land(trial, async () => {
      // Here it is frozen, its lease lapses, and another process takes the work.
      await later.prepare(again, never)
    })
    await expect(late).rejects.toMatchObject({ code: 'conflict', retryable: true })
    expect(repository.show('cueline/main', 'a.txt')).toBeNull()
    expect(await later.landed(frozen.attemptId, 1)).toBeNull()
    const left = await later.list()
    const next = left.find(({ attemptId }) => attemptId === again.attemptId)
    writeAt(next?.path, 'a.txt', 'in time')
    await later.land(await later.tryMerge(next as typeof frozen, never), confirmed)
    expect(repository.show('cueline/main', 'a.txt')).toBe('in time')
  })

  it('is told no more when the branch was taken back', async () => {
    const start = repository.git('rev-parse', 'main').trim()
    const { workspace } = await land('a.txt', '1', 1)
    expect(await open().landed(workspace.attemptId, 1)).not.toBeNull()
    repository.git('update-ref', 'refs/heads/cueline/main', start)
    expect(await open().landed(workspace.attemptId, 1)).toBeNull()
  })

  it('leaves out what is ignored, and merges changes to different lines of one file', async () => {
    const lines = Array.from({ length: 20 }, (_none, line) => `line ${line}`)
    await land('lines.txt', lines.join('\n'), 1)
    const provider = open()
    const late = await provider.prepare(requestOf(2), never)
    writeAt(late.path, 'lines.txt', lines.with(18, 'late').join('\n'))
    writeAt(late.path, 'secret', 'never shown')
    await land('lines.txt', lines.with(1, 'early').join('\n'), 3)
    const trial = await provider.tryMerge(late, never)
    await provider.land(trial, confirmed)
    expect(repository.show('cueline/main', 'lines.txt')).toBe(
      lines.with(1, 'early').with(18, 'late').join('\n'),
    )
    expect(repository.show('cueline/main', 'secret')).toBeNull()
  })
})

describe('a conflict [X-06]', () => {
  it('is told with the lines that contradict each other, and what is around them', async () => {
    const lines = Array.from({ length: 30 }, (_none, line) => `line ${line}`)
    await land('lines.txt', lines.join('\n'), 1)
    const provider = open()
    const late = await provider.prepare(requestOf(2), never)
    writeAt(late.path, 'lines.txt', lines.with(15, 'late').join('\n'))
    await land('lines.txt', lines.with(15, 'early').join('\n'), 3)
    const trial = await provider.tryMerge(late, never)
    if (trial.ok) throw new Error('The trial must find the conflict.')
    expect(trial.conflicts).toEqual(['lines.txt'])
    expect(trial.message).toMatch(/lines\.txt changed in this attempt and on cueline\/main/)
    expect(trial.unfit).toBeUndefined()
    const shown = (trial.evidence ?? '').split('\n')
    expect(shown.filter((line) => !/^[<=>]{7}/.test(line))).toEqual([
      'lines.txt:',
      'line 12',
      'line 13',
      'line 14',
      'early',
      'late',
      'line 16',
      'line 17',
      'line 18',
    ])
    expect(shown.filter((line) => /^[<=>]{7}/.test(line))).toHaveLength(3)
  })

  it('of a file that one side has deleted is told in words', async () => {
    await land('gone.txt', 'here\n', 1)
    const provider = open()
    const late = await provider.prepare(requestOf(2), never)
    writeAt(late.path, 'gone.txt', null)
    await land('gone.txt', 'changed\n', 3)
    const trial = await provider.tryMerge(late, never)
    expect(trial.ok ? '' : trial.message).toMatch(/CONFLICT \(modify\/delete\): gone\.txt/)
  })
})

describe('what must not land [X-06]', () => {
  async function refused(change: (folder: string) => void) {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    change(pathOf(workspace))
    const trial = await provider.tryMerge(workspace, never)
    await provider.remove(workspace)
    return trial.ok ? null : trial
  }

  it('a link that leads out of the workspace', async () => {
    for (const to of ['/etc/passwd', '../../outside', 'deep/../../x', '.git/config']) {
      const trial = await refused((folder) => symlinkSync(to, join(folder, 'link')))
      expect(trial?.conflicts).toEqual(['link'])
      expect(trial?.message).toContain('leads out of the workspace')
      expect(trial?.unfit).toBe(true)
    }
    expect(await refused((folder) => symlinkSync('README.md', join(folder, 'link')))).toBeNull()
  })

  it('a repository inside the workspace, whose files would be lost', async () => {
    const trial = await refused((folder) => {
      mkdirSync(join(folder, 'inner'))
      gitIn(join(folder, 'inner'), 'init', '-q')
      gitIn(join(folder, 'inner'), '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-q', '--allow-empty', '-m', 'x') // prettier-ignore
    })
    expect(trial?.conflicts).toEqual(['inner'])
    expect(trial?.message).toContain('git repository of its own')
    expect(trial?.unfit).toBe(true)
  })
})

describe('commits of agents [X-07]', () => {
  it('stay reachable when the workspace is gone, also those that were taken back', async () => {
    const provider = open()
    const workspace = await provider.prepare(requestOf(1), never)
    const folder = pathOf(workspace)
    const commit = (name: string) => {
      writeAt(folder, name, name)
      gitIn(folder, 'add', '-A')
      gitIn(folder, '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', name)
      return gitIn(folder, 'rev-parse', 'HEAD').trim()
    }
    const taken = commit('taken-back.txt')
    gitIn(folder, 'reset', '-q', '--hard', workspace.base)
    const left = commit('left.txt')
    gitIn(folder, 'checkout', '-q', '--detach', workspace.base)
    const elsewhere = commit('elsewhere.txt')
    const trial = await provider.tryMerge(workspace, never)
    expect(trial.ok && trial.changed).toEqual(['elsewhere.txt'])
    await provider.land(trial, confirmed)
    expect(await provider.remove(workspace)).toEqual({ salvaged: null })

    repository.git('reflog', 'expire', '--expire=now', '--all')
    repository.git('gc', '-q', '--prune=now')
    for (const each of [taken, left, elsewhere]) {
      expect(repository.git('cat-file', '-t', each).trim()).toBe('commit')
    }
    // They are no part of the result: only the verified tree is.
    const inResult = repository.git('rev-list', 'cueline/main').split('\n')
    for (const each of [taken, left, elsewhere]) expect(inResult).not.toContain(each)
    expect(repository.git('branch', '--list', 'cueline/attempt/*')).toBe('')
    expect(repository.git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  })
})

describe('a repository that cannot be worked with [X-06]', () => {
  it('is refused with what to do', async () => {
    const { folder, git } = repository
    const about = (options: object) =>
      gitWorkspaces({ repository: folder, ...options })
        .list()
        .then(
          () => 'opened',
          (error: Error) => error.message,
        )
    expect(await about({ repository: join(folder, '..') })).toMatch(
      /no git repository in .*git init/,
    )
    expect(await about({ branch: '--upload-pack=x' })).toMatch(/"--upload-pack=x" is no name/)
    expect(await about({ branch: 'a b' })).toMatch(/"a b" is no name/)
    expect(await about({ branch: 'cueline' })).toMatch(/cannot be the integration branch/)
    expect(await about({ from: 'nowhere' })).toMatch(/has no commit "nowhere"/)
    const shallow = join(folder, 'shallow')
    git('commit', '-q', '--allow-empty', '-m', 'second')
    git('clone', '-q', '--depth=1', `file://${folder}`, shallow)
    expect(await about({ repository: shallow })).toMatch(/shallow clone.*--unshallow/)
  })

  it.runIf(existsSync('/proc/self'))('is refused while workspaces cannot be made', async () => {
    const provider = gitWorkspaces({ repository: repository.folder, root: '/proc/none/deep' })
    await expect(provider.prepare(requestOf(1), never)).rejects.toThrow(
      'The folder /proc/none/deep for workspaces cannot be made (ENOENT). Choose a place you may write to with `root`.',
    )
  })

  it('is refused before anything starts while it has submodules, and nothing is made in it', async () => {
    const { folder, git } = repository
    writeAt(folder, '.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = ./x\n')
    git('add', '-A')
    git('commit', '-qm', 'submodule')
    const provider = open()
    await expect(provider.list()).rejects.toThrow(
      /has submodules \(\.gitmodules\).*"cueline\/main"/,
    )
    await expect(provider.prepare(requestOf(1), never)).rejects.toThrow(/submodules/)
    expect(git('branch', '--list', 'cueline/*')).toBe('')
    git('rm', '-q', '.gitmodules')
    git('commit', '-qm', 'mended')
    expect(await provider.list()).toEqual([])
  })

  it('is refused for a submodule that no .gitmodules names, also on a branch that is there', async () => {
    const { git } = repository
    const commit = git('rev-parse', 'HEAD').trim()
    git('update-index', '--add', '--cacheinfo', `160000,${commit},parts/with space`)
    git('commit', '-qm', 'link')
    git('branch', 'cueline/main')
    await expect(open().list()).rejects.toThrow(/has submodules \(parts\/with space\)/)
  })

  it('is refused for an attempt whose base has got submodules since it was opened', async () => {
    const { folder, git } = repository
    const provider = open()
    expect(await provider.list()).toEqual([])
    writeAt(folder, '.gitmodules', '')
    git('add', '-A')
    git('commit', '-qm', 'submodule')
    git('update-ref', 'refs/heads/cueline/main', 'HEAD')
    await expect(provider.prepare(requestOf(1), never)).rejects.toThrow(/submodules/)
    expect(await provider.list()).toEqual([])
  })
})
