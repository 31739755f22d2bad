// `npm run bench -- store [--full] [--rounds n] [--tasks n] [--only section]`: what storing costs, beside the bare driver doing the
// same statements in the same run and, on Postgres, beside other engines.
// Prints tables, the goals met and missed and, last, one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { bulk } from './store/bulk.ts'
import { claimAlone } from './store/claim-alone.ts'
import { drivers } from './store/drivers.ts'
import { groupCommit } from './store/group-commit.ts'
import { insert } from './store/insert.ts'
import { log } from './store/log.ts'
import { fdatasyncMs, type Goal, rounded } from './store/measure.ts'
import { postgresDrain } from './store/postgres-drain.ts'
import { ready } from './store/ready.ts'
import { sqliteDrain } from './store/sqlite-drain.ts'

const { values: flags } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    tasks: { type: 'string' },
  },
})
const drained = Number(flags.tasks ?? (flags.full ? 5_000 : 1_000))
const rounds = Number(flags.rounds ?? (flags.full ? 7 : 5))
const folder = mkdtempSync(join(tmpdir(), 'cueline-bench-'))
const sections = {
  bulk: () => bulk(folder, rounds),
  insert: () => insert(folder, rounds),
  ready: () => ready(folder, rounds, [10_000, 100_000]),
  log: () => log(folder, rounds),
  drivers: () => drivers(folder, rounds),
  claim: () => claimAlone(folder, rounds),
  loop: () => groupCommit(folder, rounds, 5_000),
  sqlite: () => sqliteDrain(folder, rounds, drained),
  postgres: () => postgresDrain(rounds, drained),
}
const anchor = { fdatasyncMs: fdatasyncMs(folder), load: rounded(loadavg()[0] ?? 0) }
console.log(`One block of 4 KiB to the disk: ${anchor.fdatasyncMs} ms; load ${anchor.load}.`)

const results: Record<string, unknown> = {}
const goals: Goal[] = []
for (const [name, measure] of Object.entries(sections)) {
  if (flags.only !== undefined && !flags.only.includes(name)) continue
  const result: { readonly rows: unknown; readonly goals?: readonly Goal[] } = await measure()
  results[name] = result.rows
  goals.push(...(result.goals ?? []))
}
rmSync(folder, { recursive: true, force: true })
console.log('Goals:')
console.table(goals.map(({ met, ...goal }) => ({ ...goal, met: met ? 'yes' : 'NO' })))
console.log(
  JSON.stringify({
    bench: 'store',
    node: process.versions.node,
    cpus: cpus().length,
    rounds,
    ...anchor,
    results,
    goals,
  }),
)
