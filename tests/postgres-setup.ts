import process from 'node:process'
import type { TestProject } from 'vitest/node'

import { runSql, startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database for tests, where each makes and drops schemas of its own. */
    postgresUrl: string
  }
}

/**
 * Gives tests a Postgres, once per run: TEST_DATABASE_URL, else DATABASE_URL, else a server of its
 * own. Fails when there is none: what was not tried is not proven.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of ['TEST_DATABASE_URL', 'DATABASE_URL']) {
    const url = process.env[name]
    if (url === undefined || url === '') continue
    console.error(`Postgres for tests: the database of ${name}, in schemas of their own.`)
    try {
      await runSql(url, 'select 1')
    } catch (cause) {
      throw new Error(
        `The database of ${name} does not answer. Start it, correct the variable, or unset it: then the tests start a server of their own.`,
        { cause },
      )
    }
    project.provide('postgresUrl', url)
    return async () => {}
  }
  const server = await startPostgres()
  project.provide('postgresUrl', server.url)
  return () => server.close()
}
