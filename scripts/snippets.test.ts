import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const script = join(import.meta.dirname, 'snippets.ts')
const main = [
  "import { run } from '@cueline/core'",
  'export async function story() {',
  '  // #region run',
  '  const report = await run()',
  '    .now()',
  '  // #endregion run',
  '  return report',
  '}',
  '',
].join('\n')
const fence = (info: string, ...code: string[]) => ['```' + info, ...code, '```', ''].join('\n')
const good = fence('ts file=examples/a/main.ts#run', 'const report = await run()', '  .now()')

async function check(page: string, ...args: string[]) {
  const cwd = temporaryTree({
    'README.md': page,
    'package.json': '{ "scripts": { "start": "x", "bench": "x" } }',
    'examples/a/main.ts': main,
  })
  const finished = await runCommand(process.execPath, [script, ...args], { cwd })
  return { ...finished, page: readFileSync(join(cwd, 'README.md'), 'utf8') }
}

describe('code in the documentation', () => {
  it('passes when a fence equals the region of its file', async () => {
    const { code, output } = await check(good + fence('sh', 'npm run bench -- plan'))
    expect(output).toContain('1 fences from files, 0 problems')
    expect(code).toBe(0)
  })

  it.each([
    ['a fence that differs', fence('ts file=examples/a/main.ts#run', 'run()'), 'differs'],
    ['a file that is gone', fence('ts file=examples/b/main.ts', 'run()'), 'does not exist'],
    ['a region that is gone', fence('ts file=examples/a/main.ts#go', 'run()'), 'no `#region go`'],
    ['a path that leaves the repository', fence('ts file=../a.ts', 'x'), 'not a path inside'],
    ['TypeScript that comes from nowhere', fence('ts', 'run()'), 'name the file'],
    ['a command that does not exist', fence('sh', 'npm run benhc'), 'npm run benhc'],
    ['a fence that never ends', '```ts\nrun()\n', 'never closed'],
  ])('fails for %s', async (_what, page, message) => {
    const { code, output } = await check(page)
    expect(output).toContain(message)
    expect(code).toBe(1)
  })

  it('is brought up to date by --write, and only inside the fence', async () => {
    const stale = `# Title\n\n${fence('ts file=examples/a/main.ts#run', 'old()')}\nText\n`
    const { code, page } = await check(stale, '--write')
    expect(page).toBe(`# Title\n\n${good}\nText\n`)
    expect(code).toBe(0)
  })
})
