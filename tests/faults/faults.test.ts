import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../postgres-server.ts'
import { killEngine } from './kill-engine.ts'
import { type MakePlace, postgresPlaces, sqlitePlace } from './place.ts'
import { postgresFaults } from './postgres-faults.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const seed = 20_261_121
const timeout = 300_000

/** Runs it as often as CI does; throws when an invariant does not hold. Resolves with its progress. */
async function tried({ amounts, run }: Scenario, makePlace: MakePlace): Promise<readonly string[]> {
  const lines: string[] = []
  await run({ makePlace, seed, amount: amounts.ci, progress: (line) => lines.push(line) })
  return lines
}

describe('faults on purpose, on SQLite [X-11, X-02, X-07]', () => {
  it.each(scenarios)('$name: $amounts.ci $title', { timeout }, async (scenario) => {
    expect(await tried(scenario, sqlitePlace)).not.toEqual([])
  })
})

describe('faults on purpose, on Postgres [X-11, X-02, X-14]', () => {
  // A server of its own, since it is done harm to.
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ durable: true })
  }, timeout)
  afterAll(() => server.close())

  it.each(scenarios)('$name: $amounts.ci $title', { timeout }, async (scenario) => {
    expect(await tried(scenario, postgresPlaces(server.url))).not.toEqual([])
  })

  it('restart and cut: crashes of the server and cut connections', { timeout }, async () => {
    const own = postgresFaults(server)
    expect(own).toHaveLength(2)
    for (const scenario of own) {
      expect(await tried(scenario, postgresPlaces(server.url))).not.toEqual([])
    }
  })

  it('notifications that never come cost time only', { timeout }, async () => {
    const silent = postgresPlaces(server.url, { notify: false })
    const few = { ...killEngine, amounts: { ci: 4, full: 4 } }
    expect(await tried(few, silent)).not.toEqual([])
  })
})
