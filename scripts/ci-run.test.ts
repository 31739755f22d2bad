import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const root = join(import.meta.dirname, '..')

interface Situation {
  /** Counts in the test report; none means that no report is written. */
  readonly tests?: readonly [passed: number, failed: number]
  /** Test files that could not be loaded. */
  readonly broken?: number
  readonly testExit?: number
  readonly checkExit?: number
  readonly exampleExit?: number
}

const failedTest = {
  status: 'failed',
  fullName: 'a kettle boils',
  failureMessages: ['It stayed cold.'],
}

function failedFile(assertionResults: readonly object[]) {
  const name = join('packages', 'kettle.test.ts')
  return { status: 'failed', name, message: 'It cannot be loaded.', assertionResults }
}

/** A checkout whose `npm` plays the situation. */
async function ciRun(situation: Situation, given: NodeJS.ProcessEnv = {}) {
  const { tests, broken = 0, testExit = 0, checkExit = 0, exampleExit = 0 } = situation
  const report = {
    numPassedTests: tests?.[0],
    numFailedTests: tests?.[1],
    testResults: [
      ...Array.from({ length: broken }, () => failedFile([])),
      ...Array.from({ length: tests?.[1] ?? 0 }, () => failedFile([failedTest])),
    ],
  }
  const writeReport =
    tests === undefined ? ':' : `cp report.json "$(echo "$*" | sed 's/.*outputFile.json=//')"`
  const cwd = temporaryTree({
    '.ci/.keep': '',
    'scripts/.keep': '',
    'node_modules/.keep': '',
    'report.json': JSON.stringify(report),
    'examples/embed/main.ts': `process.exitCode = ${exampleExit}\n`,
    'bin/npm': [
      '#!/bin/sh',
      'case "$*" in',
      `  *process.execPath*) echo "${process.execPath}" ;;`,
      `  test*) ${writeReport}; exit ${testExit} ;;`,
      `  *check*) exit ${checkExit} ;;`,
      'esac',
      '',
    ].join('\n'),
  })
  chmodSync(join(cwd, 'bin', 'npm'), 0o755)
  copyFileSync(join(root, '.ci', 'run'), join(cwd, '.ci', 'run'))
  copyFileSync(join(root, 'scripts', 'count-tests.mjs'), join(cwd, 'scripts', 'count-tests.mjs'))
  const all = { ...process.env, ...given }
  const env = { ...all, PATH: [join(cwd, 'bin'), all.PATH ?? ''].join(delimiter) }
  const { code, output } = await runCommand('bash', ['.ci/run'], { cwd, env })
  return { code, output, last: output.trimEnd().split('\n').at(-1) }
}

describe('.ci/run', () => {
  it('adds the tests to install, check, build and the examples', async () => {
    expect(await ciRun({ tests: [7, 0] })).toMatchObject({ code: 0, last: '11 passed, 0 failed' })
  })

  it.each<[string, Situation, string]>([
    ['a test fails', { tests: [7, 2], testExit: 1 }, '11 passed, 2 failed'],
    [
      'a test file cannot be loaded',
      { tests: [7, 0], broken: 1, testExit: 1 },
      '11 passed, 1 failed',
    ],
    ['the runner fails without a test', { tests: [7, 0], testExit: 1 }, '11 passed, 1 failed'],
    ['no report is written', {}, '4 passed, 1 failed'],
    ['no test is run', { tests: [0, 0] }, '4 passed, 1 failed'],
    ['a check fails', { tests: [7, 0], checkExit: 1 }, '10 passed, 1 failed'],
    ['an example fails', { tests: [7, 0], exampleExit: 1 }, '10 passed, 1 failed'],
  ])('fails when %s', async (_what, situation, last) => {
    expect(await ciRun(situation)).toMatchObject({ code: 1, last })
  })

  it('says at the end what failed and why, since a long log is read from there', async () => {
    const { output } = await ciRun({ tests: [7, 1], broken: 1, testExit: 1, exampleExit: 1 })
    const [, end] = output.split('== what failed\n')
    expect(end).toMatch(/kettle\.test\.ts\n +It cannot be loaded\./)
    expect(end).toMatch(/kettle\.test\.ts: a kettle boils\n +It stayed cold\./)
    expect(end).toContain('!! examples/embed/main.ts on built packages failed')
  })
})

/** Only these programs, so that there is a `redis-server` when the situation says so. */
const programs = 'bash cat cp dirname env mkdir node rm sed sh tail tee timeout'.split(' ')

function found(program: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const file = folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
  if (file === undefined) throw new Error(`There is no ${program} on this machine.`)
  return file
}

describe('.ci/run, without a redis-server [X-18]', () => {
  it('installs one without starting it, after it has asked for the list of packages if need be', async () => {
    const tree = temporaryTree({ 'bin/.keep': '', 'said.txt': '' })
    for (const program of programs) symlinkSync(found(program), join(tree, 'bin', program))
    const script = `echo "$RUNLEVEL $*" >>"${tree}/said.txt"; [ "$1" = update ] || [ -e "${tree}/listed" ] || { >"${tree}/listed"; exit 100; }`
    writeFileSync(join(tree, 'bin', 'apt-get'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const { last } = await ciRun({ tests: [7, 0] }, { PATH: join(tree, 'bin') })
    const install = '1 install -y -q --no-install-recommends redis-server'
    expect(readFileSync(join(tree, 'said.txt'), 'utf8').trimEnd().split('\n')).toEqual([
      install,
      ' update -q',
      install,
    ])
    expect(last).toBe('11 passed, 0 failed')
  })
})
