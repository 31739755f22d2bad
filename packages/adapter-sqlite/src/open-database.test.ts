import { describe, expect, it } from 'vitest'

import { openDatabase } from './open-database.ts'
import { temporaryFile } from './fixtures/temporary-file.ts'

describe('a connection to SQLite [X-11]', () => {
  it.each([
    ['full', 2],
    ['normal', 1],
  ] as const)(
    'sets everything that other drivers leave to chance, synchronous %s',
    async (synchronous, level) => {
      const { file } = temporaryFile()
      const database = await openDatabase(file, { synchronous, busyTimeoutMs: 1_000 })
      const pragma = (name: string) =>
        Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0]
      expect({
        journal_mode: pragma('journal_mode'),
        synchronous: pragma('synchronous'),
        foreign_keys: pragma('foreign_keys'),
        busy_timeout: pragma('busy_timeout'),
        cache_size: pragma('cache_size'),
      }).toEqual({
        journal_mode: 'wal',
        synchronous: level,
        foreign_keys: 1,
        busy_timeout: 5,
        cache_size: -16_000,
      })
      database.close()
    },
  )
})
