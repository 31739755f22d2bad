import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { storageSuite } from '@cueline/core/testing'
import type { SqlStorage } from '@cueline/sql'
import { afterAll, describe, it } from 'vitest'

import { sqliteStorage } from './sqlite-storage.ts'

const directory = mkdtempSync(join(tmpdir(), 'cueline-sqlite-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let serial = 0
let reopened: SqlStorage | undefined

storageSuite(
  { describe, it, fails: it.fails },
  {
    async create() {
      serial += 1
      const options = { file: join(directory, `${serial}.db`), pollMs: 5 }
      const storage = await sqliteStorage(options)
      return {
        storage,
        advance: (ms) => (reopened ?? storage).advanceClock(ms),
        async reopen() {
          await storage.close()
          reopened = await sqliteStorage(options)
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
