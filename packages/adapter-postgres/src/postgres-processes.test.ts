import { fileURLToPath } from 'node:url'

import type { ProjectId } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import {
  expectFollowedOnce,
  expectOneWinner,
  expectOnlyCommitted,
  expectPrunedWhole,
  linesOf,
  startProgram,
} from '../../sql/src/fixtures/several-processes.ts'
import { cuttingProxy } from './fixtures/cutting-proxy.ts'
import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

const program = fileURLToPath(new URL('fixtures/postgres-process.ts', import.meta.url))
const projectId = 'p' as ProjectId

function start(command: string, schema: string, argument = '') {
  return startProgram(program, [command, url, schema, argument])
}

describe('several processes on one Postgres schema [S1-08, X-02, X-11]', () => {
  it('make the schema once and give every work order to exactly one of four processes', async () => {
    const schema = freshSchema()
    const claimed = expectOneWinner(
      (command) => start(command, schema),
      () => postgresStorage({ url, schema }),
    )
    await expect(claimed).resolves.toBeUndefined()
  })

  it('show followers at once what another process writes', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema, pollMs: 3_600_000 })
    const stop = new AbortController()
    const follower = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]()
    const first = follower.next()
    expect(await linesOf(start('open', schema))).toEqual(['written'])
    expect(await first).toMatchObject({ value: { sequence: 1, actor: 'other process' } })
    stop.abort()
    await storage.close()
  })

  it('show every event once and in order to followers that come and go and are cut off, while four processes append', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    let cuts = 0
    const followed = expectFollowedOnce(
      (command) => start(command, schema),
      () => postgresStorage({ url: proxy.url, schema, pollMs: 20 }),
      () => {
        cuts += 1
        proxy.cutAll()
      },
    )
    await expect(followed).resolves.toBeUndefined()
    expect(cuts).toBeGreaterThan(3)
  })

  it('keep all that was committed, and nothing else, when a writer is killed at any moment', async () => {
    const schema = freshSchema()
    const kept = expectOnlyCommitted(
      (command, seed) => start(command, schema, seed),
      () => postgresStorage({ url, schema }),
    )
    await expect(kept).resolves.toBeUndefined()
  })

  it('keep log, state and reports in step while two prune and are killed', async () => {
    const schema = freshSchema()
    const pruned = expectPrunedWhole(
      (command) => start(command, schema),
      () => postgresStorage({ url, schema }),
    )
    await expect(pruned).resolves.toBeUndefined()
  }, 120_000)

  it('may all migrate at once: twenty starts, none fails', async () => {
    for (let round = 0; round < 5; round += 1) {
      const schema = freshSchema()
      const storages = await Promise.all(
        Array.from({ length: 4 }, () => postgresStorage({ url, schema, poolSize: 1 })),
      )
      for (const storage of storages) {
        expect(await storage.eventsAfter(projectId, 0)).toEqual([])
        await storage.close()
      }
      const ledger = await runSql(`select number from "${schema}".migrations order by number`)
      expect(ledger.map((row) => Number(row['number']))).toEqual(
        ledger.map((_, index) => index + 1),
      )
    }
  })

  it('migrate anew after one was cut off before its commit', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    proxy.cutNextCommit('request')
    const cut = postgresStorage({ url: proxy.url, schema, busyTimeoutMs: 1 })
    await expect(cut).rejects.toMatchObject({ code: 'storage-unreachable' })
    expect(await runSql('select 1 from pg_namespace where nspname = $1', [schema])).toEqual([])
    const storage = await postgresStorage({ url, schema })
    expect(await storage.eventsAfter(projectId, 0)).toEqual([])
    await storage.close()
  })
})
