import { exampleAttempt, exampleSession, exampleWorkOrder } from '@cueline/core/testing'
import { describe, expect, it } from 'vitest'

import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

const order = exampleWorkOrder('p1', 't1', 'o1')
const attempt = exampleAttempt(order, 'a1')
const { projectId } = attempt
/** What the clock was at before; it never goes back. */
const later = Date.now() + 86_400_000

describe('a schema of before there were sessions [S2-05]', () => {
  it('is brought to the newest version, with all that is in it', async () => {
    const schema = freshSchema()
    const older = await postgresStorage({ url, schema })
    await older.transaction((transaction) =>
      transaction.write(
        projectId,
        [{ table: 'attempt', kind: 'insert', row: attempt }],
        [],
        'test',
      ),
    )
    await older.close()
    await runSql(`
      drop table "${schema}".sessions;
      alter table "${schema}".attempts drop column session_id;
      drop table "${schema}".log_bases;
      alter table "${schema}".logs drop column pruned_through, drop column silent_writes;
      alter table "${schema}".events drop column writer;
      alter table "${schema}".tasks drop column touched;
      alter table "${schema}".attempts drop column merge_target, drop column merge_queued_at,
        drop column merging;
      alter table "${schema}".work_orders drop column merge_rounds;
      alter table "${schema}".projects drop column deliveries;
      insert into "${schema}".settings values ('clock-mark', ${later});
      drop table "${schema}".store;
      drop index "${schema}".attempts_by_task;
      create index attempts_by_status on "${schema}".attempts (project_id, status);
      create index attempts_by_task on "${schema}".attempts (task_id);
      delete from "${schema}".migrations where number >= 3`)

    const storage = await postgresStorage({ url, schema })
    const session = exampleSession(attempt, 's1')
    const { attempts, sessions, now } = await storage.transaction(async (transaction) => {
      await transaction.write(
        projectId,
        [{ table: 'session', kind: 'insert', row: session }],
        [],
        'test',
      )
      const slice = await transaction.load({ projectId, everything: true })
      return { ...slice, now: transaction.now }
    })
    expect(now).toBeGreaterThanOrEqual(later)
    expect([...attempts.values()]).toEqual([attempt])
    expect([...sessions.values()]).toEqual([session])
    await storage.close()
  })
})
