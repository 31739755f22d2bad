import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Judged } from './judge-replay.ts'
import { makeHistory } from './generated-history.ts'
import { replay } from './replay.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'cueline-replay-test-')))
const generated = join(root, 'generated')
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: generated, encoding: 'utf8', env: { PATH: process.env.PATH } })

beforeAll(() => {
  mkdirSync(generated)
  makeHistory(generated, 20261121, 60)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const never = new AbortController().signal

function replayed(name: string, options: { size: number; lanes: number; msPerMinute: number }) {
  const scratch = join(root, name)
  mkdirSync(scratch)
  return replay({ repository: generated, scratch, signal: never, progress() {}, ...options })
}

/** Starts `npm run replay` as a process of its own. */
function start(args: readonly string[], temporary: string) {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, ['--conditions=cueline-source', main, ...args], {
    env: { PATH: process.env.PATH, HOME: root, TMPDIR: temporary },
  })
  const output = { stdout: '', stderr: '' }
  let heard = () => {}
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (part) => {
      output[name] += String(part)
      heard()
    })
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const says = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      heard = () => pattern.test(output.stderr) && resolve()
      heard()
    })
  return { output, ended, says, kill: (signal: NodeJS.Signals) => child.kill(signal) }
}

describe('a history that is replayed by agents at once [X-07, X-08, S4-03]', () => {
  it.each([
    { lanes: 4, size: 40 },
    { lanes: 8, size: 30 },
  ])(
    'has lost nothing and ends as it did, with $lanes lanes',
    async ({ lanes, size }) => {
      const judged = await replayed(`lanes-${lanes}`, { lanes, size, msPerMinute: 5 })
      expect(judged).toMatchObject({ lost: [], wrongCommits: [], equal: true, lanes })
      expect(judged.commits + judged.empty).toBe(size)
      expect(judged.outOfOrder).toBeGreaterThan(0)
      expect(judged.approvals).toBeGreaterThan(0)
      expect(judged.contradicting).toBeGreaterThan(0)
      expect(judged.contradicting).toBeLessThanOrEqual(judged.sharing)
      expect(judged.predictedSharing).toBeLessThanOrEqual(judged.predicted)
      expect(judged.retries).toBe(judged.happened + judged.misplaced)
    },
    240_000,
  )

  it('has no conflict and no retry with one lane', { timeout: 240_000 }, async () => {
    const judged = await replayed('one', { lanes: 1, size: 12, msPerMinute: 1 })
    expect(judged).toMatchObject({ happened: 0, retries: 0, lost: [], equal: true, misplaced: 0 })
  })
})

describe('npm run replay [X-06]', () => {
  const state = () => [
    git('for-each-ref'),
    git('status', '--porcelain'),
    git('config', '--local', '--list'),
    readdirSync(join(generated, '.git')).toSorted().join(),
    git('reflog', '--all'),
  ]

  it('prints figures, and leaves the clone and the machine as they were', async () => {
    const temporary = join(root, 'temporary')
    mkdirSync(temporary)
    const before = state()
    const from = git('rev-parse', 'main~10').trim()
    const args = ['--repository', generated, '--from', from, '--window', '6', '--scale', '1']
    const run = start([...args, '--json'], temporary)
    expect(await run.ended, run.output.stderr).toBe(0)
    const judged = JSON.parse(run.output.stdout) as Judged
    expect(judged).toMatchObject({ equal: true, lost: [], lanes: 4 })
    expect(judged.commits + judged.empty).toBe(6)
    expect(state()).toEqual(before)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('stops on Ctrl-C and takes everything away that it made', async () => {
    const temporary = join(root, 'stopped')
    mkdirSync(temporary)
    const before = state()
    const run = start(['--repository', generated, '--window', '30', '--scale', '200'], temporary)
    await run.says(/have landed/)
    run.kill('SIGINT')
    expect(await run.ended).toBe(130)
    expect(run.output.stderr).toContain('Stopped')
    expect(readdirSync(temporary)).toEqual([])
    expect(state()).toEqual(before)
  })

  it('says what is wrong with what it was given', async () => {
    const temporary = join(root, 'wrong')
    mkdirSync(temporary)
    const shallow = join(root, 'shallow')
    git('clone', '-q', '--depth=1', `file://${generated}`, shallow)
    const young = join(root, 'young')
    git('clone', '-q', generated, young)
    git('-C', young, 'checkout', '-q', git('rev-list', '--max-parents=0', 'HEAD').trim())
    for (const [args, code, says] of [
      [[], 2, '--repository is missing'],
      [['--repository', generated, '--lanes', '0'], 2, '--lanes is "0": give a whole number'],
      [['--repository', join(root, 'nowhere')], 1, 'nowhere'],
      [['--repository', generated, '--from=--upload-pack=x'], 1, '--upload-pack=x'],
      [['--repository', generated, '--from', 'main'], 1, 'no first-parent ancestor of HEAD'],
      [['--repository', shallow], 1, `${shallow} is a shallow clone`],
      [['--repository', shallow], 1, 'Run "git fetch --unshallow" in it'],
      [['--repository', young], 1, `${young} has fewer than two commits`],
    ] as const) {
      const run = start(args, temporary)
      expect(await run.ended).toBe(code)
      expect(run.output.stderr).toContain(says)
    }
    expect(readdirSync(temporary)).toEqual([])
  })
})
