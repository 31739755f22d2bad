import { Kysely, PostgresAdapter, PostgresQueryCompiler, DummyDriver } from 'kysely'
import { describe, expect, it } from 'vitest'

import type { Database } from './dialect.ts'
import { LateTransaction } from './late-transaction.ts'
import { boundQuery } from './pipelined.ts'

function world() {
  const did: string[] = []
  class Driver extends DummyDriver {
    override async beginTransaction() {
      did.push('begin')
    }
    override async commitTransaction() {
      did.push('commit')
    }
    override async rollbackTransaction() {
      did.push('rollback')
    }
  }
  const root: Database = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Driver(),
      createIntrospector: () => {
        throw new Error('nobody looks')
      },
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  const late = new LateTransaction(root, async () => void did.push('look'))
  return { did, late, read: () => late.database.executeQuery(boundQuery('select 1', [])) }
}

describe('a transaction that begins with its first statement [S2-05]', () => {
  it('begins once, and is looked at before anything else', async () => {
    const { did, late, read } = world()
    expect(late.isOpen).toBe(false)
    await Promise.all([read(), read()])
    await late.commit()
    expect(did).toEqual(['begin', 'look', 'commit'])
  })

  it('is undone when its work fails', async () => {
    const { did, late, read } = world()
    await read()
    await late.rollback(new Error('no'))
    expect(did).toEqual(['begin', 'look', 'rollback'])
  })

  it('never begins for a call that nobody has waited for', async () => {
    const { did, late, read } = world()
    late.close()
    await expect(read()).rejects.toThrow('ended before its first statement')
    await late.commit()
    expect(did).toEqual([])
  })
})
