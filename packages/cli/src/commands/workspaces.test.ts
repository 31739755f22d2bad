import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

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
    const terminal = capturedTerminal({ cwd, columns: 150 })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  git('init', '-q', '-b', 'main')
  git('commit', '-q', '--allow-empty', '-m', 'start')
  await cueline('import', 'plan.json')
  await cueline('stage', '--force')
  const command = `"${process.execPath}" "${join(cwd, 'agent.mjs')}"`
  await cueline('run', '--agent', command, ...place)
  return { git, cueline }
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

  it('finds the folder that runs have worked in where there is no repository', async () => {
    const { cueline } = await afterFailedRun([])
    const { stdout } = await cueline('workspaces', 'show', 'T1')
    expect(stdout).toMatch(/kept +\/.*salvage\/attempt_/)
    const { code, stderr } = await cueline('workspaces', 'restore', 'T1')
    expect(code).toBe(2)
    expect(stderr).toMatch(/have no branches\. The kept files are in/)
  })
})
