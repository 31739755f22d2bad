import { describe, expect, it } from 'vitest'

import { standStill } from '../../sql/src/fixtures/stood-still.ts'
import { temporaryFile } from './fixtures/temporary-file.ts'
import { sqliteStorage } from './sqlite-storage.ts'

describe('an engine on SQLite that stood still [S2-03, X-02]', () => {
  it('takes back that its worker was counted as lost', async () => {
    const { file } = temporaryFile()
    const [slept, awake] = [await sqliteStorage({ file }), await sqliteStorage({ file })]
    expect(await standStill(slept, awake)).toEqual({ before: [1], after: [0], findings: [] })
  })
})
