import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const { CUELINE_DATA: _data, ...env } = process.env

function runScript(name: string, args: readonly string[] = [], more: NodeJS.ProcessEnv = {}) {
  const options = { env: { ...env, ...more } }
  return runCommand(process.execPath, [join(import.meta.dirname, name), ...args], options)
}

describe('npm run build', () => {
  it('fails and names the package that cannot be built', async () => {
    const { code, output } = await runScript('build.ts', ['nonsense'])
    expect(output).toContain('Not built: nonsense.')
    expect(code).toBe(1)
  })
})

describe('packing', () => {
  it('refuses a package that is not built', async () => {
    const root = temporaryTree({ 'packages/core/package.json': '{}', 'scripts/.keep': '' })
    for (const file of ['pack.ts', 'run-command.ts']) {
      copyFileSync(join(import.meta.dirname, file), join(root, 'scripts', file))
    }
    const { code, output } = await runCommand(process.execPath, [
      join(root, 'scripts/pack.ts'),
      root,
    ])
    expect(output).toContain('core is not built: run `npm run build` first.')
    expect(code).toBe(1)
  })
})

describe('npm run test:data', () => {
  it('says that nothing is proven without the data', async () => {
    const { code, output } = await runScript('test-data.ts')
    expect(output).toBe('not proven: CUELINE_DATA unset\n')
    expect(code).toBe(0)
  })

  it('fails when the folder with the data does not exist', async () => {
    const { code, output } = await runScript('test-data.ts', [], {
      CUELINE_DATA: '/nowhere/at/all',
    })
    expect(output).toContain('/nowhere/at/all, which does not exist')
    expect(code).toBe(1)
  })
})

describe('npm run bench', () => {
  it('lists the benchmarks, and fails for one that does not exist', async () => {
    const { code, output } = await runScript('bench.ts', ['nonsense'])
    expect(output).toMatch(/There is no benchmark "nonsense"\. There are: .*plan/)
    expect(code).toBe(2)
  })
})
