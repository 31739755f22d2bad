import { storageSuite } from '@cueline/core/testing'
import type { SqlStorage } from '@cueline/sql'
import { describe, it } from 'vitest'

import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

let reopened: SqlStorage | undefined

storageSuite(
  { describe, it, fails: it.fails },
  {
    async create() {
      const options = { url, schema: freshSchema(), pollMs: 50 }
      const storage = await postgresStorage(options)
      return {
        storage,
        advance: (ms) => (reopened ?? storage).advanceClock(ms),
        async reopen() {
          await storage.close()
          reopened = await postgresStorage(options)
          return reopened
        },
      }
    },
    async destroy({ storage }) {
      await storage.close()
      await reopened?.close()
      reopened = undefined
    },
  },
)
