import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

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

let repository: TestRepository
let home: string
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n' })
  home = join(repository.folder, '.git', 'home')
  mkdirSync(home)
  vi.stubEnv('HOME', home)
})
afterEach(() => {
  vi.unstubAllEnvs()
  repository.remove()
})

async function landed(path: string, content: string) {
  const provider = gitWorkspaces({ repository: repository.folder })
  const workspace = await provider.prepare(requestOf(1), never)
  writeAt(workspace.path, path, content)
  const trial = await provider.tryMerge(workspace, never)
  const { merged } = await provider.land(trial, confirmed)
  await provider.remove(workspace)
  await provider.close()
  return merged
}

describe("a user's own settings [X-06]", () => {
  it('sign what lands, with the key that the user signs with', async () => {
    const key = join(home, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key])
    const signers = join(home, 'signers')
    writeFileSync(signers, `test@example.org ${readFileSync(`${key}.pub`, 'utf8')}`)
    const settings = {
      'user.signingkey': key,
      'gpg.format': 'ssh',
      'gpg.ssh.allowedSignersFile': signers,
      'commit.gpgsign': 'true',
    }
    for (const [name, value] of Object.entries(settings)) {
      execFileSync('git', ['config', '--file', join(home, '.gitconfig'), name, value])
    }
    const merged = await landed('a.txt', '1')
    expect(repository.git('cat-file', 'commit', merged)).toContain('BEGIN SSH SIGNATURE')
    repository.git('config', 'gpg.ssh.allowedSignersFile', signers)
    // Fails where the signature is not that of this key.
    repository.git('verify-commit', merged)
  })

  it('that only the repository has sign nothing: an agent may have written them', async () => {
    const trace = join(repository.folder, 'trace')
    const program = join(repository.folder, 'sign.sh')
    writeFileSync(program, `#!/bin/sh\ntouch ${trace}\n`)
    chmodSync(program, 0o755)
    repository.git('config', 'gpg.program', program)
    repository.git('config', 'commit.gpgsign', 'true')
    const merged = await landed('a.txt', '1')
    expect(repository.git('cat-file', 'commit', merged)).not.toContain('SIGNATURE')
    expect(existsSync(trace)).toBe(false)
  })
})

describe("the hooks of a user's repository [X-06]", () => {
  it('run for the git of agents, and never for what Cueline itself does', async () => {
    const trace = join(repository.folder, 'hooked')
    for (const name of ['pre-commit', 'post-commit', 'post-checkout', 'post-merge']) {
      const hook = join(repository.folder, '.git', 'hooks', name)
      writeFileSync(hook, `#!/bin/sh\necho ${name} >> ${trace}\n`)
      chmodSync(hook, 0o755)
    }
    const provider = gitWorkspaces({ repository: repository.folder })
    const workspace = await provider.prepare(requestOf(1), never)
    writeAt(workspace.path, 'a.txt', '1')
    expect(existsSync(trace)).toBe(false)
    const folder = workspace.path as string
    gitIn(folder, 'add', '-A')
    gitIn(folder, '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', 'mine')
    expect(readFileSync(trace, 'utf8')).toBe('pre-commit\npost-commit\n')
    await provider.land(await provider.tryMerge(workspace, never), confirmed)
    await provider.remove(workspace)
    expect(readFileSync(trace, 'utf8')).toBe('pre-commit\npost-commit\n')
    await provider.close()
  })
})
