import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/**
 * Adds a line of its own at the end of one file, but only once all three have begun: so they start
 * from the same file and contradict each other.
 */
const agent = `
import { appendFileSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
const { task } = JSON.parse(readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
const begun = () => readdirSync(import.meta.dirname).filter((name) => name.startsWith('begun-')).length
const watcher = watch(import.meta.dirname, finish)
writeFileSync(import.meta.dirname + '/begun-' + task.code, '')
finish()
function finish() {
  if (begun() < 3) return
  watcher.close()
  appendFileSync('shared.txt', task.code + '\\n')
  process.exit(0)
}
`

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: ['T1', 'T2', 'T3'].map((id) => ({ id, title: `Add the line of ${id}` })),
})

function workplace() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan, 'agent.mjs': agent })
  const git = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
    return execFileSync('git', [...author, ...args], { cwd, env, encoding: 'utf8' })
  }
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  return { git, cueline, agentCommand: `"${process.execPath}" "${join(cwd, 'agent.mjs')}"` }
}

describe('cueline run --repository [X-06, S3-04]', () => {
  it('gives each attempt a worktree, lands on a branch, and has conflicts resolved by a new attempt', async () => {
    const { git, cueline, agentCommand } = workplace()
    git('init', '-q', '-b', 'main')
    git('commit', '-q', '--allow-empty', '-m', 'start')
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const run = ['run', '--agent', agentCommand, '--repository', '.', '--workers', '3']
    const { code, stdout, stderr } = await cueline(...run)
    expect(code, stderr).toBe(0)
    expect(stdout + stderr).toMatch(/shared\.txt changed in this attempt and on cueline\/main/)

    const lines = git('show', 'cueline/main:shared.txt').trim().split('\n')
    expect(lines.toSorted()).toEqual(['T1', 'T2', 'T3'])
    const subjects = git('log', '--format=%s', 'main..cueline/main')
    for (const task of ['T1', 'T2', 'T3']) expect(subjects).toContain(`${task}: Add the line of`)
    // Neither the checkout nor the user's branch has changed.
    expect(git('log', '--format=%s', 'main').trim()).toBe('start')
    expect(git('status', '--porcelain', '--untracked-files=no')).toBe('')
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  })

  it('says what to do where there is no repository, or too many places to land in', async () => {
    const { cueline, agentCommand } = workplace()
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const fails = async (...args: string[]) => {
      const { code, stderr } = await cueline('run', '--agent', agentCommand, ...args)
      expect(code).not.toBe(0)
      return stderr
    }
    expect(await fails('--repository', '.')).toMatch(/no git repository in[\s\S]*git init/)
    expect(await fails('--repository', '.', '--result', 'out')).toMatch(/Leave one of them\s+out/)
    expect(await fails('--branch', 'next')).toMatch(/--repository \.\s+--branch\s+next/)
  })
})
