import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

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
import type { WorkspaceSetup } from './workspace-setup.ts'

const secret = 'TOKEN=never-to-be-stored\n'
let repository: TestRepository
beforeEach(() => {
  repository = testRepository({
    'README.md': 'hello\n',
    '.gitignore': '.env*\nnode_modules/\nbuild\n*.log\n',
    'tracked.txt': 'tracked\n',
  })
  writeAt(repository.folder, '.env', secret)
  writeAt(repository.folder, '.env.local', secret)
  writeAt(repository.folder, 'packages/a/.env', secret)
  writeAt(repository.folder, 'node_modules/tool/index.js', 'tool')
  symlinkSync('tool/index.js', join(repository.folder, 'node_modules', 'entry'))
})
afterEach(() => repository.remove())

const open = (setup: WorkspaceSetup = {}) => gitWorkspaces({ repository: repository.folder, setup })
const node = (script: string, ...rest: string[]) => [process.execPath, '-e', script, ...rest]

/** The error of a workspace that cannot be prepared; nothing of it may be left. */
async function refusal(setup: WorkspaceSetup, signal = never) {
  const provider = open(setup)
  const error = await provider.prepare(requestOf(1), signal).then(
    () => null,
    (reason: unknown) => reason as Error & { code: string; retryable: boolean; details: object },
  )
  if (error === null) throw new Error('The workspace must be refused.')
  expect(await open().list()).toEqual([])
  expect(repository.git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  expect(repository.git('branch', '--list', 'cueline/attempt/*')).toBe('')
  expect(repository.git('for-each-ref', 'refs/cueline/salvage')).toBe('')
  expect(readdirSync(join(repository.folder, '.cueline', 'workspaces'))).toEqual([])
  return error
}

/** Whether any object that the repository has holds the secret. */
function isStored(): boolean {
  const objects = repository.git('cat-file', '--batch-check', '--batch-all-objects')
  return objects.split('\n').some((line) => {
    const [object = '', kind] = line.split(' ')
    return kind === 'blob' && repository.git('cat-file', 'blob', object).includes('TOKEN=')
  })
}

describe('ignored files of the checkout [X-07, X-11]', () => {
  it('are copied and linked into each workspace, by path and by glob', async () => {
    const workspace = await open({
      copy: ['.env*', 'packages/*/.env', 'nothing-*'],
      link: ['node_modules'],
    }).prepare(requestOf(1), never)
    expect(readAt(workspace.path, '.env')).toBe(secret)
    expect(readAt(workspace.path, '.env.local')).toBe(secret)
    expect(readAt(workspace.path, 'packages/a/.env')).toBe(secret)
    expect(lstatSync(join(pathOf(workspace), '.env')).isSymbolicLink()).toBe(false)
    expect(readlinkSync(join(pathOf(workspace), 'node_modules'))).toBe(
      join(repository.folder, 'node_modules'),
    )
    writeAt(workspace.path, '.env', 'changed')
    expect(readAt(repository.folder, '.env')).toBe(secret)
  })

  it('are copied as they are: folders, modes and links inside', async () => {
    chmodSync(join(repository.folder, '.env'), 0o600)
    const setup = { copy: ['node_modules', '.env'] }
    const folder = pathOf(await open(setup).prepare(requestOf(1), never))
    expect(readAt(folder, 'node_modules/tool/index.js')).toBe('tool')
    expect(readlinkSync(join(folder, 'node_modules/entry'))).toBe('tool/index.js')
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  })

  it('never land, are no work to lose and are not salvaged, also when the agent ignores them no more', async () => {
    const provider = open({ copy: ['.env', 'packages/*/.env'], link: ['node_modules'] })
    const idle = await provider.prepare(requestOf(1), never)
    expect(await provider.remove(idle)).toEqual({ salvaged: null })

    const unlanded = await provider.prepare(requestOf(2), never)
    writeAt(unlanded.path, '.gitignore', '')
    const { salvaged } = await provider.remove(unlanded)
    expect(repository.git('ls-tree', '-r', '--name-only', salvaged ?? '').split('\n')).toEqual([
      '.gitignore',
      'README.md',
      'tracked.txt',
      '',
    ])

    const working = await provider.prepare(requestOf(3), never)
    writeAt(working.path, '.gitignore', '# nothing is ignored\n')
    writeAt(working.path, '.env', `${secret}# and more\n`)
    writeAt(working.path, 'packages/a/code.ts', 'code')
    const trial = await provider.tryMerge(working, never)
    expect(trial.ok && trial.changed).toEqual(['.gitignore', 'packages/a/code.ts'])
    await provider.land(trial, confirmed)
    expect(await provider.remove(working)).toEqual({ salvaged: null })
    expect(repository.show('cueline/main', 'packages/a/code.ts')).toBe('code')
    expect(isStored()).toBe(false)
  })

  it('stay where they are when a workspace that links them is removed', async () => {
    const provider = open({ link: ['node_modules'] })
    const workspace = await provider.prepare(requestOf(1), never)
    // An agent's own link to somewhere else is not followed either.
    const outside = join(repository.folder, 'outside')
    writeAt(outside, 'precious.txt', 'precious')
    symlinkSync(outside, join(pathOf(workspace), 'build'))
    await provider.remove(workspace)
    expect(existsSync(pathOf(workspace))).toBe(false)
    expect(readAt(repository.folder, 'node_modules/tool/index.js')).toBe('tool')
    expect(readAt(outside, 'precious.txt')).toBe('precious')
  })

  it('are refused by name where git tracks them or would take them in', async () => {
    expect((await refusal({ copy: ['tracked.txt'] })).message).toMatch(
      /"tracked\.txt" of the set-up is not ignored by git .*or is tracked/,
    )
    writeAt(repository.folder, 'notes.txt', 'x')
    expect((await refusal({ link: ['notes.txt'] })).message).toMatch(/"notes\.txt".*\.gitignore/)
    expect((await refusal({ copy: ['packages'] })).message).toMatch(/"packages".*not ignored/)
  })

  it('are asked for before anything starts, when one is missing', async () => {
    await expect(open({ copy: ['.env.test'] }).list()).rejects.toThrow(
      /names "\.env\.test", which is not in .*leave it out, or name it by a glob/,
    )
  })

  it('are refused where a link leads out of the repository, or out of the folder to copy', async () => {
    const { folder } = repository
    symlinkSync('/etc/hostname', join(folder, '.env.out'))
    symlinkSync(tmpdir(), join(folder, 'build'))
    symlinkSync('../../../..', join(folder, 'node_modules', 'up'))
    const about = async (setup: WorkspaceSetup) =>
      open(setup)
        .list()
        .then(
          () => 'accepted',
          (error: Error) => error.message,
        )
    expect(await about({ copy: ['.env.out'] })).toMatch(/"\.env\.out".*leads out of the repository/)
    expect(await about({ link: ['build'] })).toMatch(/"build".*leads out of the repository/)
    expect(await about({ copy: ['build/x'] })).toMatch(/build\/x/)
    expect((await refusal({ copy: ['node_modules'] })).message).toMatch(
      /"node_modules\/up".*leads out of the folder to copy/,
    )
    symlinkSync('.git/config', join(folder, '.env.git'))
    expect(await about({ copy: ['.env.git'] })).toMatch(/leads to .*\.git/)
  })

  it('are not written through a link that the repository itself has on the way', async () => {
    const { folder, git } = repository
    const outside = join(folder, 'outside')
    mkdirSync(outside)
    writeAt(folder, '.git/info/exclude', 'outside\n')
    symlinkSync(outside, join(folder, 'config'))
    git('add', 'config')
    git('commit', '-qm', 'a link')
    rmSync(join(folder, 'config'))
    writeAt(folder, 'config/.env', secret)
    expect((await refusal({ copy: ['config/.env'] })).message).toMatch(/config/)
    expect(readdirSync(outside)).toEqual([])
  })
})

describe('commands of the set-up [X-07, S3-10]', () => {
  it('run in the workspace, in order, with its variables and nothing else of this process', async () => {
    process.env['SETUP_TEST_SECRET'] = 'not for everybody'
    process.env['SETUP_TEST_GIVEN'] = 'given'
    const said: string[] = []
    const provider = open({
      ports: ['PORT'],
      env: { DATABASE: 'app_{slug}' },
      inherit: ['SETUP_TEST_GIVEN'],
      run: [
        node(`require('fs').writeFileSync('first.log', process.argv[1])`, '$(id) {port:PORT}'),
        node(
          `require('fs').writeFileSync('second.log', JSON.stringify([process.env, process.cwd(), require('fs').existsSync('first.log')]))`,
        ),
      ],
    })
    const workspace = await provider.prepare(requestOf(1), never, {
      progress: (text) => said.push(text),
    })
    delete process.env['SETUP_TEST_SECRET']
    delete process.env['SETUP_TEST_GIVEN']
    const [env, cwd, inOrder] = JSON.parse(readAt(workspace.path, 'second.log') ?? '')
    expect(readAt(workspace.path, 'first.log')).toBe(`$(id) ${workspace.env?.['PORT']}`)
    expect({ cwd, inOrder }).toEqual({ cwd: workspace.path, inOrder: true })
    expect(env).toMatchObject({ ...workspace.env, CUELINE_SETUP: 'workspace' })
    expect(env.SETUP_TEST_GIVEN).toBe('given')
    expect(env.SETUP_TEST_SECRET).toBeUndefined()
    expect(statSync(env.TMPDIR).mode & 0o777).toBe(0o700)
    expect(said.map((text) => text.slice(0, 8))).toEqual(['Set-up: ', 'Set-up: '])

    writeAt(env.TMPDIR, 'left/over.txt', 'x')
    await provider.remove(workspace)
    expect(existsSync(env.TMPDIR)).toBe(false)
    expect(readdirSync(join(repository.folder, '.git', 'cueline', 'ports'))).toEqual([])
  })

  it('that fail are named with what they said last; it is tried again, and nothing is left', async () => {
    const script = `console.log('x'.repeat(9999)); console.error('registry: ' + process.env.NPM_TOKEN + ' refused'); process.exit(3)`
    const error = await refusal({
      env: { NPM_TOKEN: 'abcdefgh-secret' },
      run: [node('0'), ['env', ...node(script)]],
    })
    expect(error).toMatchObject({ code: 'refused', retryable: true })
    expect(error.message).toMatch(/"env .*" exited with code 3, and said last: .*registry: /)
    const { evidence } = error.details as { evidence: string }
    expect(evidence).toMatch(/refused\n$/)
    expect(evidence.length).toBeLessThanOrEqual(4_000)
    expect(error.message + evidence).not.toContain('abcdefgh-secret')
    expect((await refusal({ run: [['no-such-program']] })).message).toMatch(
      /was not found; install/,
    )
  })

  it('that take too long, or are aborted, are ended with all that they started', async () => {
    const pids = join(repository.folder, 'pids.log')
    const family = node(
      `const { spawn } = require('child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
      require('fs').writeFileSync(${JSON.stringify(pids)}, String(child.pid))
      process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)`,
    )
    const gone = () => {
      const pid = Number(readFileSync(pids, 'utf8'))
      const state = readAt(`/proc/${pid}`, 'stat')
      return state === null || / Z /.test(state)
    }
    // Time enough to start a family, however busy the machine is.
    for (let timeoutMs = 1_000; !existsSync(pids); timeoutMs *= 2) {
      const { message } = await refusal({ run: [family], timeoutMs })
      expect(message).toContain(`did not end within ${timeoutMs} ms`)
    }
    expect(gone()).toBe(true)
    rmSync(pids)
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborting = refusal({ run: [family] }, controller.signal)
    while (!existsSync(pids)) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(reason)
    expect(await aborting).toBe(reason)
    expect(gone()).toBe(true)
  })

  it('must leave alone what git does not ignore', async () => {
    const error = await refusal({
      run: [node(`require('fs').appendFileSync('tracked.txt', 'x'); require('fs').writeFileSync('new.txt', '')`)], // prettier-ignore
    })
    expect(error.message).toMatch(/\(new\.txt, tracked\.txt\).*"npm ci" instead/)
    expect(error.retryable).toBe(false)
  })

  it('run again where a merged result is judged, which has the same files', async () => {
    const provider = open({
      copy: ['.env'],
      link: ['node_modules'],
      run: [node(`require('fs').writeFileSync('made.log', process.env.CUELINE_SETUP)`)],
    })
    const behind = await provider.prepare(requestOf(1), never)
    writeAt(behind.path, 'mine.txt', '1')
    const other = await provider.prepare(requestOf(2), never)
    writeAt(other.path, 'other.txt', '1')
    await provider.land(await provider.tryMerge(other, never), confirmed)
    const trial = await provider.tryMerge(behind, never)
    const path = (trial.ok && trial.path) || undefined
    expect(path).not.toBe(undefined)
    expect(readAt(path, '.env')).toBe(secret)
    expect(readAt(path, 'node_modules/tool/index.js')).toBe('tool')
    expect(readAt(path, 'made.log')).toBe('trial')
    expect(readAt(behind.path, 'made.log')).toBe('workspace')
    await provider.land(trial, confirmed)
    expect(
      repository.git('ls-tree', '-r', '--name-only', 'cueline/main').trim().split('\n'),
    ).toEqual(['.gitignore', 'README.md', 'mine.txt', 'other.txt', 'tracked.txt'])
    expect(readAt(repository.folder, 'node_modules/tool/index.js')).toBe('tool')
  })

  it('that fail where a merged result is to be judged leave nothing of the trial, and the merge is free', async () => {
    const provider = open({
      run: [node(`process.exitCode = process.env.CUELINE_SETUP === 'trial' ? 7 : 0`)],
    })
    const behind = await provider.prepare(requestOf(1), never)
    writeAt(behind.path, 'mine.txt', '1')
    const other = await provider.prepare(requestOf(2), never)
    writeAt(other.path, 'other.txt', '1')
    await provider.land(await provider.tryMerge(other, never), confirmed)
    await expect(provider.tryMerge(behind, never)).rejects.toMatchObject({
      code: 'refused',
      retryable: true,
      message: expect.stringContaining('exited with code 7'),
    })
    const plain = open()
    const trial = await plain.tryMerge(behind, never)
    expect(trial.ok).toBe(true)
    await plain.abandon(trial)
    const root = join(repository.folder, '.cueline', 'workspaces')
    expect(readdirSync(root).filter((name) => name.startsWith('trial-'))).toEqual([])
  })
})

describe('the teardown of a workspace [X-07]', () => {
  const note = (name: string, code = 0) =>
    node(
      `require('fs').appendFileSync(process.argv[1], process.argv[2] + '\\n'); console.log('bye'); process.exitCode = ${code}`,
      join(repository.folder, 'notes.log'),
      `${name} {slug}`,
    )

  it('runs before it is removed, whatever fails of it, and its problems are told', async () => {
    const provider = open({ teardown: [note('one', 1), note('two'), ['no-such-program']] })
    const workspace = await provider.prepare(requestOf(1), never)
    writeAt(workspace.path, 'work.txt', 'work')
    const { salvaged, problems = [] } = await provider.remove(workspace)
    expect(repository.show(salvaged ?? '', 'work.txt')).toBe('work')
    const slug = workspace.env?.['CUELINE_SLUG']
    expect(readAt(repository.folder, 'notes.log')).toBe(`one ${slug}\ntwo ${slug}\n`)
    expect(problems).toEqual([
      expect.stringMatching(/teardown of the workspace of attempt_1 failed: .*code 1.*last: bye/),
      expect.stringMatching(/"no-such-program" was not found/),
    ])
    expect(existsSync(pathOf(workspace))).toBe(false)
    expect(await provider.remove(workspace)).toEqual({ salvaged: null, gone: true })
    expect(readAt(repository.folder, 'notes.log')?.split('\n')).toHaveLength(3)

    const other = await provider.prepare(requestOf(2), never)
    const removed = await open().remove(other)
    expect(removed.problems).toEqual([
      expect.stringMatching(/commands for its teardown, which this one does not have.*t2_/),
    ])
  })

  it('runs after a set-up that failed half way, and after a process that was killed in it', async () => {
    const teardown = [note('given back')]
    await refusal({ run: [['false']], teardown })
    expect(readAt(repository.folder, 'notes.log')).toMatch(/^given back t1_/)

    rmSync(join(repository.folder, 'notes.log'))
    const setup: WorkspaceSetup = {
      copy: ['.env'],
      ports: ['PORT'],
      run: [['sh', '-c', 'echo half-made > unignored.txt; kill -9 $PPID']],
      teardown,
    }
    const program = fileURLToPath(new URL('./fixtures/prepare-once.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      ['--conditions=cueline-source', program, repository.folder, JSON.stringify(setup)],
      { stdio: 'inherit', env: { PATH: process.env.PATH } },
    )
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
    const next = open(setup)
    const [left] = await next.list()
    expect(left?.env?.['PORT']).toMatch(/^\d+$/)
    // What a set-up had made is no work, so nothing of it is salvaged.
    expect(await next.remove({ attemptId: requestOf(1).attemptId })).toEqual({ salvaged: null })
    expect(await next.list()).toEqual([])
    expect(readAt(repository.folder, 'notes.log')).toMatch(/^given back/)
    expect(existsSync(left?.env?.['TMPDIR'] ?? '')).toBe(false)
    expect(readdirSync(join(repository.folder, '.git', 'cueline', 'ports'))).toEqual([])
    expect(repository.git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(isStored()).toBe(false)
  })
})

describe('an agent in a workspace that was set up [X-07]', () => {
  it('sees neither copies nor a linked folder that is ignored by its name as changes', async () => {
    writeAt(repository.folder, '.gitignore', '.env*\nnode_modules\n')
    repository.git('commit', '-qam', 'ignore links too')
    const provider = open({ copy: ['.env'], link: ['node_modules'] })
    const workspace = await provider.prepare(requestOf(1), never)
    expect(gitIn(pathOf(workspace), 'status', '--porcelain')).toBe('')
  })
})
