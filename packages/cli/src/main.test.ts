import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'

import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from './captured-terminal.ts'
import { runProgram } from './program.ts'
import { temporaryFolder } from './temporary-folder.ts'

const program = join(import.meta.dirname, 'main.ts')
const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light' },
    { id: 'T2', title: 'Water the plants', dependsOn: ['T1'] },
  ],
})
/** Says who it is, then works for longer than any test takes. */
const sleeper = `
import { writeFileSync } from 'node:fs'
writeFileSync(process.argv[2], String(process.pid))
setInterval(() => {}, 1_000)
`

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the real program, as a shell would. */
function start(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}, uid?: number) {
  const child = spawn(process.execPath, ['--conditions=cueline-source', program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  })
  return { child, ended: endOf(child) }
}

function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

function run(args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv, uid?: number) {
  return start(args, cwd, env, uid).ended
}

async function stagedFolder(): Promise<string> {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan, 'sleeper.mjs': sleeper })
  await runProgram(['import', 'plan.json'], capturedTerminal({ cwd }))
  await runProgram(['stage', '--force'], capturedTerminal({ cwd }))
  return cwd
}

describe('the cueline program', { timeout: 60_000 }, () => {
  it('exits with 0 for a plan, 2 for one with problems and 2 for a word it does not know', async () => {
    const tangled = JSON.stringify({ tasks: [{ id: 'a', title: 'A', dependsOn: ['a'] }] })
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan, 'tangled.json': tangled })
    const [good, bad, unknown] = await Promise.all([
      run(['plan', 'plan.json', '--json'], cwd),
      run(['plan', 'tangled.json', '--json'], cwd),
      run(['plna', 'plan.json'], cwd),
    ])
    expect([good.code, bad.code, unknown.code]).toEqual([0, 2, 2])
    expect(JSON.parse(good.stdout)).toMatchObject({ tasks: 2, problems: [] })
    expect(JSON.parse(bad.stdout)).toMatchObject({ problems: [{ kind: 'self' }] })
    expect(unknown.stderr).toContain('Did you mean plan?')
    expect(good.stderr + bad.stderr).toBe('')
  })

  it('does not mind a reader that has seen enough', async () => {
    const tasks = Array.from({ length: 5_000 }, (_, at) => ({ id: `t${at}`, title: `Task ${at}` }))
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': JSON.stringify({ tasks }) })
    const { child, ended } = start(['plan', 'plan.json', '--json'], cwd)
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { code, stderr } = await ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('uses colours only where they are wanted', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan })
    const [piped, forced, refused] = await Promise.all([
      run(['plan', 'plan.json'], cwd),
      run(['plan', 'plan.json'], cwd, { FORCE_COLOR: '1' }),
      run(['plan', 'plan.json'], cwd, { NO_COLOR: '1' }),
    ])
    expect(forced.stdout).toContain('\u001b[1mGreenhouse')
    expect(piped.stdout).not.toContain('\u001b')
    expect(refused.stdout).not.toContain('\u001b')
  })

  it('keeps standard output pure JSON while it tells of the run on standard error', async () => {
    const cwd = await stagedFolder()
    const { code, stdout, stderr } = await run(['run', '--agent', 'true', '--json'], cwd)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ ended: 'rested', tasks: { done: 2, total: 2 } })
    expect(stderr).toContain('T1 Measure the light: done after')
  })

  it('stops on Ctrl-C with 130, takes its agents along, and goes on with the same command', async () => {
    const cwd = await stagedFolder()
    const pidFile = join(cwd, 'agent.pid')
    const agent = `"${process.execPath}" "${join(cwd, 'sleeper.mjs')}" "${pidFile}"`
    const { child, ended } = start(['run', '--agent', agent, '--drain', '0'], cwd)
    const pid = await pidIn(pidFile)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(code).toBe(130)
    expect(stderr).toContain('Nothing is lost; the same command goes on.')
    expect(isAlive(pid)).toBe(false)

    const resumed = await run(['run', '--agent', 'true', '--json'], cwd)
    expect(resumed.code).toBe(0)
    expect(JSON.parse(resumed.stdout)).toMatchObject({ tasks: { done: 2 } })
  })

  it('ends at once on the second Ctrl-C, and its agents end too', async () => {
    const cwd = await stagedFolder()
    const pidFile = join(cwd, 'agent.pid')
    const agent = `"${process.execPath}" "${join(cwd, 'sleeper.mjs')}" "${pidFile}"`
    const { child, ended } = start(['run', '--agent', agent, '--drain', '600'], cwd)
    const pid = await pidIn(pidFile)
    child.kill('SIGINT')
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('Ctrl-C again')) resolve()
      })
    })
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    await waitUntil(() => !isAlive(pid), 'The agent that was left lives on.')
  })
})

describe('a database that cannot be used', { timeout: 60_000 }, () => {
  it('of a newer version is left alone, with 4 and the way out', async () => {
    const cwd = await stagedFolder()
    const file = join(cwd, '.cueline/cueline.db')
    const database = new DatabaseSync(file)
    database.exec("insert into migrations values (9999, 'from-the-future', 'x')")
    database.close()
    const { code, stderr } = await run(['status'], cwd)
    expect(code).toBe(4)
    expect(stderr).toContain('Update Cueline')
    expect(stderr).not.toContain('    at ')
  })

  it('that is no database is named, with 4', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'notes.db': 'this is no database\n'.repeat(100) })
    const { code, stderr } = await run(['status', '--db', 'notes.db'], cwd)
    expect(code).toBe(4)
    expect(stderr).toContain('notes.db')
    expect(readFileSync(join(cwd, 'notes.db'), 'utf8')).toContain('this is no database')
  })

  it('in a folder that may not be written to is refused, with 4 and the option to choose another', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan })
    chmodSync(cwd, 0o555)
    onTestFinished(() => chmodSync(cwd, 0o755))
    // Root may write anywhere, whatever the bits say.
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined
    const { code, stderr } = await run(['import', 'plan.json'], cwd, {}, nobody)
    expect(code).toBe(4)
    expect(stderr).toContain('--db')
    expect(existsSync(join(cwd, '.cueline'))).toBe(false)
  })
})

async function pidIn(file: string): Promise<number> {
  const read = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)
  await waitUntil(() => read() > 0, 'The agent did not start.')
  return read()
}

async function waitUntil(holds: () => boolean, otherwise: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(otherwise)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
