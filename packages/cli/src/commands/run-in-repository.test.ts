import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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

/** Writes down what it finds in its worktree and its environment. */
const look = `
import { readFileSync, writeFileSync } from 'node:fs'
const { PORT: port, DATABASE: database } = process.env
const [env, made] = ['.env', 'made.db'].map((name) => readFileSync(name, 'utf8'))
writeFileSync('seen.json', JSON.stringify({ port, database, env, made }))
`

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
  const write = (name: string, text: string) => writeFileSync(join(cwd, name), text)
  return {
    cwd,
    git,
    cueline,
    write,
    agentCommand: `"${process.execPath}" "${join(cwd, 'agent.mjs')}"`,
  }
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

  it('sets worktrees up as a file says, and says what is wrong with it', async () => {
    const { cwd, git, cueline, write } = workplace()
    git('init', '-q', '-b', 'main')
    write('.gitignore', '.env\nnode_modules\n*.db\n.cueline\n')
    git('add', '.gitignore')
    git('commit', '-q', '-m', 'start')
    write('.env', 'SECRET=1\n')
    write('look.mjs', look)
    write(
      'one.json',
      JSON.stringify({ project: { name: 'One' }, tasks: [{ id: 'T1', title: 'A' }] }),
    )
    await cueline('import', 'one.json')
    await cueline('stage', '--force')
    const run = async (...args: string[]) => {
      const agent = `"${process.execPath}" "${cwd}/look.mjs"`
      const { code, stderr } = await cueline('run', '--agent', agent, ...args)
      return { code, stderr: stderr.replaceAll(/\s+/g, ' ') }
    }
    const setUp = async (text: string, ...args: string[]) => {
      write('setup.json', text)
      return await run('--repository', '.', '--setup', 'setup.json', ...args)
    }
    expect((await run('--setup', 'setup.json')).stderr).toMatch(/--repository \. --setup/)
    expect((await run('--max-workspaces', '2')).stderr).toMatch(
      /--repository \.\s+--max-workspaces/,
    )
    expect((await setUp('{')).stderr).toMatch(/setup\.json is not JSON .* "copy"/)
    expect((await setUp('{"copies":[]}')).stderr).toMatch(/--setup setup\.json: .*"copies" is \[\]/)
    expect((await setUp('{"copy":[".env.test"]}')).stderr).toMatch(/names "\.env\.test"/)
    const missing = await run('--repository', '.', '--setup', 'nowhere.json')
    expect(missing.stderr).toMatch(/--setup nowhere\.json cannot be read/)

    const setup = {
      copy: ['.env'],
      ports: ['PORT'],
      env: { DATABASE: 'app_{slug}' },
      run: [[process.execPath, '-e', `fs.writeFileSync('made.db', process.env.DATABASE)`]],
    }
    const done = await setUp(
      JSON.stringify(setup),
      '--gate',
      'cat made.db',
      '--max-workspaces',
      '1',
    )
    expect(done.code, done.stderr).toBe(0)
    const seen = JSON.parse(git('show', 'cueline/main:seen.json')) as Record<string, string>
    expect(seen).toMatchObject({ env: 'SECRET=1\n', made: seen['database'] })
    expect(seen['database']).toMatch(/^app_t1_[0-9a-f]{16}$/)
    expect(seen['port']).toMatch(/^2\d{4}$/)
    expect(git('ls-tree', '-r', '--name-only', 'cueline/main')).toBe('.gitignore\nseen.json\n')
  })

  it('goes on as soon as one of fewer workspaces than workers is free, and counts no failure', async () => {
    const { cwd, git, cueline, write } = workplace()
    git('init', '-q', '-b', 'main')
    git('commit', '-q', '--allow-empty', '-m', 'start')
    write('touch.mjs', `import fs from 'node:fs'; fs.writeFileSync(process.ppid + '.txt', '')`)
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const agent = `"${process.execPath}" "${join(cwd, 'touch.mjs')}"`
    const limited = ['--repository', '.', '--workers', '3', '--max-workspaces', '1']
    const { code, stdout, stderr } = await cueline('run', '--json', '--agent', agent, ...limited)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('--max-workspaces 1 leaves no workspace for more than 1 of the 3')
    expect(JSON.parse(stdout)).toMatchObject({
      tasks: { done: 3 },
      attempts: 3,
      workers: 1,
      attemptsByStatus: { succeeded: 3, failed: 0, yielded: 0 },
    })
  })

  it('lands what is protected where the command line allows it', async () => {
    const { cwd, git, cueline, agentCommand } = workplace()
    git('init', '-q', '-b', 'main')
    git('commit', '-q', '--allow-empty', '-m', 'start')
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const gate = `"${process.execPath}" -e "require('fs').writeFileSync('AGENTS.md','')"`
    const allowed = ['--allow-path', 'AGENTS.md', '--allow-path', 'GEMINI.md']
    const run = ['run', '--agent', agentCommand, '--repository', '.', '--workers', '3']
    const { code, stdout, stderr } = await cueline(...run, '--gate', gate, ...allowed)
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(`on branch cueline/main of ${cwd};`)
    expect(stdout).toMatch(/ git merge cueline\/main, [^]*cueline deliver$/m)
    expect(git('show', 'cueline/main:AGENTS.md')).toBe('')
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
    expect(await fails('--merge-group', '2')).toMatch(/--repository \.\s+--merge-group\s+2/)
    expect(await fails('--branch', 'next')).toMatch(/--repository \.\s+--branch\s+next/)
  })

  it('starts no attempt in a repository with submodules', async () => {
    const { cueline, git, write, agentCommand } = workplace()
    git('init', '-q', '-b', 'main')
    write('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = ./x\n')
    git('add', '.gitmodules')
    git('commit', '-q', '-m', 'start')
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const { code, stderr } = await cueline('run', '--agent', agentCommand, '--repository', '.')
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/has\s+submodules/)
    const events = (await cueline('events', '--json')).stdout
    expect(events).toContain('"batch.')
    expect(events).not.toContain('"attempt.')
    expect(git('branch', '--list', 'cueline/*')).toBe('')
  })

  it('names the folder that work has landed in, and the commands that reach it from elsewhere', async () => {
    const { cwd, git, cueline, agentCommand } = workplace()
    git('init', '-q', '-b', 'main', "Ada's work")
    git('-C', "Ada's work", 'commit', '-q', '--allow-empty', '-m', 'start')
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const run = ['run', '--agent', agentCommand, '--repository', "Ada's work", '--workers', '3']
    const { code, stdout, stderr } = await cueline(...run)
    expect(code, stderr).toBe(0)
    const shown = `'${cwd}/Ada'\\''s work'`
    expect(stdout).toContain(`on branch cueline/main of ${cwd}/Ada's work;`)
    expect(stdout).toContain(`git -C ${shown} merge cueline/main, or`)
    expect(stdout).toContain(`cueline deliver --repository ${shown}\n`)
  })
})
