// `node tests/with-postgres.ts <program> [arguments]`: runs a program of node with DATABASE_URL set,
// to TEST_DATABASE_URL, to itself, or to a server that is started for it and ends with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'

import { startPostgres } from './postgres-server.ts'

const given = process.env['TEST_DATABASE_URL'] ?? process.env['DATABASE_URL']
const server = given === undefined ? await startPostgres() : null
try {
  const child = spawn(process.execPath, process.argv.slice(2), {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL: given ?? server?.url },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  await server?.close()
}
