// `npm run bench -- <name>` runs benchmarks/<name>.ts, which prints a table and, last, one line of
// JSON. Without a name it lists what there is.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const folder = join(import.meta.dirname, '..', 'benchmarks')
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.slice(0, -3))
      .sort()
  : []
const [name] = process.argv.splice(2, 1)
if (name === undefined) {
  console.log(`npm run bench -- <name>; there are: ${names.join(', ') || 'none'}`)
} else if (names.includes(name)) {
  await import(pathToFileURL(join(folder, `${name}.ts`)).href)
} else {
  console.error(`There is no benchmark "${name}". There are: ${names.join(', ') || 'none'}.`)
  process.exitCode = 2
}
