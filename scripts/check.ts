// `npm run check` runs every check that needs no test run, `npm run check -- lint imports` some of
// them. Prints one line a check, the output of those that fail, and exits 1 when one did.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { type Finished, runCommand } from './run-command.ts'

const root = join(import.meta.dirname, '..')
process.chdir(root)

const folders = ['packages', 'examples', 'tests', 'benchmarks', 'scripts'].filter((folder) =>
  existsSync(folder),
)

const checks: Readonly<Record<string, (write: boolean) => Promise<Finished>>> = {
  /** The whole workspace, then core again without any type of Node: it has to run in browsers. */
  types: () =>
    all([
      () => runCommand(tool('tsc'), ['-p', 'tsconfig.json']),
      () => runCommand(tool('tsc'), ['-p', 'packages/core']),
    ]),
  lint: (write) =>
    runCommand(tool('oxlint'), ['--type-aware', '--deny-warnings', ...(write ? ['--fix'] : [])]),
  format: (write) => runCommand(tool('oxfmt'), [write ? '--write' : '--check', '.']),
  imports: () => runCommand(tool('depcruise'), ['--config', '.dependency-cruiser.mjs', ...folders]),
  house: () => script('house-rules.ts'),
  unused: () => runCommand(tool('knip'), ['--no-progress']),
  requirements: () => script('requirements.ts'),
  snippets: (write) => script('snippets.ts', ...(write ? ['--write'] : [])),
  build: () => script('build.ts'),
  packages: checkTarballs,
  sizes: () => runCommand(tool('size-limit'), []),
}

const names = process.argv.slice(2).filter((name) => name !== '--write')
const write = process.argv.includes('--write')
const unknown = names.filter((name) => !(name in checks))
if (unknown.length > 0) {
  console.error(`No check "${unknown.join('", "')}". There are: ${Object.keys(checks).join(', ')}.`)
  process.exit(2)
}

const failed: string[] = []
for (const [name, check] of Object.entries(checks)) {
  if (names.length > 0 && !names.includes(name)) continue
  const started = performance.now()
  const { code, output } = await check(write)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds} s`)
  if (code !== 0) {
    failed.push(name)
    console.log(output.trimEnd())
  } else if (name === 'sizes' || names.length === 1) {
    console.log(output.trimEnd())
  }
}
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1

function tool(name: string) {
  return join(root, 'node_modules', '.bin', name)
}

function script(name: string, ...args: string[]) {
  return runCommand(process.execPath, [join(root, 'scripts', name), ...args])
}

/** One after the other; the first failure is the result. */
async function all(steps: readonly (() => Promise<Finished>)[]): Promise<Finished> {
  let output = ''
  for (const step of steps) {
    const finished = await step()
    output += finished.output
    if (finished.code !== 0) return { code: finished.code, output }
  }
  return { code: 0, output }
}

/** What a user installs is what gets checked: the packed files, their exports and their types. */
async function checkTarballs(): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'cueline-pack-'))
  try {
    const packed = await script('pack.ts', folder)
    if (packed.code !== 0) return packed
    const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
    return await all(
      tarballs.flatMap((tarball) => {
        const file = join(folder, tarball)
        const checkFile = () => runCommand(tool('publint'), ['run', file, '--strict'])
        // The command has no importable entry, so there are no types to resolve.
        if (tarball.startsWith('cueline-cli-')) return [checkFile]
        return [checkFile, () => runCommand(tool('attw'), [file, '--profile', 'esm-only'])]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
