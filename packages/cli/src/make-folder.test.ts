import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from './captured-terminal.ts'
import { makeFolder } from './make-folder.ts'
import { runProgram } from './program.ts'
import { temporaryFolder } from './temporary-folder.ts'

const plan = JSON.stringify({ tasks: [{ id: 'T1', title: 'One' }] })

describe('a folder that is made', () => {
  it('is there with those above it, however often it is made', () => {
    const folder = temporaryFolder(onTestFinished)
    makeFolder(join(folder, 'a', 'b', 'c'))
    makeFolder(join(folder, 'a', 'b', 'c'))
    makeFolder(join(folder, 'a', 'x'))
    expect(statSync(join(folder, 'a', 'b', 'c')).isDirectory()).toBe(true)
    expect(statSync(join(folder, 'a', 'x')).isDirectory()).toBe(true)
  })

  it.each([['taken'], ['taken/a'], ['taken/a/b']])('is not there behind a file: %s', (path) => {
    const folder = temporaryFolder(onTestFinished, { taken: '' })
    expect(() => makeFolder(join(folder, path))).toThrow(/EEXIST|ENOTDIR/)
  })
})

// Where nothing can be made Node's own way to make a folder with those above it never ends.
const proc = existsSync('/proc/self')

describe.runIf(proc)('a place where no folder can be made', () => {
  it.each([
    [['import', 'plan.json', '--db', '/proc/none/deep/y.db'], '/proc/none/deep', '--db'],
    [['plan', 'plan.json', '--svg', '/proc/none/deep/y.svg'], '/proc/none/deep', '--svg'],
    [['report', '--out', '/proc/none/deep'], '/proc/none/deep', '--out'],
  ])('is named, with what to do: %j', async (args, folder, option) => {
    const cwd = temporaryFolder(onTestFinished)
    writeFileSync(join(cwd, 'plan.json'), plan)
    await runProgram(['import', 'plan.json'], capturedTerminal({ cwd }))
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    expect(code).not.toBe(0)
    expect(terminal.stderr()).toContain(folder)
    expect(terminal.stderr()).toMatch(new RegExp(`may write to with ${option}\\.`))
  })
})
