import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '@cueline/core'
import {
  exampleAttempt,
  exampleBatch,
  exampleProject,
  exampleSession,
  exampleTask,
  exampleWorkOrder,
} from '@cueline/core/testing'
import { migrate, migrations } from '@cueline/sql'
import type { Database } from '@cueline/sql'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'

import { temporaryFile } from './fixtures/temporary-file.ts'
import { overNodeSqlite } from './node-sqlite.ts'
import { openDatabase } from './open-database.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { sqliteStorage } from './sqlite-storage.ts'

const projectId = 'p1' as ProjectId
/** What the clock was at before; it never goes back. */
const later = Date.now() + 86_400_000

/** A database that an older version has made, with work that goes on. */
async function olderDatabase(version: number): Promise<string> {
  const { file } = temporaryFile()
  const database = await openDatabase(file, { synchronous: 'normal', busyTimeoutMs: 1_000 })
  const { kysely }: { kysely: Database } = overNodeSqlite(database)
  await migrate(kysely, sqliteDialect(file), migrations.slice(0, version))
  const settings = JSON.stringify(exampleProject(projectId).settings)
  for (const statement of [
    sql`insert into projects (id, name, settings, created_at) values ('p1', 'Greenhouse', ${settings}, 1)`,
    sql`insert into batches values ('b1', 'p1', 'Batch b1', '', 1, 10, 1, 1, null, 1, null, null, null, 0, 1)`,
    sql`insert into tasks (id, project_id, code, position, title, description, type, status, priority,
        touches, resources, capabilities, context_ready, forced, batch_id, stage_priority,
        open_dependencies, reached, layer, tail, work_order_id, attempt_count, revision, created_at, changed_at)
      values ('t1', 'p1', 't1', 0, 'Build t1', '', 'feature', 'doing', 'normal', '[]', '{}', '[]', 1, 0,
        'b1', 0, 0, 'nothing', 0, 1, 'o1', 1, 1, 1, 1)`,
    sql`insert into work_orders (id, project_id, task_id, status, fence, attempt_id, worker_id,
        charged_attempts, uncharged_attempts, interruptions, not_before, enqueued_at, settled_at)
      values ('o1', 'p1', 't1', 'claimed', 1, 'a1', 'worker-1', 0, 0, 0, 0, 1, null)`,
    sql`insert into attempts (id, project_id, task_id, work_order_id, number, worker_id, fence, status, started_at, waited_ms, verdicts)
      values ('a1', 'p1', 't1', 'o1', 1, 'worker-1', 1, 'running', 1, 0, '[]')`,
    version < 9
      ? sql`insert into settings values ('clock-mark', ${later})`
      : sql`update store set clock_mark = ${later}`,
  ]) {
    await statement.execute(kysely)
  }
  await kysely.destroy()
  if (database.isOpen) database.close()
  return file
}

describe('a database of an older version [S2-05]', () => {
  it.each(migrations.slice(0, -1).map(({ number }) => number))(
    'is brought from version %i to the newest, with all that is in it',
    async (version) => {
      const storage = await sqliteStorage({ file: await olderDatabase(version) })
      const order = exampleWorkOrder(projectId, 't1', 'o1', {
        status: 'claimed',
        fence: 1,
        attemptId: 'a1' as AttemptId,
        workerId: exampleAttempt(exampleWorkOrder(projectId, 't1', 'o1'), 'a1').workerId,
      })
      const attempt = exampleAttempt(order, 'a1')
      const session = exampleSession(attempt, 's1')
      const { now, ...slice } = await storage.transaction(async (transaction) => {
        await transaction.write(
          projectId,
          [
            { table: 'session', kind: 'insert', row: session },
            { table: 'attempt', kind: 'update', key: 'a1', set: { sessionId: session.id } },
          ],
          [],
          'test',
        )
        const loaded = await transaction.load({ projectId, everything: true })
        return { ...loaded, now: transaction.now }
      })
      expect(now).toBeGreaterThanOrEqual(later)
      expect(slice.project).toEqual(exampleProject(projectId))
      expect([...slice.batches.values()]).toEqual([exampleBatch(projectId, 'b1')])
      expect(slice.tasks.get('t1' as TaskId)).toEqual(
        exampleTask(projectId, 't1', {
          status: 'doing',
          batchId: exampleBatch(projectId, 'b1').id,
          workOrderId: order.id,
          attemptCount: 1,
        }),
      )
      expect(slice.workOrders.get('o1' as WorkOrderId)).toEqual(order)
      expect([...slice.attempts.values()]).toEqual([{ ...attempt, sessionId: session.id }])
      expect([...slice.sessions.values()]).toEqual([session])
      await storage.close()
    },
  )
})
