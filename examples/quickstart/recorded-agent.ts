// A recorded agent: plays back the work in recorded/<task>/ as an agent would do it, red-green, in
// the folder it is started in. It talks to Cueline as any command-line agent does: the task in the
// file CUELINE_CONTEXT, progress as JSON lines, the result in the file CUELINE_RESULT.
// Usage: node recorded-agent.ts [--scale <seconds per plan minute>]
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import type { AttemptBrief } from '@cueline/core'

/** What recorded/<task>/recording.json holds; its work lies in folders beside it. */
interface Recording {
  readonly summary: string
  /** Asked first; each answer has work of its own. Without a question it lies in `work`. */
  readonly ask?: {
    readonly text: string
    readonly options: readonly { readonly answer: string; readonly work: string }[]
  }
  /** Files in which this work takes a place beside that of other tasks: what is there stays. */
  readonly joins?: readonly string[]
  /** Replaces files of the work until a gate has sent it back. */
  readonly firstAttempt?: {
    readonly work: string
    readonly summary: string
    /** Of the estimate that it took. */
    readonly share: number
  }
}

interface Counts {
  readonly tests: number
  readonly failed: number
}

const { values: options } = parseArgs({ options: { scale: { type: 'string', default: '0.05' } } })
const msPerPlanMinute = Number(options.scale) * 1000
const brief = JSON.parse(readFileSync(variable('CUELINE_CONTEXT'), 'utf8')) as AttemptBrief
const resultFile = variable('CUELINE_RESULT')
const startedAt = performance.now()

try {
  await play()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function play(): Promise<void> {
  const { code, estimateMinutes } = brief.task
  const folder = recordingOf(code)
  const recording = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8')) as Recording
  console.log(`Recorded agent: plays ${code} back, 1 plan minute = ${options.scale} s.`)
  const { layers, summary, share, question } = choose(recording)
  if (question !== undefined) return finish({ status: 'waiting', ask: question })

  for (const { class: kind, message } of brief.feedback) progress(`heeds ${kind}: ${message}`)
  const durationMs = (estimateMinutes ?? 1) * msPerPlanMinute * share

  progress('writes the tests')
  await until(durationMs * 0.3)
  const tests = layers.flatMap((layer) => writeWork(join(folder, layer), 'test'))
  for (const test of tests) writeShells(test)
  const red = await runTests(tests)
  if (red.tests === 0 || red.failed < red.tests) {
    const passing = red.tests - red.failed
    throw new Error(`Not red: ${passing} of ${red.tests} tests pass before the code exists.`)
  }
  progress(`red: ${red.tests} of ${red.tests} tests fail as they should`)

  const redMs = performance.now() - startedAt - durationMs * 0.3
  await until(durationMs - Math.max(redMs, 0)) // The green run takes about as long as the red one.
  for (const layer of layers) writeWork(join(folder, layer), 'code', recording.joins)
  const green = await runTests(tests)
  if (green.failed > 0 || green.tests !== red.tests) {
    throw new Error(`Not green: ${green.failed} of ${green.tests} tests fail with the code.`)
  }
  progress(`green: ${green.tests} of ${green.tests} tests pass`)
  finish({ status: 'completed', summary })
}

/** Which recorded folders to play, one over the other, or what to ask first. */
function choose({ summary, ask, firstAttempt }: Recording) {
  if (ask !== undefined) {
    const given = brief.answers.findLast(({ question }) => question === ask.text)?.answer
    const answers = ask.options.map((option) => option.answer)
    if (given === undefined) {
      const question = { text: ask.text, kind: 'choice', options: answers }
      return { layers: [], summary, share: 1, question }
    }
    const chosen = ask.options.find((option) => option.answer === given)
    if (chosen === undefined) {
      throw new Error(`Only these answers are recorded: ${answers.join(', ')}; got "${given}".`)
    }
    return { layers: [chosen.work], summary: `${summary} Chosen: ${given}.`, share: 1 }
  }
  const sentBack = brief.feedback.some((each) => each.class === 'gate-failed')
  if (firstAttempt !== undefined && !sentBack) {
    const layers = ['work', firstAttempt.work]
    return { layers, summary: firstAttempt.summary, share: firstAttempt.share }
  }
  return { layers: ['work'], summary, share: 1 }
}

/** The recorded folder of a task; its code is matched against names, never used as a path. */
function recordingOf(code: string): string {
  const root = join(import.meta.dirname, 'recorded')
  const name = readdirSync(root).find((each) => each === code)
  if (name === undefined) {
    throw new Error(`Nothing is recorded for task ${code}: use --agent with an agent of your own.`)
  }
  return join(root, name)
}

/** Copies the tests or all else of a recorded folder into the workspace and lists the files. */
function writeWork(
  folder: string,
  part: 'test' | 'code',
  joined: readonly string[] = [],
): string[] {
  const files = globSync('**/*', { cwd: folder })
    .filter((file) => statSync(join(folder, file)).isFile())
    .filter((file) => file.endsWith('.test.ts') === (part === 'test'))
  for (const file of files) {
    if (joined.includes(file) && existsSync(file)) joinInto(file, join(folder, file))
    else cpSync(join(folder, file), file)
  }
  return files
}

/** Adds the paragraphs of a recorded file that are not there yet, in an order of their own. */
function joinInto(file: string, recorded: string): void {
  const paragraphs = [file, recorded].flatMap((each) =>
    readFileSync(each, 'utf8').trimEnd().split('\n\n'),
  )
  writeFileSync(file, `${[...new Set(paragraphs)].toSorted().join('\n\n')}\n`)
}

/**
 * Writes an empty shell for each module that a test imports and that does not exist yet, so that
 * every test fails by itself, and not all of them at once because a file is missing.
 */
function writeShells(test: string): void {
  const imports = /import \{([^}]*)\} from '\.\.\/(src\/[\w-]+\.ts)'/g
  for (const [, names = '', file = ''] of readFileSync(test, 'utf8').matchAll(imports)) {
    if (existsSync(file)) continue
    const values = names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => !name.startsWith('type '))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, values.map((name) => `export function ${name}() {}\n`).join(''))
  }
}

/** Runs test files with Node's own runner and counts. */
async function runTests(files: readonly string[]): Promise<Counts> {
  const flags = ['--test', '--test-isolation=none', '--test-reporter=tap']
  const child = spawn(process.execPath, [...flags, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  process.stdout.write(output)
  const count = (word: string) => {
    const match = new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)
    if (match === null) throw new Error(`The test run of ${files.join(', ')} ended without counts.`)
    return Number(match[1])
  }
  return { tests: count('tests'), failed: count('fail') }
}

/** Waits until so many milliseconds of this process have passed. */
async function until(ms: number): Promise<void> {
  const left = ms - (performance.now() - startedAt)
  if (left > 0) await sleep(left)
}

function progress(text: string): void {
  console.log(JSON.stringify({ cueline: { progress: text } }))
}

function finish(result: object): void {
  writeFileSync(resultFile, JSON.stringify(result))
}

function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined) {
    console.error(`${name} is not set: Cueline starts this program, see main.ts beside it.`)
    process.exit(2)
  }
  return value
}
