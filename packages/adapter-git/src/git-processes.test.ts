import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  confirmed,
  mergeAndLand,
  never,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

const program = fileURLToPath(new URL('./fixtures/one-attempt.ts', import.meta.url))
const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()

/** What Node has made of the sources already: sixty processes run on the same ones. */
const { NODE_COMPILE_CACHE } = process.env
const compiled = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }

let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n' })
})
afterEach(() => repository.remove())

interface Life {
  readonly said: readonly string[]
  readonly killed: boolean
  readonly errors: string
}

function live(number: number, env: Record<string, string> = {}): Promise<Life> {
  const child = spawn(
    process.execPath,
    ['--conditions=cueline-source', program, repository.folder, String(number)],
    {
      env: {
        ...compiled,
        PATH: process.env.PATH,
        HOME: repository.folder,
        REAL_GIT: realGit,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      const lines = said.split('\n').filter((line) => line !== '')
      resolve({ said: lines, killed: signal === 'SIGKILL', errors })
    })
  })
}

describe('several processes on one repository [X-06, X-07]', () => {
  it(
    'make and land 32 workspaces at once, without a failure and without losing one',
    { timeout: 120_000 },
    async () => {
      const provider = gitWorkspaces({ repository: repository.folder })
      const processes = Array.from({ length: 4 }, (_none, each) => live(100 + each))
      let turn: Promise<unknown> = Promise.resolve()
      const own = Array.from({ length: 28 }, (_none, each) => each).map(async (each) => {
        const workspace = await provider.prepare(requestOf(each), never)
        writeAt(workspace.path, `file-${each}.txt`, String(each))
        // As the engine does; the other processes come in between when they like.
        turn = turn.then(() => mergeAndLand(provider, workspace))
        await turn
        await provider.remove(workspace)
      })
      for (const life of await Promise.all(processes)) {
        expect(life.errors).toBe('')
        expect(life.said).toEqual(['worked', 'landed', 'removed'])
      }
      await Promise.all(own)
      for (const each of [...own.keys(), 100, 101, 102, 103]) {
        expect(repository.show('cueline/main', `file-${each}.txt`)).toBe(String(each))
      }
      expect(await provider.list()).toEqual([])
      expect(repository.git('fsck', '--no-dangling', '--no-reflogs').trim()).toBe('')
    },
  )
})

describe('a process that is killed between two steps [X-06, X-07, X-11]', () => {
  /** A git that kills its caller before or after its n-th command. */
  function deadlyGit(at: number, when: 'before' | 'after'): Record<string, string> {
    const bin = join(repository.folder, '.bin')
    const count = join(repository.folder, '.bin', 'count')
    writeAt(bin, 'count', '0\n')
    writeFileSync(
      join(bin, 'git'),
      `#!/bin/sh
read n < "${count}"; n=$((n + 1)); echo $n > "${count}"
if [ $n != ${at} ]; then exec "${realGit}" "$@"; fi
if [ ${when} = before ]; then kill -9 $PPID; exit 1; fi
"${realGit}" "$@"; code=$?
kill -9 $PPID
exit $code
`,
    )
    chmodSync(join(bin, 'git'), 0o755)
    return { PATH: `${bin}:${process.env.PATH}` }
  }

  /** What must be true whenever the next process has tidied up. */
  async function recover(number: number, life: Life): Promise<void> {
    const provider = gitWorkspaces({ repository: repository.folder })
    const attemptId = requestOf(number).attemptId
    const landed = await provider.landed(attemptId, 1)
    const left = await provider.list()
    let kept: string | null = null
    for (const workspace of left) {
      const { salvaged } = await provider.remove(workspace)
      if (workspace.attemptId === attemptId) kept = salvaged
    }
    expect(await provider.list()).toEqual([])
    const isThere = repository.show('cueline/main', `file-${number}.txt`) !== null
    expect(isThere, 'landed says what the branch says').toBe(landed !== null)
    if (life.said.includes('landed')) expect(isThere).toBe(true)
    if (life.said.includes('worked') && !isThere) {
      expect(repository.show(kept ?? 'nothing was salvaged', `file-${number}.txt`)).toBe(
        String(number),
      )
    }
    if (life.said.includes('worked')) {
      const all = repository.git('log', '--all', '--format=%s')
      expect(all).toContain(`agent ${number}\n`)
    }
    expect(repository.git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(repository.git('branch', '--list', 'cueline/attempt/*')).toBe('')
    // Nothing is stuck: the next one gets through.
    const next = await provider.prepare(requestOf(number + 1_000), never)
    writeAt(next.path, `next-${number}.txt`, 'next')
    await provider.land(await provider.tryMerge(next, never), confirmed)
    await provider.remove(next)
    await provider.close()
  }

  it('loses nothing and blocks nobody, wherever it dies', { timeout: 600_000 }, async () => {
    const deaths: number[] = []
    for (let at = 1; ; at += 1) {
      const when = at % 2 === 0 ? 'before' : 'after'
      const life = await live(at, deadlyGit(at, when))
      if (!life.killed) {
        expect(life.errors).toBe('')
        break
      }
      deaths.push(at)
      await recover(at, life)
    }
    expect(deaths.length).toBeGreaterThan(30)
  })
})
