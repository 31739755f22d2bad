import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { runSuite } from './run-suite.ts'

const root = join(import.meta.dirname, '..', '..')
const question = 'How shall a length of time be written for people?'
const sentBack = [{ attempt: 1, class: 'gate-failed', message: 'no', evidence: '' }]
const inOrder = Array.from({ length: 14 }, (_, index) => `T${index + 1}`)

let folder: string
/** The library before T11 was worked on. */
let before: string
let library: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recorded-agent-'))
  library = join(folder, 'library')
  before = join(folder, 'before')
  mkdirSync(library)
  writeFileSync(join(library, 'package.json'), '{ "type": "module" }')
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the recorded agent', () => {
  it('works red-green through all tasks to a library whose suite passes', async () => {
    for (const code of inOrder) {
      if (code === 'T11') cpSync(library, before, { recursive: true })
      const answers = code === 'T4' ? [{ question, answer: '1 h 30 min' }] : []
      const run = await play(code, library, { answers, feedback: code === 'T11' ? sentBack : [] })
      expect(run, code).toMatchObject({ exitCode: 0, result: { status: 'completed' } })
      const [, red, ofRed] = /red: (\d+) of (\d+) tests fail/.exec(run.output) ?? []
      const [, green, ofGreen] = /green: (\d+) of (\d+) tests pass/.exec(run.output) ?? []
      expect([red, ofRed, green, ofGreen], code).toEqual([red, red, red, red])
      expect(Number(red), code).toBeGreaterThanOrEqual(4)
    }
    expect(await runSuite(library)).toEqual({ passes: true, says: 'its 70 tests pass' })
  })

  it('leaves a library that type-checks under strict rules', () => {
    const tests = readdirSync(join(library, 'test')).map((name) => `test/${name}`)
    const checked = spawnSync(
      process.execPath,
      [join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc'), ...strict, ...tests],
      { cwd: library, encoding: 'utf8' },
    )
    expect(checked.stdout).toBe('')
    expect(checked.status).toBe(0)
  })

  it('is green by itself and red for the whole suite at its first attempt at T11', async () => {
    const place = copyOf(before)
    expect(await play('T11', place)).toMatchObject({ exitCode: 0, result: { status: 'completed' } })
    expect((await runSuite(place)).passes).toBe(false)
  })

  it('asks, and writes what the answer says', async () => {
    const place = copyOf(before)
    rmSync(join(place, 'src/duration.ts'))
    expect(await play('T4', place)).toMatchObject({
      exitCode: 0,
      result: { status: 'waiting', ask: { kind: 'choice', options: ['1 h 30 min', '1:30'] } },
    })
    expect(existsSync(join(place, 'src/duration.ts'))).toBe(false)
    const answers = [{ question, answer: '1:30' }]
    expect(await play('T4', place, { answers })).toMatchObject({ exitCode: 0 })
    const library = await import(join(place, 'src/duration.ts'))
    expect(library.formatDuration(90)).toBe('1:30')
    expect(await play('T4', place, { answers: [{ question, answer: 'soon' }] })).toMatchObject({
      exitCode: 1,
      result: null,
    })
  })

  it('gives up when its tests pass before the code exists', async () => {
    const run = await play('T1', copyOf(before))
    expect(run).toMatchObject({ exitCode: 1, result: null })
    expect(run.errors).toContain('Not red: 4 of 4 tests pass before the code exists.')
  })

  it('gives up when its tests fail with the code', async () => {
    const place = copyOf(before)
    for (const file of ['src/span-set.ts', 'test/span-set.test.ts']) rmSync(join(place, file))
    appendFileSync(join(place, 'src/span.ts'), '\nspanMinutes = () => 0\n')
    const run = await play('T8', place)
    expect(run).toMatchObject({ exitCode: 1, result: null })
    expect(run.errors).toContain('tests fail with the code')
  })

  it('says when nothing is recorded for a task, whatever its code is', async () => {
    for (const code of ['T99', '../recorded/T1', '__proto__']) {
      const run = await play(code, copyOf(before))
      expect(run.exitCode).toBe(1)
      expect(run.errors).toContain(`Nothing is recorded for task ${code}`)
    }
  })
})

const strict = `
  --target es2023 --module nodenext --strict --noUncheckedIndexedAccess --noEmit
  --exactOptionalPropertyTypes --erasableSyntaxOnly --verbatimModuleSyntax
  --allowImportingTsExtensions --types node src/index.ts`
  .trim()
  .split(/\s+/)
  .concat('--typeRoots', join(root, 'node_modules', '@types'))

let copies = 0

function copyOf(place: string): string {
  const copy = join(folder, `copy-${copies++}`)
  cpSync(place, copy, { recursive: true })
  return copy
}

/** Starts the agent as the process runner does, with waits of almost nothing. */
async function play(
  code: string,
  cwd: string,
  given: { answers?: unknown[]; feedback?: unknown[] } = {},
) {
  const [context, resultFile] = [join(folder, 'context.json'), join(folder, 'result.json')]
  const task = { code, estimateMinutes: 30 }
  writeFileSync(context, JSON.stringify({ task, answers: [], feedback: [], ...given }))
  rmSync(resultFile, { force: true })
  const agent = join(import.meta.dirname, 'recorded-agent.ts')
  const child = spawn(process.execPath, [agent, '--scale', '0.001'], {
    cwd,
    env: { PATH: process.env.PATH, CUELINE_CONTEXT: context, CUELINE_RESULT: resultFile },
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const [exitCode] = await once(child, 'close')
  const result: unknown = existsSync(resultFile)
    ? JSON.parse(readFileSync(resultFile, 'utf8'))
    : null
  return { exitCode, output, errors, result }
}
