// `npm run faults [-- --full] [--seed n] [--on sqlite|postgres] [--only name,…]`: does harm on
// purpose and tells what held. A Postgres and a Redis server are started for it, because harm is done to them.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { startPostgres } from '../postgres-server.ts'
import { type RedisServer, startRedis } from '../redis-server.ts'
import { canMount, fullDisk, smallDiskPlace } from './full-disk.ts'
import { type MakePlace, postgresPlaces, sqlitePlace } from './place.ts'
import { postgresFaults } from './postgres-faults.ts'
import { redisFaults } from './redis-faults.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '20261121' },
    on: { type: 'string' },
    only: { type: 'string' },
  },
})
const names = new Set([...scenarios.map(({ name }) => name), 'restart', 'cut', 'redis', 'disk'])
for (const name of values.only?.split(',') ?? []) {
  if (names.has(name)) continue
  console.error(`There is no fault named "${name}"; there are ${[...names].join(', ')}.`)
  process.exit(2)
}
const results: object[] = []
const began = performance.now()
// As the Postgres server, started for what is done to it.
const wanted = values.only?.split(',').includes('redis') ?? true
const redis: RedisServer | null = wanted ? await startRedis() : null
try {
  const everywhere = [...scenarios, ...(redis === null ? [] : redisFaults(redis))]
  if (values.on !== 'postgres') {
    await inflict('SQLite', sqlitePlace, everywhere)
    if (canMount) await inflict('SQLite', smallDiskPlace, [fullDisk])
  }
  if (values.on !== 'sqlite') {
    const server = await startPostgres({ durable: true })
    try {
      await inflict('Postgres', postgresPlaces(server.url), [
        ...everywhere,
        ...postgresFaults(server),
      ])
    } finally {
      await server.close()
    }
  }
} finally {
  await redis?.close()
}
for (const result of results) console.log(JSON.stringify(result))
console.log(`${results.length} faults, all invariants held, ${secondsSince(began)} s`)

async function inflict(storage: string, makePlace: MakePlace, list: readonly Scenario[]) {
  const only = values.only?.split(',')
  for (const { name, amounts, run } of list) {
    if (only !== undefined && !only.includes(name)) continue
    const startedAt = performance.now()
    const figures = await run({
      makePlace,
      seed: Number(values.seed),
      amount: values.full ? amounts.full : amounts.ci,
      progress: (line) => process.stderr.write(`${storage}, ${name}: ${line}\n`),
    })
    results.push({ storage, fault: name, seconds: secondsSince(startedAt), ...figures })
  }
}

function secondsSince(time: number): number {
  return Math.round((performance.now() - time) / 1000)
}
