import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { postgresStorage } from '@cueline/adapter-postgres'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import type { Storage } from '@cueline/core'
import { afterAll, describe, expect, inject, it } from 'vitest'

import { runSql, schemaName } from '../postgres-server.ts'
import { drawMatrix, memoryColumn, runMatrix } from './storage-matrix.ts'
import type { MatrixColumn } from './storage-matrix.ts'

const page = join(import.meta.dirname, '..', '..', 'docs', 'contracts', 'storage.md')
const folder = mkdtempSync(join(tmpdir(), 'cueline-matrix-'))
const url = inject('postgresUrl')
const schemas: string[] = []
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  for (const schema of schemas) await runSql(url, `drop schema if exists "${schema}" cascade`)
})

/** A storage that is opened anew by the same options; whatever is open ends with its case. */
function reopening<Options>(
  name: string,
  fresh: () => Options,
  openStorage: (options: Options) => Promise<Storage & { advanceClock(ms: number): Promise<void> }>,
): MatrixColumn {
  return {
    name,
    async create() {
      const options = fresh()
      let storage = await openStorage(options)
      return {
        storage,
        advance: (ms) => storage.advanceClock(ms),
        async reopen() {
          await storage.close()
          storage = await openStorage(options)
          open.push(storage)
          return storage
        },
      }
    },
    async destroy({ storage }) {
      for (const each of [storage, ...open.splice(0)]) await each.close()
    },
  }
}

const open: Storage[] = []
let serial = 0
const columns = [
  memoryColumn(),
  reopening(
    'SQLite',
    () => ({ file: join(folder, `${(serial += 1)}.db`), pollMs: 5 }),
    sqliteStorage,
  ),
  reopening(
    'Postgres',
    () => {
      const schema = schemaName()
      schemas.push(schema)
      return { url, schema, pollMs: 50 }
    },
    postgresStorage,
  ),
]

describe('the matrix in docs/contracts/storage.md [X-14]', () => {
  it('shows what memory, SQLite and Postgres have just passed', async () => {
    const names = columns.map((column) => column.name)
    const matrix = drawMatrix(names, await runMatrix(columns))
    const text = readFileSync(page, 'utf8')
    const [begin, end] = ['<!-- matrix -->', '<!-- /matrix -->']
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    expect(from).toBeGreaterThan(0)
    expect(to).toBeGreaterThan(from)
    const drawn = `${text.slice(0, from + begin.length)}\n${matrix}\n${text.slice(to)}`
    // `UPDATE_DOCS=1 npm test -- --project postgres storage-matrix` writes it anew.
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, drawn)
    else expect(text).toBe(drawn)
  }, 180_000)

  it('names a case that fails, and a gap that has closed', async () => {
    const memory = memoryColumn()
    const { knownGaps: _, ...withoutGaps } = memory
    await expect(runMatrix([withoutGaps])).rejects.toThrow(/^memory: storage\.restart/)
    const closed = { ...memory, knownGaps: { ...memory.knownGaps, 'storage.close': 'not yet' } }
    await expect(runMatrix([closed])).rejects.toThrow(/storage\.close.*the gap has closed/)
  })
})
