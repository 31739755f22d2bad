import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', touches: ['T1.txt'] },
    { id: 'T2', title: 'Water the plants', dependsOn: ['T1'] },
  ],
})
const agent = `
import { readFileSync, writeFileSync } from 'node:fs'
const { task } = JSON.parse(readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
writeFileSync(task.code + '.txt', 'done')
`
/** As much of gh as one pull request needs; what it is asked stands beside it. */
const gh = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
const [word, ...rest] = process.argv.slice(3)
const state = new URL('pull.json', import.meta.url)
const pull = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : null
appendFileSync(new URL('asked.txt', import.meta.url), [word, ...rest].join(' ') + '\\n')
if (word === 'list') console.log(JSON.stringify(pull === null ? [] : [pull]))
else if (word === 'view') console.log(JSON.stringify(pull))
else if (word === 'create') {
  const url = 'https://forge.example/greenhouse/pull/7'
  writeFileSync(state, JSON.stringify({ number: 7, url, state: 'OPEN', statusCheckRollup: [] }))
  writeFileSync(new URL('body.md', import.meta.url), readFileSync(0, 'utf8'))
  console.log(url)
}
`

describe('cueline deliver [S4-06]', () => {
  let cwd: string
  let where: string
  const git = (folder: string, ...args: string[]) =>
    execFileSync('git', args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  const command = () => `"${process.execPath}" "${join(where, 'gh.mjs')}"`

  beforeEach(async () => {
    where = temporaryFolder(onTestFinished, { 'agent.mjs': agent, 'gh.mjs': gh, 'plan.json': plan })
    cwd = temporaryFolder(onTestFinished, { 'README.md': 'greenhouse\n' })
    git(where, 'init', '-q', '--bare', '-b', 'main', 'remote.git')
    git(cwd, 'init', '-q', '-b', 'main')
    git(cwd, 'config', 'user.name', 'Test')
    git(cwd, 'config', 'user.email', 'test@example.org')
    git(cwd, 'add', '-A')
    git(cwd, 'commit', '-q', '-m', 'start')
    git(cwd, 'remote', 'add', 'origin', join(where, 'remote.git'))
    git(cwd, 'push', '-q', 'origin', 'main')
    await cueline('import', join(where, 'plan.json'))
    await cueline('stage', '--force')
  })

  it('pushes what has landed, makes a pull request of it and follows that to its end', async () => {
    const work = `"${process.execPath}" "${join(where, 'agent.mjs')}"`
    const ran = await cueline('run', '--agent', work, '--repository', '.', '--workers', '2')
    expect([ran.code, ran.stderr]).toEqual([0, expect.any(String)])

    const made = await cueline('deliver', '--command', command())
    expect([made.code, made.stderr]).toEqual([0, ''])
    expect(made.stdout).toMatch(/^[0-9a-f]{12} to main: open\.\s+https:\S+\/pull\/7\n$/)
    const branches = git(join(where, 'remote.git'), 'for-each-ref', '--format=%(refname:short)')
    expect(branches).toMatch(/^cueline\/deliver\/greenhouse-[a-z0-9-]+-1\nmain\n$/)
    const branch = branches.split('\n')[0] ?? ''
    const files = git(join(where, 'remote.git'), 'ls-tree', '--name-only', branch)
    expect(files).toContain('T2.txt')
    const body = readFileSync(join(where, 'body.md'), 'utf8')
    expect(body).toContain('**T1** Measure the light')

    const pull = { number: 7, url: 'https://forge.example/greenhouse/pull/7', state: 'MERGED' }
    const checks = [{ state: 'SUCCESS' }]
    writeFileSync(join(where, 'pull.json'), JSON.stringify({ ...pull, statusCheckRollup: checks }))
    const status = await cueline('deliver', '--status', '--command', command(), '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({
      deliveries: [{ number: 1, state: 'merged', checks: 'passing', base: 'main' }],
    })
    const report = await cueline('report')
    expect(report.stdout).toMatch(/Delivered +to main: merged, checks passing/)
    expect(report.stdout).toMatch(/Merges +100\.0 % without conflict: 2 landed/)
    expect(report.stdout).toMatch(/Files +precision 100\.0 %, recall 100\.0 %/)
  }, 60_000)

  it('reads back from the gh in PATH whatever becomes of it, and says what changed', async () => {
    const bin = join(where, 'bin')
    mkdirSync(bin)
    writeFileSync(
      join(bin, 'gh'),
      `#!/bin/sh\nexec "${process.execPath}" "${join(where, 'gh.mjs')}" "$@"\n`,
    )
    chmodSync(join(bin, 'gh'), 0o755)
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    const work = `"${process.execPath}" "${join(where, 'agent.mjs')}"`
    await cueline('run', '--agent', work, '--repository', '.', '--workers', '2')
    const made = await cueline('deliver')
    expect([made.code, made.stderr]).toEqual([0, ''])

    const url = 'https://forge.example/greenhouse/pull/7'
    const seen: string[] = []
    const become = async (state: string, ...statusCheckRollup: object[]) => {
      const pull = { number: 7, url, state, statusCheckRollup }
      writeFileSync(join(where, 'pull.json'), JSON.stringify(pull))
      const { code, stdout } = await cueline('deliver', '--status')
      expect(code).toBe(0)
      seen.push(stdout.replaceAll(/\s+/g, ' ').replace(/^[0-9a-f]{12} to main: | https:.*$/g, ''))
    }
    // As gh 2 tells checks: runs of workflows, and statuses of commits.
    await become('OPEN', { __typename: 'CheckRun', status: 'IN_PROGRESS', conclusion: '' })
    await become(
      'OPEN',
      { __typename: 'CheckRun', status: 'COMPLETED', conclusion: 'SUCCESS' },
      { __typename: 'StatusContext', state: 'FAILURE' },
    )
    await become('OPEN', { __typename: 'CheckRun', status: 'COMPLETED', conclusion: 'SKIPPED' })
    await become('CLOSED')
    expect(seen).toEqual([
      'open, checks pending.',
      'open, checks failing.',
      'open, checks passing.',
      'closed.',
    ])
    const log = (await cueline('events', '--last', '100', '--json')).stdout
    const { events } = JSON.parse(log) as { events: { type: string; set?: object }[] }
    const told = events.filter(({ type }) => type === 'delivery.changed').map(({ set }) => set)
    expect(told).toEqual([
      { checks: 'pending' },
      { checks: 'failing' },
      { checks: 'passing' },
      { state: 'closed', checks: 'none' },
    ])
  }, 60_000)

  it('says what to do when nothing has landed, and when there is no gh', async () => {
    const early = await cueline('deliver', '--command', command())
    expect([early.code, early.stderr]).toEqual([3, expect.stringContaining('Run it first')])
    const none = await cueline('deliver', '--status')
    expect(none.stdout).toContain('Nothing of "Greenhouse" has been delivered')
    const work = `"${process.execPath}" "${join(where, 'agent.mjs')}"`
    await cueline('run', '--agent', work, '--repository', '.')
    const missing = await cueline('deliver', '--command', 'no-such-gh')
    expect(missing.code).toBe(2)
    expect(missing.stderr.replaceAll(/\s+/g, ' ')).toContain('gh auth login')
  }, 60_000)
})
