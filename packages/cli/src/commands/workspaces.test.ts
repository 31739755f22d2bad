import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { gitWorkspaces } from '@cueline/adapter-git'
import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '@cueline/core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const agent = `
import { writeFileSync } from 'node:fs'
writeFileSync('found.txt', 'half of it')
process.exit(1)
`
const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [{ id: 'T1', title: 'Measure the light' }],
})

async function afterFailedRun(place: readonly string[]) {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan, 'agent.mjs': agent })
  const git = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
    return execFileSync('git', [...author, ...args], { cwd, env, encoding: 'utf8' })
  }
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd, columns: 80 })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  git('init', '-q', '-b', 'main')
  git('commit', '-q', '--allow-empty', '-m', 'start')
  await cueline('import', 'plan.json')
  await cueline('stage', '--force')
  const command = `"${process.execPath}" "${join(cwd, 'agent.mjs')}"`
  await cueline('run', '--agent', command, ...place)
  return { cwd, git, cueline }
}

describe('cueline workspaces [X-07, S4-10]', () => {
  it('lists, explains and restores what failed attempts have left', async () => {
    const { git, cueline } = await afterFailedRun(['--repository', '.'])
    expect((await cueline('workspaces')).stdout).toMatch(/^No workspace stands.* --kept\.\n$/)

    const { workspaces } = JSON.parse((await cueline('workspaces', '--kept', '--json')).stdout) as {
      workspaces: { attemptId: string; task: string; attempt: number; kept: { name: string }[] }[]
    }
    expect(workspaces.map(({ task, attempt }) => [task, attempt])).toEqual([
      ['T1', 1],
      ['T1', 2],
      ['T1', 3],
    ])
    const table = (await cueline('workspaces', '--kept')).stdout
    expect(table).toMatch(/^task +attempt +state +age +changed +where\n/)
    expect(table).toMatch(/^T1 #3 +attempt_\w{8} +removed +\S+.* +refs\/cueline\/salvage\//m)

    // However narrow the terminal is: names of refs are copied.
    for (const { kept } of workspaces) {
      for (const { name } of kept.slice(0, 1)) expect(table).toMatch(new RegExp(` ${name}$`, 'm'))
    }

    const shown = (await cueline('workspaces', 'show', 'T1')).stdout
    expect(shown).toMatch(/^T1, attempt 3 \(attempt_/)
    expect(shown).toMatch(/why +Attempt 3 of T1 is failed; its workspace is gone/)
    const command = shown.split('\n').find((line) => line.startsWith('  git diff ')) ?? ''
    expect(git(...command.trim().split(' ').slice(1))).toContain('+half of it')

    const { code, stdout } = await cueline('workspaces', 'restore', 'T1', '--as', 'rescue/t1')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Made branch rescue\/t1 of refs/)])
    expect(git('show', 'rescue/t1:found.txt')).toBe('half of it')
    expect(git('branch', '--show-current').trim()).toBe('main')
    const [first] = workspaces
    const named = await cueline('workspaces', 'restore', first?.kept[0]?.name ?? '', '--json')
    expect(JSON.parse(named.stdout)).toMatchObject({
      branch: `cueline/restored/t1-${first?.attemptId}`,
    })
    expect((await cueline('workspaces', 'remove', 'T1')).stdout).toMatch(/is gone already/)
  })

  it('helps with what it cannot find or do', async () => {
    const { cueline } = await afterFailedRun(['--repository', '.'])
    const fails = async (...args: string[]) => {
      const { code, stderr } = await cueline('workspaces', ...args)
      return [code, stderr.replaceAll(/\s+/g, ' ')]
    }
    expect(await fails('show', 'T9')).toEqual([
      2,
      expect.stringMatching(/No workspace fits "T9"\. There are attempt_\w+ \(T1\), .*--kept/),
    ])
    expect(await fails('restore', 'T1', '--as', 'main')).toEqual([
      3,
      expect.stringMatching(/Branch "main" cannot be made: it is there already/),
    ])
    expect(await fails('restore', 'T1', '--as=--force')).toEqual([
      2,
      expect.stringMatching(/"--force" is no name for a branch/),
    ])
    expect(await fails('--repository', '..')).toEqual([
      2,
      expect.stringMatching(/is no git repository that runs have worked in/),
    ])
    expect(await fails('--result', 'elsewhere')).toEqual([
      2,
      expect.stringMatching(/elsewhere is no folder that runs have worked in/),
    ])
  })

  it('tells in the log what becomes of them, and lets go what is old', async () => {
    const { git, cueline } = await afterFailedRun(['--repository', '.'])
    await cueline('workspaces', 'restore', 'T1', '--as', 'rescue/t1')
    const log = (await cueline('events', '--last', '1000')).stdout
    expect(log.match(/ workspace\.created {2}T1 {2}\/.*\/workspaces\/t1-attempt_/g)).toHaveLength(3)
    expect(log.match(/ workspace\.removed {2}T1 {2}refs\/cueline\/salvage\//g)).toHaveLength(3)
    expect(log).toMatch(/ workspace\.restored {2}T1 {2}rescue\/t1$/m)

    const prune = async (...args: string[]) =>
      (await cueline('workspaces', 'prune', ...args)).stdout
    expect(await prune()).toBe('Nothing is old enough to be let go.\n')
    const dry = await prune('--older-than', '0d', '--kept-older-than', '0', '--dry-run')
    expect(dry.match(/^Would let go the work kept as refs\/cueline\/salvage\//gm)).toHaveLength(2)
    expect(dry).toMatch(/^Would let go \d records?: 1 salvage/m)
    const all = ['--older-than', '0d', '--kept-older-than', '0']
    const { pruned } = JSON.parse(await prune(...all, '--json')) as {
      pruned: { name: string; commit: string; lastCopy: boolean }[]
    }
    expect(pruned.filter(({ lastCopy }) => lastCopy)).toHaveLength(2)
    expect(git('for-each-ref', 'refs/cueline').trim()).toBe('')
    // Their names and commits are in the log for whoever wants one back.
    const events = (await cueline('events', '--last', '1000', '--json')).stdout
    for (const { commit, lastCopy } of pruned) if (lastCopy) expect(events).toContain(commit)
    expect(git('show', 'rescue/t1:found.txt')).toBe('half of it')
  })

  it('lists lanes that are parked for the next attempt', async () => {
    const { cwd, cueline } = await afterFailedRun(['--repository', '.', '--policy', 'lane'])
    const { workspaces, parked } = JSON.parse((await cueline('workspaces', '--json')).stdout) as {
      workspaces: unknown[]
      parked: { lane: string; path: string }[]
    }
    expect(workspaces).toEqual([])
    // An attempt that starts before the one before it has left its lane takes another one.
    expect(parked.map(({ lane }) => lane)).toContain('lane-1')
    const { stdout } = await cueline('workspaces')
    for (const { lane, path, ...rest } of parked) {
      expect(path).toBe(join(cwd, '.cueline', 'workspaces', `${lane}.parked`))
      expect(rest).toEqual({
        attemptId: expect.stringMatching(/^attempt_/) as string,
        parkedAt: expect.any(Number) as number,
      })
      const line = stdout.split('\n').find((each) => each.startsWith(`${lane} `))
      expect(line).toMatch(/^lane-\d +attempt_\w{8} +parked +\S+.* +- +\/.*\/lane-\d\.parked$/)
      expect(stdout).toContain(` ${path}\n`)
      rmSync(path, { recursive: true })
    }
    expect((await cueline('workspaces')).stdout).toMatch(/^No workspace stands/)
  })

  it('gives back what the set-up of a workspace took when a person removes it', async () => {
    const { cwd, cueline } = await afterFailedRun(['--repository', '.'])
    const { workspaces } = JSON.parse((await cueline('workspaces', '--kept', '--json')).stdout) as {
      workspaces: { attemptId: AttemptId }[]
    }
    const [, second, third] = workspaces
    const database = join(cwd, 'database-{slug}')
    const setup = { run: [['touch', database]], teardown: [['rm', database]] }
    writeFileSync(join(cwd, 'setup.json'), JSON.stringify(setup))
    // As a run leaves them that was killed while it removed its workspaces.
    const root = join(cwd, '.cueline', 'workspaces')
    const provider = gitWorkspaces({ repository: cwd, root, setup })
    for (const [at, each] of [second, third].entries()) {
      const attemptId = each?.attemptId as AttemptId
      const task = { projectId: 'p' as ProjectId, taskId: 't' as TaskId, code: 'T1', title: 'one' }
      const order = { workOrderId: `order_${at}` as WorkOrderId, attemptId, fence: 1 }
      await provider.prepare({ ...task, ...order }, new AbortController().signal)
    }
    await provider.close()
    const databases = () => readdirSync(cwd).filter((name) => name.startsWith('database-'))
    expect(databases()).toHaveLength(2)

    const given = await cueline('workspaces', 'remove', 'T1', '--setup', 'setup.json')
    expect([given.code, given.stderr]).toEqual([0, ''])
    expect(given.stdout).toMatch(/^Removed the workspace of T1\./)
    expect(databases()).toHaveLength(1)
    const without = await cueline('workspaces', 'remove', 'T1')
    expect(without.stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /set up by a process with commands for its teardown, which this one does not have/,
    )
    expect(databases()).toHaveLength(1)
  })

  it('finds the folder that runs have worked in where there is no repository', async () => {
    const { cueline } = await afterFailedRun([])
    const { stdout } = await cueline('workspaces', 'show', 'T1')
    expect(stdout).toMatch(/kept +\/.*salvage\/attempt_/)
    const { code, stderr } = await cueline('workspaces', 'restore', 'T1')
    expect(code).toBe(2)
    expect(stderr).toMatch(/have no branches\. The kept files are in/)
  })
})
