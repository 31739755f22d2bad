import { copyFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const root = join(import.meta.dirname, '..')
const source = 'packages/core/src/index.ts'

/** A small checkout with the real configuration and tools. */
function checkout(files: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryTree({
    'package.json': manifest({
      name: 'small',
      private: true,
      workspaces: ['packages/*'],
      type: 'module',
      scripts: { check: 'node scripts/check.ts' },
      devDependencies: {
        '@size-limit/preset-small-lib': '14.1.0',
        'dependency-cruiser': '18.7.2',
        typescript: '6.0.3',
      },
    }),
    'packages/core/package.json': manifest({ name: 'core', type: 'module', main: 'src/index.ts' }),
    'knip.json': `{
  "entry": ["scripts/*.ts"],
  "ignoreDependencies": ["@size-limit/preset-small-lib"]
}
`,
    'packages/core/dist/planner.js': 'export const planTasks = 1\n',
    'scripts/.keep': '',
    [source]: 'export const answer = 42\n',
    'docs/requirements.md': '- X-01 One readiness function.\n',
    'docs/coverage.md': '# Coverage\n',
    '.gitignore': 'node_modules\ndist\n',
    '.size-limit.json':
      '[{ "path": "packages/core/dist/planner.js", "import": "*", "limit": "1 kB" }]\n',
    ...files,
  })
  for (const file of ['.oxlintrc.json', '.oxfmtrc.json', '.dependency-cruiser.mjs']) {
    copyFileSync(join(root, file), join(cwd, file))
  }
  for (const file of ['tsconfig.json', 'tsconfig.base.json', 'packages/core/tsconfig.json']) {
    copyFileSync(join(root, file), join(cwd, file))
  }
  const scripts = [
    'check',
    'house-rules',
    'requirements',
    'run-command',
    'snippets',
    'source-files',
  ]
  for (const name of scripts) {
    copyFileSync(join(root, 'scripts', `${name}.ts`), join(cwd, 'scripts', `${name}.ts`))
  }
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
  return (...names: string[]) =>
    runCommand(process.execPath, [join(cwd, 'scripts', 'check.ts'), ...names], { cwd })
}

describe('npm run check', () => {
  it.each([
    ['types', { [source]: 'export const answer: string = 42\n' }],
    ['types', { [source]: "export const answer = process.env['HOME']\n" }],
    ['lint', { [source]: 'export const answer = (a: any) => a\n' }],
    ['lint', { [source]: 'async function go() {}\ngo()\nexport {}\n' }],
    ['format', { [source]: 'export const answer = 42;\n' }],
    ['imports', { [source]: "export * from 'node:fs'\n" }],
    ['house', { [source]: "import { z } from 'zod'\nexport const a = z\n" }],
    ['unused', { 'packages/core/src/forgotten.ts': 'export const a = 1\n' }],
    ['requirements', { 'docs/coverage.md': '| X-01 | `a.test.ts` | another rule |\n' }],
    ['snippets', { 'README.md': '```ts\nrun()\n```\n' }],
    ['sizes', { 'packages/core/dist/planner.js': `export const a = '${longText()}'\n` }],
  ])('fails when %s is wrong', async (name, files) => {
    const { code, output } = await checkout(files)(name)
    expect(output).toMatch(new RegExp(`FAILED {2}${name}`))
    expect(output).toContain(`Failed: ${name}.`)
    expect(code).toBe(1)
  })

  it('passes a checkout in which nothing is wrong', async () => {
    const names = ['types', 'lint', 'format', 'imports', 'house', 'unused', 'requirements']
    const { code, output } = await checkout()(...names, 'snippets', 'sizes')
    expect(output).toContain('All checks passed.')
    expect(code).toBe(0)
  })

  it('names the checks when one is mistyped', async () => {
    const { code, output } = await checkout()('lnit')
    expect(output).toContain('No check "lnit". There are: types, lint')
    expect(code).toBe(2)
  })
})

function manifest(content: object) {
  return `${JSON.stringify(content, null, 2)}\n`
}

/** Text that does not compress below the limit. */
function longText() {
  let seed = 1
  return Array.from({ length: 4000 }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    return (seed % 36).toString(36)
  }).join('')
}
