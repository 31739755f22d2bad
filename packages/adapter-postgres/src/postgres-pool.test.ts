import { storageSuite } from '@cueline/core/testing'
import { Pool } from 'pg'
import { afterAll, describe, it } from 'vitest'

import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

// Settings that a host may have: none of them may reach what is stored.
const pool = new Pool({
  connectionString: url,
  max: 5,
  options:
    '-c default_transaction_isolation=serializable -c search_path=pg_temp -c TimeZone=Asia/Tokyo',
})
pool.on('error', () => {})
afterAll(() => pool.end())

const open: { close(): Promise<void> }[] = []

describe('on a pool of the host', () => {
  storageSuite(
    { describe, it, fails: it.fails },
    {
      async create() {
        const options = { pool, schema: freshSchema(), pollMs: 50 }
        let storage = await postgresStorage(options)
        open.push(storage)
        return {
          storage,
          advance: (ms) => storage.advanceClock(ms),
          async reopen() {
            await storage.close()
            storage = await postgresStorage(options)
            open.push(storage)
            return storage
          },
        }
      },
      async destroy() {
        for (const storage of open.splice(0)) await storage.close()
      },
    },
  )
})
