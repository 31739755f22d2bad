import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, inject, it } from 'vitest'
import { runCommand, startCommand } from '../../scripts/run-command.ts'
import { composeFolder, servicesOf } from '../compose-services.ts'
import { runSql, schemaName } from '../postgres-server.ts'
import { redisForTests } from '../redis-server.ts'

const program = join(import.meta.dirname, '../../examples/many-machines/main.ts')
const programArguments = ['--conditions=cueline-source', program]

describe('worker processes over one Postgres [X-14, X-18, S2-02, S2-08]', () => {
  it('finish a project although one of them is killed', { timeout: 120_000 }, async () => {
    const url = inject('postgresUrl')
    const schema = schemaName()
    const { code, output } = await runCommand(process.execPath, programArguments, {
      env: { ...process.env, DATABASE_URL: url, CUELINE_SCHEMA: schema },
    })
    await runSql(url, `drop schema if exists "${schema}" cascade`)
    expect(output).toContain('14 of 14 tasks done by')
    expect(code).toBe(0)
  })

  it('finish it over BullMQ as well', { timeout: 120_000 }, async () => {
    const url = inject('postgresUrl')
    const schema = schemaName()
    const redis = await redisForTests()
    const { code, output } = await runCommand(process.execPath, programArguments, {
      env: { ...process.env, DATABASE_URL: url, CUELINE_SCHEMA: schema, REDIS_URL: redis.url },
    })
    await redis.close()
    await runSql(url, `drop schema if exists "${schema}" cascade`)
    expect(output).toContain('14 of 14 tasks done by')
    expect(code).toBe(0)
  })

  it.each([
    ['compose.yaml', ['compose.yaml'], 'the rows'],
    ['compose.redis.yaml', ['compose.yaml', 'compose.redis.yaml'], 'BullMQ'],
  ])('finish it as %s starts them', { timeout: 120_000 }, async (_, files, over) => {
    const url = inject('postgresUrl')
    const schema = schemaName()
    const redis = over === 'BullMQ' ? await redisForTests() : undefined
    const services = servicesOf(...files)
    /** What the composition says, but where the servers are and what is this test's own. */
    const start = (name: string) => {
      const { command = [], environment = {} } = services[name] ?? {}
      const here: Record<string, string | undefined> = {
        DATABASE_URL: url,
        REDIS_URL: redis?.url,
        CUELINE_SCHEMA: schema,
      }
      const given = Object.keys(environment).map((key) => [key, here[key] ?? environment[key]])
      return startCommand(process.execPath, command.slice(1), {
        cwd: join(composeFolder, '../..'),
        env: { ...process.env, ...Object.fromEntries(given) },
      })
    }
    // `docker compose up --scale worker=2`: nobody waits for anybody but the servers.
    const workers = [start('worker'), start('worker')]
    const { code, output } = await start('bring').finished
    // `docker compose up` once more, while the workers still stay.
    const again = await start('bring').finished
    for (const { child } of workers) child.kill('SIGTERM')
    const ended = await Promise.all(workers.map(({ finished }) => finished))
    await redis?.close()
    await runSql(url, `drop schema if exists "${schema}" cascade`)
    expect(output).toMatch(/14 of 14 tasks done by [12] processes/)
    expect(again.output).toMatch(/14 of 14 tasks done by [12] processes/)
    expect([code, again.code, ...ended.map((worker) => worker.code)]).toEqual([0, 0, 0, 0])
  })

  it('say how to name a database when none is named', async () => {
    const { DATABASE_URL: _, ...env } = process.env
    const { code, output } = await runCommand(process.execPath, programArguments, { env })
    expect(output).toContain('DATABASE_URL is not set')
    expect(code).toBe(2)
  })
})
