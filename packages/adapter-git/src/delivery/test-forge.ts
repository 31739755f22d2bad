import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type FakeForge, readForge, writeForge } from '../fixtures/fake-gh.ts'
import { gitIn, testRepository, writeAt } from '../test-repository.ts'
import { commandPullRequests, type CommandPullRequestsOptions } from './command-pull-requests.ts'

const program = join(import.meta.dirname, '..', 'fixtures', 'fake-gh.ts')

/** A repository with two landed commits, a bare one as its remote, and a forge on disk. */
export function testForge() {
  const repository = testRepository({ 'README.md': 'greenhouse\n' })
  const { folder, git } = repository
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'cueline-forge-')))
  const bare = join(place, 'remote.git')
  const state = join(place, 'state.json')
  gitIn(place, 'init', '-q', '--bare', '-b', 'main', bare)
  git('remote', 'add', 'origin', bare)
  git('push', '-q', 'origin', 'main')
  git('checkout', '-q', '-b', 'cueline/main')
  const commits = ['one', 'two'].map((name) => {
    writeAt(folder, `${name}.txt`, name)
    git('add', '-A')
    git('commit', '-q', '-m', name)
    return git('rev-parse', 'HEAD').trim()
  })
  git('checkout', '-q', 'main')
  const command = [process.execPath, program, state]
  return {
    ...repository,
    bare,
    state,
    command,
    commits: commits as [string, string],
    forge: () => readForge(state),
    change(edit: (forge: FakeForge) => void) {
      const forge = readForge(state)
      edit(forge)
      writeForge(state, forge)
    },
    provider: (options: Partial<CommandPullRequestsOptions> = {}) =>
      commandPullRequests({ repository: folder, command, ...options }),
    /** What a branch of the remote is at, or null. */
    at(branch: string): string | null {
      const found = gitIn(bare, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)
      return found.trim() === '' ? null : found.trim()
    },
    remove() {
      repository.remove()
      rmSync(place, { recursive: true, force: true })
    },
  }
}

export type TestForge = ReturnType<typeof testForge>
