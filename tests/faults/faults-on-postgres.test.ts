import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../postgres-server.ts'
import { killEngine } from './kill-engine.ts'
import { postgresPlaces } from './place.ts'
import { postgresFaults } from './postgres-faults.ts'
import { scenarios } from './scenarios.ts'
import { tried, triedWithin as timeout } from './tried.ts'

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
