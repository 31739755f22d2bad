import { describe, expect, it } from 'vitest'

import { standStill } from '../../sql/src/fixtures/stood-still.ts'
import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

describe('an engine on Postgres that stood still [S2-03, X-02]', () => {
  it('takes back that its worker was counted as lost', async () => {
    const options = { url, schema: freshSchema(), pollMs: 50 }
    const [slept, awake] = [await postgresStorage(options), await postgresStorage(options)]
    expect(await standStill(slept, awake)).toEqual({ before: [1], after: [0], findings: [] })
  })
})
