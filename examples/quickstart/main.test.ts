import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { foldReport, parseEventLines, type RunReport, type StoredEvent } from '@cueline/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { runSuite } from './run-suite.ts'

const root = mkdtempSync(join(tmpdir(), 'quickstart-'))
const home = join(root, 'home')
mkdirSync(home)

afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

describe('a whole run of the quickstart [S3-04, S4-04]', () => {
  const folder = join(root, 'whole')
  let output: string
  let report: RunReport & { agent: string; timeScale: number }
  let events: StoredEvent[]

  beforeAll(async () => {
    const run = start(['--folder', folder, '--scale', '0.002', '--answer', '1:30'])
    const code = await run.ended
    output = run.output()
    if (code !== 0) throw new Error(`It ended with ${code}: ${output}`)
    report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
    events = eventsIn(folder)
  })

  it('finishes every task and leaves a library whose own suite passes', async () => {
    expect(report.tasks).toMatchObject({ total: 14, done: 14, failed: 0 })
    expect(await runSuite(join(folder, 'result'))).toMatchObject({ passes: true })
    expect(output).toContain('its 70 tests pass')
  })

  it('shows each task red, then green, and says that the agent is recorded', () => {
    expect(output).toContain('1 plan minute = 0.002 s')
    for (let task = 1; task <= 14; task++) {
      const [red, green, done] = [
        `T${task} red: `,
        `T${task} green: `,
        `T${task} [^:\\n]*: done`,
      ].map((text) => output.search(new RegExp(text)))
      expect(red).toBeGreaterThan(0)
      expect(green).toBeGreaterThan(red ?? 0)
      expect(done).toBeGreaterThan(green ?? 0)
    }
  })

  it('starts no task before what it waits for has landed, and several at once', () => {
    const succeeded = new Set<string>()
    const waitsFor = new Map<string, string[]>()
    let [running, most] = [0, 0]
    for (const event of events) {
      if (event.type === 'tasks.added') {
        for (const { taskId, dependsOn } of event.dependencies) {
          waitsFor.set(taskId, [...(waitsFor.get(taskId) ?? []), dependsOn])
        }
      } else if (event.type === 'attempt.started') {
        expect((waitsFor.get(event.taskId) ?? []).filter((id) => !succeeded.has(id))).toEqual([])
        most = Math.max(most, ++running)
      } else if (event.type === 'attempt.succeeded') {
        succeeded.add(event.taskId)
        running--
      } else if (event.type === 'attempt.failed') {
        running--
      }
    }
    expect([...waitsFor.values()].flat()).toHaveLength(17)
    expect(most).toBeGreaterThanOrEqual(3)
  })

  it('promotes every batch without being asked', () => {
    const promoted = events.filter((event) => event.type === 'batch.promoted')
    expect(promoted).toHaveLength(events.filter((event) => event.type === 'batch.created').length)
    expect(promoted.every((event) => event.auto)).toBe(true)
  })

  it('retries what a gate has sent back, while its siblings go on untouched', () => {
    const tries = report.perTask.map(({ task, attempts }) => [task, attempts])
    expect(tries).toContainEqual(['T11', 2])
    const again = tries.filter(([, attempts]) => attempts !== 1).map(([task]) => task)
    const failed = events.filter((event) => event.type === 'attempt.failed')
    const classes = failed.map((event) => event.failure.class)
    expect(classes.filter((each) => each === 'gate-failed')).toHaveLength(1)
    expect(again).toHaveLength(classes.length)
    expect(output).toContain('T11 heeds gate-failed')
  })

  it('refuses the second of two tasks that wrote one file, and its new attempt resolves it', () => {
    const conflicts = events.flatMap((event) =>
      event.type === 'attempt.failed' && event.failure.class === 'merge-conflict' ? [event] : [],
    )
    expect(conflicts).toHaveLength(1)
    expect(conflicts[0]?.failure.message).toContain('src/digits.ts')
    expect(conflicts[0]?.failure.evidence).toContain('padStart')
    const [, loser = ''] = /(T\d+) heeds merge-conflict: src\/digits\.ts/.exec(output) ?? []
    expect(['T1', 'T5']).toContain(loser)
    expect(output).toMatch(
      new RegExp(`Refused +${loser}: src/digits.ts [^]*Attempt\\s+2\\s+resolved\\s+it`),
    )
    const joined = readFileSync(join(folder, 'result', 'src', 'digits.ts'), 'utf8')
    expect(joined).toMatch(/function digits[^]*function twoDigits/)
  })

  it('lands every task once, with its tests green at every commit, beside an untouched checkout', () => {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: join(folder, 'result'), encoding: 'utf8' }).trim()
    const trailer = '--format=%(trailers:key=Cueline-Task,valueonly,separator=%x2C)'
    const landed = git('log', '--first-parent', trailer, 'cueline/main').split('\n')
    expect(landed.toSorted()).toEqual(report.perTask.map(({ task }) => task).toSorted())
    expect(output).toMatch(/the tests pass at each of the 14 commits of cueline\/main/)
    expect(output).toMatch(/git log --graph --oneline cueline\/main\n\* +[0-9a-f]{7,} .*T14/)
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('Start with an empty package')
    expect(git('rev-parse', 'main')).toBe(git('rev-parse', 'cueline/main'))
    expect(git('worktree', 'list').split('\n')).toHaveLength(1)
    expect(git('status', '--porcelain')).toBe('')
  })

  it('asks once, and the answer changes what is written', () => {
    expect(report.requests).toBe(1)
    const source = readFileSync(join(folder, 'result', 'src', 'duration.ts'), 'utf8')
    expect(source).toContain('in the form that was chosen: `1:30`')
  })

  it('reports figures that can be computed again from events.jsonl alone', () => {
    const { agent, timeScale, ended, interrupted, blocked, ...figures } = report as typeof report &
      Record<'ended' | 'interrupted' | 'blocked', unknown>
    expect([agent, timeScale, ended, interrupted, blocked]).toEqual([
      'recorded',
      2,
      'rested',
      0,
      [],
    ])
    expect(JSON.parse(JSON.stringify(foldReport(events, { timeScale })))).toEqual(figures)

    const byHand = figuresByHand(events)
    expect(report).toMatchObject(byHand)
    expect(report.speedup).toBeCloseTo(byHand.workMs / byHand.wallMs, 9)
    expect(report.efficiency).toBeCloseTo(byHand.workMs / byHand.wallMs / 4, 9)
    for (const { actualMs, predictedMs } of report.perTask) {
      expect(actualMs).toBeGreaterThan(0)
      expect(predictedMs).toBeGreaterThan(0)
    }
    expect(report.predicted).toMatchObject({ workMs: 365 * timeScale })
  })
})

