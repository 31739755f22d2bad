// Builds every package into its dist/, or those named: `npm run build -- core cli`. Declarations
// resolve the other packages from source, so the order does not matter. What is built already from
// the same sources, and unchanged since, is left as it is.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { isBuilt, sourcesHash, stampOf } from './built-stamp.ts'
import { runCommand } from './run-command.ts'

const root = join(import.meta.dirname, '..')
const tsup = join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js')
const named = process.argv.slice(2)
const waiting = named.length > 0 ? [...named] : readdirSync(join(root, 'packages')).sort()
const failed: string[] = []
const stamps = join(root, 'node_modules', '.cueline-built')
mkdirSync(stamps, { recursive: true })
const sources = sourcesHash(root)

await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, buildNext))
if (failed.length > 0) console.error(`Not built: ${failed.sort().join(', ')}.`)
process.exitCode = failed.length > 0 ? 1 : 0

async function buildNext(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const started = performance.now()
    const cwd = join(root, 'packages', name)
    const stamp = join(stamps, name)
    if (isBuilt(stamp, sources, join(cwd, 'dist'))) {
      console.log(`built ${name} already`)
      continue
    }
    rmSync(stamp, { force: true })
    const { code, output } = await runCommand(process.execPath, [tsup, '--silent'], { cwd })
    if (code === 0) {
      writeFileSync(stamp, stampOf(sources, join(cwd, 'dist')))
      console.log(`built ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    } else {
      failed.push(name)
      console.error(`${name} could not be built:\n${output}`)
    }
  }
}
