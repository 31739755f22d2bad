import type { Change, ProjectId } from '@cueline/core'
import { exampleWorker } from '@cueline/core/testing'
import { describe, expect, it } from 'vitest'

import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

const projects = ['p', 'q'] as ProjectId[]

describe('writes that go out as one statement [S2-05]', () => {
  it('are a conflict where several projects of one transaction register a worker of the same id', async () => {
    const storage = await postgresStorage({ url, schema: freshSchema(), notify: false })
    const register = (idOf: (projectId: ProjectId) => string) =>
      storage.transaction(async (transaction) => {
        for (const projectId of projects) {
          const row = exampleWorker(projectId, idOf(projectId))
          const change: Change = { table: 'worker', kind: 'insert', row }
          await transaction.write(projectId, [change], [], 'test')
        }
      })
    // As often as it takes until they are one statement.
    for (let round = 0; round < 5; round += 1) {
      await register((projectId) => `${projectId}${round}`)
      await expect(register(() => `w${round}`)).rejects.toMatchObject({ code: 'conflict' })
    }
    const found = await storage.transaction((transaction) =>
      transaction.query('workers', { projectId: 'q' as ProjectId }),
    )
    expect(found.map(({ id }) => id)).toEqual(['q0', 'q1', 'q2', 'q3', 'q4'])
    await storage.close()
  })
})
