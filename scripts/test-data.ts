// Runs the tests that read real plans and tracker files (`x.data.test.ts`). The files are other
// people's work and not part of this repository: CUELINE_DATA names the folder that holds them.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { runCommand } from './run-command.ts'

const data = process.env.CUELINE_DATA
if (data === undefined || data === '') {
  console.log('not proven: CUELINE_DATA unset')
} else if (!existsSync(data)) {
  console.error(`CUELINE_DATA is ${data}, which does not exist: name the folder with the data.`)
  process.exitCode = 1
} else {
  const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs')
  const args = [vitest, 'run', '--project', 'data', ...process.argv.slice(2)]
  const { code, output } = await runCommand(process.execPath, args)
  process.stdout.write(output)
  process.exitCode = code
}