describe('a run of the quickstart that was stopped [X-11]', () => {
  it.each([
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGKILL', code: null },
  ] as const)(
    'goes on after $signal without repeating what was finished',
    async ({ signal, code }) => {
      const folder = join(root, signal)
      const first = start(['--folder', folder, '--scale', '0.02'])
      await first.says(/(: done after[^]*){4}/)
      first.kill(signal)
      expect(await first.ended).toBe(code)

      const second = start(['--folder', folder, '--resume'])
      expect(await second.ended).toBe(0)
      expect(second.output()).toMatch(/Resumed {2}with \d+ of 14 tasks done/)

      const before = codesIn(first.output(), 'done after')
      const after = codesIn(second.output(), 'starts')
      expect(before.length).toBeGreaterThanOrEqual(4)
      expect(after.filter((each) => before.includes(each))).toEqual([])
      const events = eventsIn(folder)
      const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
      expect(report).toMatchObject(
        JSON.parse(JSON.stringify(foldReport(events, { timeScale: 20 }))),
      )
      const succeeded = events.filter((event) => event.type === 'attempt.succeeded')
      expect(succeeded).toHaveLength(14)
      expect(new Set(succeeded.map((event) => event.taskId)).size).toBe(14)
      expect(await runSuite(join(folder, 'result'))).toMatchObject({ passes: true })
    },
  )

  it('says so when there is nothing to go on with', async () => {
    const run = start(['--folder', join(root, 'nothing'), '--resume'])
    expect(await run.ended).toBe(2)
    expect(run.output()).toContain('Start one with: npm start')
  })
})

