// `npm run faults [-- --full] [--seed n]`: kills engines and prints what was survived.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { killEngines } from './kill-engine.ts'

const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? 20_261_121)
const kills = values.full ? 200 : 20
const startedAt = performance.now()
const figures = await killEngines(seed, kills, (line) => {
  process.stderr.write(`${line}\n`)
})
const seconds = Math.round((performance.now() - startedAt) / 1000)
console.table(Object.entries(figures.byPoint).map(([point, times]) => ({ point, kills: times })))
console.log(JSON.stringify({ ...figures, seconds }))
