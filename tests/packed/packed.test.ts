import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { runInNewContext } from 'node:vm'

import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'

import { nodeOfVersion, packedProject, type PackedProject } from './packed-project.ts'

const root = join(import.meta.dirname, '..', '..')
let project: PackedProject

beforeAll(async () => {
  project = await packedProject()
  for (const file of ['main.ts', 'imports.mjs', 'tsconfig.json']) {
    project.write(file, readFileSync(join(import.meta.dirname, 'fixtures', file), 'utf8'))
  }
  const example = join(root, 'examples', 'own-storage', 'main.ts')
  project.write('own-storage.ts', readFileSync(example, 'utf8'))
  return () => project.remove()
})

describe('the installed packages [X-17]', () => {
  it('contain no source condition, no workspace version and no source file', () => {
    const installed = join(project.folder, 'node_modules', '@cueline')
    const names = readdirSync(installed)
    expect(names.sort()).toEqual(readdirSync(join(root, 'packages')).sort())
    for (const name of names) {
      const manifest = readFileSync(join(installed, name, 'package.json'), 'utf8')
      expect(manifest).not.toMatch(/cueline-source|workspace:|catalog:/)
      const files = readdirSync(join(installed, name), { recursive: true, encoding: 'utf8' })
      expect(files).toContain('LICENSE')
      expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file))).toEqual([])
    }
  })

  it('type-check in a strict project that also checks their declarations', async () => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    expect(await project.run(process.execPath, [tsc, '-p', '.'])).toBe('')
  })

  it.each(['22.23.3', '24.21.0'])('work on Node %s', async (version) => {
    const node = await nodeOfVersion(version)
    expect(await project.run(node, ['-p', 'process.version'])).toBe(`v${version}\n`)
    const output = await project.run(node, ['--no-warnings', 'main.ts'])
    expect(output).toBe('planned 3 tasks, makespan 30\nran 3 tasks, 3 done\n')
    const cli = join('node_modules', '@cueline', 'cli', 'dist', 'main.js')
    expect(await project.run(node, ['--no-warnings', cli, '--help'])).toContain('Usage: cueline')
  })

  it('let a storage of your own prove itself under node:test [X-14]', async () => {
    const node = await nodeOfVersion('22.23.3')
    const output = await project.run(node, ['--no-warnings', 'own-storage.ts'])
    expect(output).toMatch(/storage\.lease\.one-winner/)
    expect(output).toMatch(/pass 6\d\n.*fail 0\n/)
  })

  it('do nothing when they are imported, through every entry', async () => {
    const node = await nodeOfVersion('22.23.3')
    const output = await project.run(node, ['imports.mjs'])
    expect(output.trim().split('\n')).toContain('@cueline/core/planner')
  })

  it.each([
    ['@cueline/core/planner', ['graphology', 'zod', 'yaml']],
    ['@cueline/core/client', ['graphology', 'zod', 'yaml', 'p-limit']],
  ])('bundle %s for the browser without its heavy dependencies', async (entry, heavy) => {
    const { inputs } = await bundle(`export * from '${entry}'`)
    for (const name of heavy) {
      expect(inputs.filter((file) => file.includes(`node_modules/${name}/`))).toEqual([])
    }
  })

  it('plan in a browser, where nothing of Node exists', async () => {
    const { code } = await bundle(`import { planTasks } from '@cueline/core/planner'
      const tasks = [{ id: 'a', estimate: 10 }, { id: 'b', estimate: 20, dependsOn: ['a'] }]
      globalThis.result = JSON.stringify(planTasks(tasks, { workers: 2 }))`)
    const browser: { result?: string } = {}
    runInNewContext(code, browser)
    expect(JSON.parse(browser.result ?? '')).toMatchObject({ plan: { makespan: 30 } })
  })
})

/** Fails on any import of Node: browsers have none. */
async function bundle(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: project.folder },
    absWorkingDir: project.folder,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2023',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  return { code: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) }
}
