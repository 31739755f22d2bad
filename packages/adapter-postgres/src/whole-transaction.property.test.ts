import { memoryStorage } from '@cueline/core'
import type {
  ProjectId,
  Storage,
  StorageTransaction,
  TaskId,
  WorkerId,
  WorkOrderId,
} from '@cueline/core'
import { exampleProject, exampleTask, exampleWorkOrder } from '@cueline/core/testing'
import { sqlStorage } from '@cueline/sql'
import type { SqlStorage } from '@cueline/sql'
import fc from 'fast-check'
import { Kysely, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { kyselyPostgres } from './postgres-driver.ts'

const place = 'the database of the tests'
const start = 1_700_000_000_000
const projectId = 'p' as ProjectId
const orders = ['o0', 'o1'] as WorkOrderId[]
const tasks = ['t0', 't1'] as TaskId[]

/** Its clock moves only when a test moves it; `sent` counts what was a statement alone. */
function openStorage(schema: string, sent: { alone: number }): Promise<SqlStorage> {
  // `pipeline` is newer than the published types.
  const config = { connectionString: url, max: 2, pipeline: true }
  const pool = new Pool(config)
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (config: { readonly text: string }) => unknown
    client.query = ((config: { readonly text: string }) => {
      if (config.text.startsWith('with written')) sent.alone += 1
      return query(config)
    }) as typeof client.query
  })
  const dialect = postgresDialect({ schema, place, ownConnections: true })
  const driver = kyselyPostgres({
    pool,
    end: () => pool.end(),
    perConnection: `set search_path to "${schema}"`,
    perTransaction: '',
    outcomeTimeoutMs: 1_000,
    place,
  })
  return sqlStorage({
    kysely: new Kysely({ dialect: driver }),
    steadyNow: () => 0,
    dialect: { ...dialect, wallClock: sql`${sql.lit(start)}` },
  })
}

type Work = (transaction: StorageTransaction) => Promise<unknown>

function noted(transaction: StorageTransaction, name: string) {
  return transaction.write(
    projectId,
    [],
    [{ type: 'project.updated', projectId, name, at: 1 }],
    'test',
  )
}

async function known(transaction: StorageTransaction) {
  const loaded = await transaction.load({
    projectId,
    tasks: tasks,
    workOrders: orders,
  })
  const claims = [...loaded.workOrders.values()].map(({ id, fence }) => ({
    workOrderId: id,
    fence,
  }))
  return {
    titles: [...loaded.tasks.values()].map(({ title }) => title),
    claims,
    held: [...(await transaction.held(claims))].toSorted(),
  }
}

/** One in so many, so that what is known is trusted most of the time. */
const rarely = <Value>(often: Value, ...rare: Value[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(often) }, fc.constantFrom(...rare))

const which = fc.nat(1)
const work: fc.Arbitrary<Work> = fc.oneof(
  fc
    .tuple(which, fc.string({ maxLength: 2 }), fc.constantFrom(true, true, false))
    .map(([at, title, isTold]): Work => async (transaction) => {
      const seen = await known(transaction)
      const key = tasks[at] as TaskId
      await transaction.write(
        projectId,
        [{ table: 'task', kind: 'update', key, set: { title } }],
        isTold ? [{ type: 'project.updated', projectId, name: title, at: 1 }] : [],
        'test',
      )
      return seen
    }),
  fc
    .tuple(which, fc.constantFrom(500, 50_000, 500_000))
    .map(([at, leaseMs]): Work => async (transaction) => {
      const seen = await known(transaction)
      const claim = seen.claims[at]
      if (claim === undefined) return seen
      const next = { ...claim, fence: claim.fence + 1 }
      await transaction.write(
        projectId,
        [
          {
            table: 'workOrder',
            kind: 'update',
            key: claim.workOrderId,
            set: { fence: next.fence, status: 'claimed' },
          },
        ],
        [{ type: 'project.updated', projectId, name: 'claimed', at: 1 }],
        'test',
      )
      await transaction.lease([next], 'w' as WorkerId, leaseMs)
      return seen
    }),
  which.map((at): Work => async (transaction) => {
    await transaction.release([orders[at] ?? 'o0'] as WorkOrderId[])
    return noted(transaction, 'released')
  }),
  fc.constant<Work>(async (transaction) => {
    const { held } = await known(transaction)
    await noted(transaction, held.join())
    return held
  }),
  rarely(false, true).map((throws): Work => async (transaction) => {
    const seen = await known(transaction)
    if (!throws) return seen
    await noted(transaction, 'never')
    throw new Error(seen.titles.join())
  }),
)