describe('machines without a git that will do [X-06]', () => {
  /** A git that says it is of this version; none at all when null. */
  async function startWith(version: string | null, args: readonly string[]) {
    const bin = mkdtempSync(join(root, 'bin-'))
    if (version !== null) {
      writeFileSync(join(bin, 'git'), `#!/bin/sh\necho git version ${version}\n`, { mode: 0o755 })
    }
    const run = start(args, { PATH: bin, HOME: bin })
    return { code: await run.ended, output: run.output() }
  }

  it('are told so, and how to go without', async () => {
    const folder = join(root, 'no-git')
    for (const [version, says] of [
      [null, 'git is not installed'],
      ['2.37.9', 'git version 2.37.9 is too old'],
    ] as const) {
      const { code, output } = await startWith(version, ['--folder', folder])
      expect(code).toBe(2)
      expect(output).toContain(says)
      expect(output).toContain('npm start -- --no-git')
      expect(existsSync(folder)).toBe(false)
    }
  })

  it('run the same plan in plain folders', async () => {
    const folder = join(root, 'plain')
    const args = ['--folder', folder, '--scale', '0.002', '--no-git']
    const { code, output } = await startWith(null, args)
    expect(output).toContain('its 70 tests pass')
    expect(output).toMatch(/Refused +T[15]: src\/digits.ts [^]*Attempt\s+2\s+resolved\s+it/)
    expect(code).toBe(0)
    expect(existsSync(join(folder, 'result', '.git'))).toBe(false)
  })
})

describe('an agent that claims work it has not done', () => {
  it('gets nothing done: gates send it back, and the run says so', async () => {
    const folder = join(root, 'idle')
    const run = start([
      '--folder',
      folder,
      '--agent',
      `"${process.execPath}" -e 'console.log("all done")'`,
    ])
    expect(await run.ended).toBe(1)
    expect(run.output()).toContain('T1 Times of day: failed for good. Gates did not pass')
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({
      agent: [process.execPath, '-e', 'console.log("all done")'],
      tasks: { total: 14, done: 0, failed: 5 },
      attemptsByStatus: { succeeded: 0, failed: 15 },
    })
  })
})

/** The tasks of which the plain lines say this. */
function codesIn(output: string, what: string): string[] {
  const lines = output.matchAll(new RegExp(`(T\\d+) [^:\\n]*: ${what}`, 'g'))
  return [...lines].map(([, code = '']) => code)
}

/** The definitions of the report, spelled out once more without its code. */
function figuresByHand(events: readonly StoredEvent[]) {
  const startedAt = new Map<string, number>()
  const waitingSince = new Map<string, number>()
  const waited = new Map<string, number>()
  let [attempts, requests, workMs, first, last, passed, failed] = [0, 0, 0, 0, 0, 0, 0]
  for (const event of events) {
    switch (event.type) {
      case 'batch.promoted':
        first ||= event.at
        break
      case 'request.opened':
        requests++
        break
      case 'attempt.started':
        attempts++
        startedAt.set(event.attemptId, event.at)
        break
      case 'attempt.waiting':
        waitingSince.set(event.attemptId, event.at)
        break
      case 'attempt.resumed':
        waited.set(event.attemptId, event.at - (waitingSince.get(event.attemptId) ?? 0))
        break
      case 'attempt.failed':
      case 'attempt.succeeded':
        for (const { result } of event.verdicts) {
          if (result === 'pass') passed++
          else failed++
        }
        if (event.type === 'attempt.failed') break
        workMs += event.at - (startedAt.get(event.attemptId) ?? 0)
        workMs -= waited.get(event.attemptId) ?? 0
        last = event.at
        break
      default:
    }
  }
  const gates = { passed, failed, error: 0, skipped: 0 }
  return { attempts, requests, wallMs: last - first, workMs, gates }
}

function eventsIn(folder: string): StoredEvent[] {
  return parseEventLines(readFileSync(join(folder, 'events.jsonl'), 'utf8'))
}

/** Starts the quickstart as `npm start` does, with an empty home: nobody has told git who they are. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, ['--conditions=cueline-source', main, ...args], {
    env: { PATH: process.env.PATH, HOME: home, ...env },
  })
  let output = ''
  let heard = () => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk)
      heard()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    ended,
    output: () => output,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Resolves as soon as the output matches; rejects when the program ends before. */
    says: (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        heard = () => {
          if (pattern.test(output)) resolve()
        }
        heard()
        void ended.then((code) => reject(new Error(`Ended with ${code} before: ${output}`)))
      }),
  }
}
