import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { allPass, runGates, type TaskContext } from '@cueline/core'
import { exampleBrief } from '@cueline/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { findProcess } from '../process/list-processes.ts'
import { commandGate } from './command-gate.ts'
import { commandGates } from './command-gates.ts'

let path: string
let stateFolder: string
const never = new AbortController().signal

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'command-gate-test-'))
  stateFolder = mkdtempSync(join(tmpdir(), 'command-gate-state-'))
})

afterEach(() => {
  const left = readdirSync(stateFolder)
  if (left.length > 0) throw new Error(`Records of processes are left: ${left.join(', ')}`)
  rmSync(path, { recursive: true })
  rmSync(stateFolder, { recursive: true })
})

const judge = (command: readonly string[], options: { timeoutMs?: number } = {}, signal = never) =>
  commandGate({ name: 'tests', command, stateFolder, graceMs: 100, ...options }).judge(
    { attempt: exampleBrief(), path },
    signal,
  )
const node = (script: string) => [process.execPath, '-e', script]

describe('a command as gate [X-08]', () => {
  it('passes on exit code 0 and fails on any other, with the end of what was printed', async () => {
    expect(await judge(node(`console.log('12 passed')`))).toMatchObject({
      gate: 'tests',
      result: 'pass',
      cause: null,
      evidence: '12 passed\n',
    })
    const script = `console.log('x'.repeat(100000)); console.error('1 failed'); process.exitCode = 1`
    const failed = await judge(node(script))
    expect(failed).toMatchObject({ result: 'fail', cause: 'code' })
    expect(failed.summary).toContain('code 1')
    expect(failed.evidence).toContain('1 failed')
    expect(failed.evidence.length).toBeLessThanOrEqual(4001)
  })

  it('runs in the folder that holds the work, from an argument array', async () => {
    writeFileSync(join(path, 'work.txt'), 'there')
    const script = `console.log(require('node:fs').readFileSync('work.txt', 'utf8'), process.argv[1])`
    const verdict = await judge([...node(script), '$(id); `id` && rm -rf .'])
    expect(verdict.evidence).toBe('there $(id); `id` && rm -rf .\n')
  })

  it('gets the variables of the workspace, and hides the secrets among them', async () => {
    const env = { PORT: '20001', DB_PASSWORD: 'of-this-workspace' }
    const attempt = exampleBrief({ workspace: { path, env } })
    const command = node(`console.log(process.env.PORT, process.env.DB_PASSWORD)`)
    const gate = commandGate({ name: 'tests', command, stateFolder, env: { PORT: '3000' } })
    const { evidence } = await gate.judge({ attempt, path }, never)
    expect(evidence).toMatch(/^20001 /)
    expect(evidence).not.toContain('of-this-workspace')
  })

  it('has a key that tells it from every gate that might say something else', () => {
    const command = node('')
    const keyOf = (given: Partial<Parameters<typeof commandGate>[0]> = {}) =>
      commandGate({ name: 'tests', command, stateFolder, ...given }).key
    expect(keyOf()).toBe(keyOf())
    const others = [{ name: 'lint' }, { command: ['true'] }, { timeoutMs: 1 }, { cwd: path }, { env: { A: '1' } }] // prettier-ignore
    expect(new Set([keyOf(), ...others.map(keyOf)]).size).toBe(1 + others.length)
  })

  it('says error, never fail, when nothing is known about the work', async () => {
    const environment = { result: 'error', cause: 'environment' }
    expect(await judge(['no-such-tool'])).toMatchObject(environment)
    expect(await judge(node(`process.kill(process.pid, 'SIGKILL')`))).toMatchObject(environment)
    const late = await judge(node('setInterval(() => {}, 1000)'), { timeoutMs: 50 })
    expect(late).toMatchObject(environment)
    expect(late.summary).toContain('50 ms')
    const homeless = await commandGate({ name: 'x', command: ['true'], stateFolder }).judge(
      { attempt: exampleBrief() },
      never,
    )
    expect(homeless).toMatchObject(environment)
  })

  it('ends what the command has started, on abort too', async () => {
    const pidFile = join(path, 'pid')
    const controller = new AbortController()
    const script = `
      process.on('SIGTERM', () => {})
      const child = require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
      require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, process.pid + ' ' + child.pid)
      setInterval(() => {}, 1000)`
    const verdict = judge(node(script), {}, controller.signal)
    const pids = await fileOf(pidFile)
    controller.abort(new Error('shutting down'))
    await expect(verdict).rejects.toThrow('shutting down')
    expect(await Promise.all(pids.split(' ').map((pid) => findProcess(Number(pid))))).toEqual([
      null,
      null,
    ])
  })
})

describe('the gates of a task [X-08]', () => {
  const context = (gates: TaskContext['gates']): TaskContext => ({
    projectBackground: '',
    architecture: '',
    guidance: '',
    tdd: { cases: [] },
    acceptanceCriteria: [],
    gates,
  })

  it('come from its context; one that cannot be run does not pass', async () => {
    const attempt = exampleBrief({
      task: {
        context: context([
          { name: 'fine', command: ['true'] },
          { name: 'bad', command: ['false'] },
          { name: 'empty', command: [] },
        ]),
      },
    })
    const gates = commandGates({ stateFolder })(attempt)
    const verdicts = await runGates(gates, { attempt, path }, never, { now: Date.now })
    expect(verdicts.map((each) => [each.gate, each.result])).toEqual([
      ['fine', 'pass'],
      ['bad', 'fail'],
      ['empty', 'error'],
    ])
    expect(allPass(verdicts)).toBe(false)
    expect(commandGates()(exampleBrief())).toEqual([])
  })
})

/** The content of a file as soon as there is any. */
async function fileOf(file: string): Promise<string> {
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  await vi.waitUntil(() => read() !== '', { interval: 5, timeout: 10_000 })
  return read()
}