interface Turn {
  readonly work: Work
  readonly writer: number
  readonly isNamed: boolean
  /** How far the clock moves before it; more than what a statement alone tolerates. */
  readonly moves: number
  readonly renews: boolean
}

const turn: fc.Arbitrary<Turn> = fc.record({
  work,
  writer: rarely(0, 1),
  isNamed: rarely(true, false),
  moves: rarely(0, 1_000, 10_000),
  renews: rarely(false, true),
})

async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call }
  } catch (error) {
    return { message: String(error) }
  }
}

function act(storage: Storage, { work, isNamed }: Turn): Promise<unknown> {
  return outcomeOf(storage.transaction(work, ...(isNamed ? [projectId] : [])))
}

describe('statements that are whole transactions [S4-05, X-02]', () => {
  it('answer and store what transactions do, whoever writes in between', async () => {
    const sent = { alone: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 10, maxLength: 60 }), async (turns) => {
        let now = start
        const memory = memoryStorage({ clock: () => now })
        const schema = freshSchema()
        const storages = [await openStorage(schema, sent), await openStorage(schema, sent)]
        const [first, second] = storages as [SqlStorage, SqlStorage]
        for (const each of [memory, first]) {
          await each.transaction(async (transaction) => {
            await transaction.write(
              projectId,
              [
                { table: 'project', kind: 'insert', row: exampleProject(projectId) },
                ...tasks.map(
                  (id) =>
                    ({ table: 'task', kind: 'insert', row: exampleTask(projectId, id) }) as const,
                ),
                ...orders.map((id, at) => {
                  const claimed = { status: 'claimed', fence: 1 } as const
                  const row = exampleWorkOrder(projectId, tasks[at] ?? 't0', id, claimed)
                  return { table: 'workOrder', kind: 'insert', row } as const
                }),
              ],
              [{ type: 'project.updated', projectId, name: 'made', at: 1 }],
              'test',
            )
            const claims = orders.map((workOrderId) => ({ workOrderId, fence: 1 }))
            await transaction.lease(claims, 'w' as WorkerId, 500_000)
          })
        }
        try {
          for (const each of turns) {
            if (each.moves > 0) {
              now += each.moves
              await second.advanceClock(each.moves)
            }
            if (each.renews) {
              const claims = orders.map((workOrderId) => ({ workOrderId, fence: 1 }))
              const lost = await memory.renew(claims, 20_000)
              expect(await second.renew(claims, 20_000)).toEqual(lost)
            }
            const storage = each.writer === 0 ? first : second
            expect(await act(storage, each)).toEqual(await act(memory, each))
          }
          const all = (transaction: StorageTransaction) =>
            transaction.load({ projectId, everything: true })
          const stored = await second.transaction(all)
          const expected = await memory.transaction(all)
          expect([...stored.tasks.values()]).toEqual([...expected.tasks.values()])
          expect(stored.workOrders).toEqual(expected.workOrders)
          expect(await second.eventsAfter(projectId, 0)).toEqual(
            await memory.eventsAfter(projectId, 0),
          )
        } finally {
          for (const storage of storages) await storage.close()
          await memory.close()
        }
      }),
      { numRuns: 25 },
    )
    expect(sent.alone).toBeGreaterThan(0)
  }, 120_000)

  it('give out no time before one that another process has given out', async () => {
    const sent = { alone: 0 }
    const schema = freshSchema()
    const storage = await openStorage(schema, sent)
    const times: number[] = []
    const note = () =>
      storage.transaction((transaction) => {
        times.push(transaction.now)
        return noted(transaction, 'noted')
      }, projectId)
    while (sent.alone === 0) await note()
    expect(new Set(times)).toEqual(new Set([start]))
    await runSql(`update "${schema}".store set clock_mark = $1`, [start + 500])
    await note()
    expect(times.slice(-2)).toEqual([start, start + 500])
    expect(sent.alone).toBe(2)
    await storage.close()
  })
})
