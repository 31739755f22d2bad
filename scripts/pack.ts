// Packs every built package into the folder named first: what `npm publish` would upload.
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'

import { runCommand } from './run-command.ts'

const root = join(import.meta.dirname, '..')
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name the folder for the tarballs.')
for (const name of readdirSync(join(root, 'packages'))) {
  const dist = join(root, 'packages', name, 'dist')
  if (!existsSync(dist)) throw new Error(`${name} is not built: run \`npm run build\` first.`)
}
const { code, output } = await runCommand(
  'npx',
  [
    '--yes',
    'pnpm@12.21.0',
    '--filter',
    './packages/*',
    'pack',
    '--pack-destination',
    resolve(folder),
  ],
  { cwd: root },
)
process.stdout.write(output)
process.exitCode = code
