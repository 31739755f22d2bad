import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, runSql } from '../postgres-server.ts'
import type { Scenario } from './scenario.ts'
import { whileEnginesWork } from './while-engines-work.ts'

/** What can happen to a Postgres server while two engines work; needs a server to do harm to. */
export function postgresFaults(server: PostgresServer): readonly Scenario[] {
  return [
    whileEnginesWork({
      name: 'restart',
      title: 'crashes of the server in the middle of transactions',
      amounts: { ci: 2, full: 30 },
      async harm() {
        await server.stop('immediate')
        await delay(300)
        await server.start()
      },
    }),
    whileEnginesWork({
      name: 'cut',
      title: 'waves in which every connection is cut',
      amounts: { ci: 5, full: 100 },
      async harm() {
        await runSql(
          server.url,
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'cueline%' and pid <> pg_backend_pid()`,
        )
      },
    }),
  ]
}
