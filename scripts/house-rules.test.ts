import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const script = join(import.meta.dirname, 'house-rules.ts')
const plan = 'packages/core/src/plan/layers.ts'

function check(files: Readonly<Record<string, string>>) {
  return runCommand(process.execPath, [script], { cwd: temporaryTree(files) })
}

describe('house rules', () => {
  it.each([
    ['the clock', 'export const now = () => Date.now()\n', 'Date'],
    ['a new date', 'export const now = () => new Date()\n', 'Date'],
    ['chance', 'export const dice = () => Math.random()\n', 'Math.random'],
    ['an async function', 'export async function later() {}\n', 'asynchronous'],
    ['a promise', 'export const later = Promise.resolve()\n', 'Promise'],
    ['a timer', 'setTimeout(() => {}, 1)\n', 'setTimeout'],
  ])('refuse %s in a pure folder', async (_what, text, word) => {
    const { code, output } = await check({ [plan]: text })
    expect(output).toContain(`${plan}:1: ${word}`)
    expect(code).toBe(1)
  })

  it('allow the same in the engine, and names of properties and types anywhere', async () => {
    const { code } = await check({
      'packages/core/src/engine/run.ts': 'export const now = async () => Date.now()\n',
      [plan]: 'export const at = (plan: { Date: number }) => plan.Date\n',
      'packages/core/src/plan/layers.test.ts': 'export const later = async () => {}\n',
    })
    expect(code).toBe(0)
  })

  it.each([
    ['unfinished work', '// TODO later\n', 'finish it'],
    ['a suppression without a reason', '// @ts-expect-error\n', 'reason'],
    ['the named import of zod', "import { z } from 'zod'\n", 'import * as z'],
  ])('refuse %s', async (_what, text, message) => {
    const { code, output } = await check({ 'packages/core/src/a.ts': text })
    expect(output).toContain(message)
    expect(code).toBe(1)
  })

  it('allow a suppression that says why', async () => {
    const { code } = await check({
      'packages/core/src/a.ts': '// @ts-expect-error -- the types of x forget y\n',
    })
    expect(code).toBe(0)
  })

  it('refuse a folder that is not a concept', async () => {
    const { code, output } = await check({ 'packages/core/src/utils/a.ts': 'export {}\n' })
    expect(output).toContain('name the concept')
    expect(code).toBe(1)
  })

  it('fail where there is nothing to check', async () => {
    expect((await check({ 'a.md': '' })).code).toBe(1)
  })
})
