// One candidate of a comparison, in a process of its own: runs once per message, and answers with the
// milliseconds that count. Arguments: the module that makes the candidates, which one, and what it is given.
import process from 'node:process'
import { collectGarbage } from '../reference/interleave.ts'
import type { Timed } from './measure.ts'

const [module = '', name = '', given = ''] = process.argv.slice(2)
const { candidates } = (await import(module)) as {
  candidates(given: unknown): Promise<Readonly<Record<string, Timed>>>
}
const run = (await candidates(JSON.parse(given)))[name]
if (run === undefined) throw new Error(`There is no candidate "${name}" in ${module}.`)
process.on('message', () => {
  collectGarbage()
  // What it rejects with ends the process, and is told there.
  void run().then((ms) => process.send?.(ms))
})
process.on('disconnect', () => process.exit())
