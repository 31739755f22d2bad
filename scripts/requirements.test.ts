import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const script = join(import.meta.dirname, 'requirements.ts')
const test = 'packages/core/src/plan/layers.test.ts'
const citing = (ids: string) => `describe('layers [${ids}]', () => {})\n`
const claim = (id: string, file = test) => `| ${id} | \`${file}\` | layers in another order |\n`

function check(files: { tests?: Record<string, string>; coverage?: string }) {
  const cwd = temporaryTree({
    'docs/requirements.md': '# Requirements\n\n- S3-03 Layers.\n- X-04 Bounds.\n',
    'docs/coverage.md': files.coverage ?? '',
    ...files.tests,
  })
  return runCommand(process.execPath, [script], { cwd })
}

describe('requirement citations', () => {
  it('lists every id with the tests that cite it', async () => {
    const { code, output } = await check({
      tests: { [test]: citing('S3-03') },
      coverage: claim('S3-03'),
    })
    expect(output).toMatch(/S3-03 {2}claimed {2}Layers\n +packages.core.src.plan.layers\.test\.ts/)
    expect(output).toMatch(/X-04 {2}open/)
    expect(code).toBe(0)
  })

  it.each([
    ['a claimed id that no test cites', {}, claim('S3-03'), 'no test cites it'],
    ['a test that cites an unknown id', { [test]: citing('S3-99') }, '', 'does not know'],
    ['a citation that cannot be read', { [test]: citing('S3-03..04') }, '', 'not a list of ids'],
    ['a claim of an unknown id', { [test]: citing('X-04') }, claim('X-77'), 'no requirement'],
    [
      'a claim that names a file which does not cite it',
      { [test]: citing('S3-03') },
      claim('S3-03', 'packages/core/src/other.test.ts'),
      'does not cite S3-03',
    ],
    [
      'a claim that does not say what would break it',
      { [test]: citing('S3-03') },
      `| S3-03 | ${test} | - |\n`,
      'what would break it',
    ],
    [
      'an id that is claimed twice',
      { [test]: citing('S3-03') },
      claim('S3-03') + claim('S3-03'),
      'claimed twice',
    ],
  ])('fails for %s', async (_what, tests, coverage, message) => {
    const { code, output } = await check({ tests, coverage })
    expect(output).toContain(message)
    expect(code).toBe(1)
  })

  it('does not take ids in comments or strings for citations', async () => {
    const tests = { [test]: `// describe('x [S3-03]')\nit('x [S3-03]', () => {})\n` }
    const { output } = await check({ tests })
    expect(output).toMatch(/S3-03 {2}open/)
  })
})
