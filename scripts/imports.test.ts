import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import configuration from '../.dependency-cruiser.mjs'
import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const root = join(import.meta.dirname, '..')
const depcruise = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs')
const core = 'packages/core/src'
const empty = 'export {}\n'

/** For each rule, files that break it; all of them stand in one checkout. */
const violations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no-circle': {
    [`${core}/circle/a.ts`]: `import { b } from './b.ts'\nexport const a = () => b\n`,
    [`${core}/circle/b.ts`]: `import { a } from './a.ts'\nexport const b = () => a\n`,
  },
  'no-unresolved': { [`${core}/lost.ts`]: `export * from './nowhere.ts'\n` },
  'core-runs-anywhere': { [`${core}/disk.ts`]: `export * from 'node:fs'\n` },
  'core-knows-no-adapter': { [`${core}/table.ts`]: `export * from 'kysely'\n` },
  'pure-folders-do-not-act': {
    [`${core}/gate/run.ts`]: `export const run = 1\n`,
    [`${core}/plan/acts.ts`]: `export { run } from '../gate/run.ts'\n`,
  },
  'pure-folders-do-not-import-the-engine-even-as-a-type': {
    [`${core}/engine/engine.ts`]: `export interface Engine { a: 1 }\n`,
    [`${core}/staging/knows.ts`]: `export type { Engine } from '../engine/engine.ts'\n`,
  },
  'ports-are-apart': {
    [`${core}/runner/runner.ts`]: `export interface Runner { a: 1 }\n`,
    [`${core}/workspace/needs.ts`]: `export type { Runner } from '../runner/runner.ts'\n`,
  },
  'ports-do-not-know-the-engine': {
    [`${core}/engine/engine.ts`]: `export interface Engine { a: 1 }\n`,
    [`${core}/tracker/knows.ts`]: `export type { Engine } from '../engine/engine.ts'\n`,
  },
  'planner-and-client-stay-light': {
    [`${core}/plan/index.ts`]: `export * from './checked.ts'\n`,
    [`${core}/plan/checked.ts`]: `export * from 'zod'\n`,
  },
  'parsers-behind-their-subpath': { [`${core}/task/read.ts`]: `export * from 'yaml'\n` },
  'root-entry-loads-no-parser': {
    [`${core}/index.ts`]: `export * from './formats/read-yaml.ts'\n`,
    [`${core}/formats/read-yaml.ts`]: `export * from 'yaml'\n`,
  },
  'sql-knows-no-driver': { 'packages/sql/src/open.ts': `export * from 'node:sqlite'\n` },
  'adapters-are-apart': {
    'packages/adapter-b/src/index.ts': empty,
    'packages/adapter-a/src/borrow.ts': `export * from '../../adapter-b/src/index.ts'\n`,
  },
  'packages-are-entered-by-their-exports': {
    [`${core}/engine/engine.ts`]: `export interface Engine { a: 1 }\n`,
    'packages/adapter-a/src/inside.ts': `export * from '../../core/src/engine/engine.ts'\n`,
  },
  'no-relative-path-into-a-package': {
    'examples/embed/main.ts': `export * from '../../packages/core/src/index.ts'\n`,
  },
  'no-relative-path-between-packages': {
    'packages/cli/src/main.ts': `export * from '../../core/src/index.ts'\n`,
  },
  'examples-use-exports': {
    [`${core}/clock.ts`]: empty,
    'examples/quickstart/main.ts': `export * from '../../packages/core/src/clock.ts'\n`,
  },
  'nothing-imports-the-cli': {
    'packages/adapter-a/src/index.ts': `export * from '../../cli/src/main.ts'\n`,
  },
  'tests-stay-tests': {
    [`${core}/a.test.ts`]: empty,
    [`${core}/b.ts`]: `export * from './a.test.ts'\n`,
  },
}

async function cruise(files: Readonly<Record<string, string>>) {
  const cwd = temporaryTree({
    'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
    ...installed('kysely'),
    ...installed('yaml'),
    ...installed('zod'),
    ...files,
  })
  const folders = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))]
  const args = [depcruise, '--config', join(root, '.dependency-cruiser.mjs'), ...folders]
  return await runCommand(process.execPath, args, { cwd })
}

function installed(name: string) {
  return {
    [`node_modules/${name}/package.json`]: `{ "name": "${name}", "main": "index.js" }`,
    [`node_modules/${name}/index.js`]: 'export const a = 1\n',
  }
}

describe('imports that do not happen', () => {
  it('fails and names each rule that is broken', async () => {
    const { code, output } = await cruise(Object.assign({}, ...Object.values(violations)))
    const named = [...output.matchAll(/error ([\w-]+): (\S+)/g)]
    for (const [rule, files] of Object.entries(violations)) {
      const at = named.filter((line) => line[1] === rule).map((line) => line[2] ?? '')
      expect(
        at.some((file) => Object.hasOwn(files, file)),
        rule,
      ).toBe(true)
    }
    expect(code).not.toBe(0)
  })

  it('has an example of a violation for every rule', () => {
    const rules = configuration.forbidden?.map((rule) => rule.name)
    expect(Object.keys(violations).sort()).toEqual(rules?.sort())
  })

  it('passes code that keeps to the rules', async () => {
    const { code, output } = await cruise({
      [`${core}/index.ts`]: `export * from './task/task.ts'\nexport * from './engine/run.ts'\n`,
      [`${core}/task/task.ts`]: `export * from 'zod'\n`,
      [`${core}/plan/index.ts`]: `export const plan = 1\n`,
      [`${core}/formats/index.ts`]: `export * from 'yaml'\n`,
      [`${core}/engine/run.ts`]: `export { plan } from '../plan/index.ts'\n`,
      [`${core}/plan/plan.test.ts`]: `import 'node:fs'\nimport './index.ts'\n`,
      'packages/sql/src/index.ts': `export * from 'kysely'\n`,
      'packages/adapter-a/src/index.ts': `export * from 'node:sqlite'\n`,
    })
    expect(output).toContain('no dependency violations found')
    expect(code).toBe(0)
  })
})
