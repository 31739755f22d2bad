import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import {
  mergeAndLand,
  never,
  pathOf,
  readAt,
  requestOf,
  testRepository,
  writeAt,
  type TestRepository,
} from './test-repository.ts'

const program = fileURLToPath(new URL('./fixtures/prepare-once.ts', import.meta.url))

let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n' })
})
afterEach(() => repository.remove())

interface Told {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly details: { readonly retryAfterMs: number }
}

describe('room for workspaces [X-09, X-07]', () => {
  it('is never exceeded, by whichever processes, and comes back when one is removed', async () => {
    const open = () => gitWorkspaces({ repository: repository.folder, maxWorkspaces: 3 })
    const providers = Array.from({ length: 8 }, open)
    const results = await Promise.allSettled(
      providers.map((provider, each) => provider.prepare(requestOf(each), never)),
    )
    const made = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const reasons = results.flatMap((each) =>
      each.status === 'rejected' ? [each.reason as Told] : [],
    )
    expect(made).toHaveLength(3)
    expect(reasons).toHaveLength(5)
    for (const { code, retryable, message } of reasons) {
      expect({ code, retryable }).toEqual({ code: 'limit', retryable: true })
      expect(message).toMatch(/There are 3 workspaces already.*--max-workspaces \(maxWorkspaces/)
    }
    // Longer each time, so that a full machine is not asked without end.
    const late = providers[results.findIndex(({ status }) => status === 'rejected')]
    const again = await late?.prepare(requestOf(99), never).catch((error: unknown) => error)
    const pauses = [...reasons, again as Told].map(({ details }) => details.retryAfterMs)
    expect(pauses).toEqual([5_000, 5_000, 5_000, 5_000, 5_000, 10_000])
    expect(await late?.list()).toHaveLength(3)

    if (made[0] !== undefined) await providers[0]?.remove(made[0])
    await late?.prepare(requestOf(100), never)
    await expect(open().prepare(requestOf(101), never)).rejects.toThrow(/3 workspaces/)
  })

  it('is waited for in the process that has it, and starts from what has landed meanwhile', async () => {
    const provider = gitWorkspaces({ repository: repository.folder, maxWorkspaces: 1 })
    const first = await provider.prepare(requestOf(1), never)
    const said = Promise.withResolvers<string>()
    const second = provider.prepare(requestOf(2), never, { progress: said.resolve })
    expect(await said.promise).toMatch(/workspaces .* in use; waits/)
    writeAt(pathOf(first), 'first.txt', 'one\n')
    await mergeAndLand(provider, first)
    expect(await provider.list()).toHaveLength(1)
    await provider.remove(first)
    expect(readAt(pathOf(await second), 'first.txt')).toBe('one\n')
    expect(await provider.list()).toHaveLength(1)
  })

  it('counts workspaces of processes that know no limit', async () => {
    await gitWorkspaces({ repository: repository.folder }).prepare(requestOf(1), never)
    const limited = gitWorkspaces({ repository: repository.folder, maxWorkspaces: 1 })
    await expect(limited.prepare(requestOf(2), never)).rejects.toThrow(/There are 1 workspaces/)
  })

  it('needs as much free disk as it is told, and says how much there is', async () => {
    const { folder } = repository
    const most = gitWorkspaces({ repository: folder, minFreeBytes: Number.MAX_SAFE_INTEGER })
    await expect(most.prepare(requestOf(1), never)).rejects.toMatchObject({
      code: 'limit',
      retryable: true,
      message: expect.stringMatching(/has \d+ MiB left, and a new workspace needs \d+/),
    })
    expect(await most.list()).toEqual([])
    const none = gitWorkspaces({ repository: folder, minFreeBytes: 0 })
    expect((await none.prepare(requestOf(1), never)).path).toBeDefined()
  })
})

const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
const inNamespace = (script: string) => {
  const within = 'exec unshare --user --map-root-user --mount sh -c "$1"'
  return spawnSync('sh', ['-c', within, 'sh', script], { encoding: 'utf8' })
}

/** Where preparing meets a full disk: what the repository holds, and what workspaces are given. */
const places = {
  'making the worktree': { big: 10, ignored: 10, git: 'worktree' },
  'the checkout': { big: 2_200, ignored: 10, git: 'read-tree' },
  'copied files': { big: 10, ignored: 3_000, git: null },
} as const

/** A repository below a folder, and one attempt at preparing a workspace; then what is left, on fd 2. */
function script(folder: string, { big, ignored }: { big: number; ignored: number }, run: string) {
  const setup = JSON.stringify({ copy: ['cache'], ports: ['PORT'] })
  return `
set -e
mkdir -p "${folder}/cache"; cd "${folder}"
git init -q -b main .
printf 'cache\\n.cueline\\n' > .gitignore
head -c ${big * 1024} /dev/urandom > big.bin
git add -A
git -c user.name=T -c user.email=t@example.org commit -qm start
head -c ${ignored * 512} /dev/urandom > cache/a
head -c ${ignored * 512} /dev/urandom > cache/b
${run} '${setup}'
find .cueline/workspaces -mindepth 1 >&2
git worktree list | tail -n +2 >&2
git branch --list 'cueline/attempt/*' >&2
find .git/cueline -type f '(' -path '*/workspaces/*' -o -path '*/index/*' -o -path '*/ports/*' ')' >&2
`
}

const prepareOnce = (folder: string, more = '') =>
  `"${process.execPath}" ${more} --conditions=cueline-source "${program}" "${folder}"`

/** A disk of six MiB, where the machine lets one mount it. */
function smallDisk(place: keyof typeof places) {
  const folder = join(repository.folder, 'small')
  mkdirSync(folder)
  // Filled up when the repository is open, before the worktree is made.
  const filled = place === 'making the worktree' ? 'FILL=filler ' : ''
  const mount = `mount -t tmpfs -o size=6m tmpfs "${folder}"`
  return inNamespace(`${mount}; ${script(folder, places[place], filled + prepareOnce(folder))}`)
}

/** Everywhere: a git and a way of copying that fail as on a full disk, half way. */
function failingWrites(place: keyof typeof places) {
  const folder = join(repository.folder, 'whole')
  const bin = join(repository.folder, 'bin')
  const step = places[place].git
  mkdirSync(bin)
  const failing = `for each in "$@"; do if [ "$each" = ${step} ]; then
"${realGit}" "$@"; echo "fatal: sha1 file '/x' write error: No space left on device" >&2; exit 128
fi; done`
  writeFileSync(
    join(bin, 'git'),
    `#!/bin/sh
${step === null ? '' : failing}
exec "${realGit}" "$@"
`,
  )
  chmodSync(join(bin, 'git'), 0o755)
  const patch = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
const { copyFile } = fs.promises; fs.promises.copyFile = async (from, to, ...rest) => {
await copyFile(from, to, ...rest); if (to.endsWith('/cache/b'))
throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }) };
syncBuiltinESMExports()`
  const more = step === null ? `--import 'data:text/javascript,${encodeURIComponent(patch).replaceAll("'", '%27')}'` : '' // prettier-ignore
  const run = `PATH="${bin}:$PATH" ${prepareOnce(folder, more)}`
  return spawnSync('sh', ['-c', script(folder, places[place], run)], { encoding: 'utf8' })
}

const disks = [
  ['failing writes', failingWrites] as const,
  // Both where one may mount: what is failed on purpose could be something else than what happens.
  ...(inNamespace('mount -t tmpfs -o size=1m tmpfs /mnt').status === 0
    ? [['a small disk', smallDisk] as const]
    : []),
]

describe.each(disks)('a full disk, by %s [X-09, X-07]', (_name, prepareOn) => {
  it.each(Object.keys(places) as (keyof typeof places)[])(
    'that is met by %s pauses the work, and nothing half-made is left',
    { timeout: 120_000 },
    (place) => {
      const { stdout, stderr } = prepareOn(place)
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toMatchObject({
        code: 'limit',
        retryable: true,
        message: expect.stringMatching(/disk is full.*nothing is left of it.*Make room/),
        details: { retryAfterMs: 5_000 },
        left: [],
      })
    },
  )
})
