import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { runSql, schemaName } from '../postgres-server.ts'

const cwd = mkdtempSync(join(tmpdir(), 'cueline-cli-postgres-'))
const schema = schemaName()
const url = inject('postgresUrl')
const db = `${url}${url.includes('?') ? '&' : '?'}schema=${schema}`
beforeAll(() => {
  writeFileSync(
    join(cwd, 'plan.md'),
    '# Greenhouse\n\n- [ ] T1: Measure the light\n- [ ] T2: Water\n',
  )
})
afterAll(async () => {
  rmSync(cwd, { recursive: true, force: true })
  await runSql(url, `drop schema if exists "${schema}" cascade`)
})

const program = createRequire(import.meta.url).resolve('../../packages/cli/src/main.ts')

function cueline(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--conditions=cueline-source', program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return endOf(child)
}

function endOf(child: ChildProcess): Promise<{ code: number | null; out: string; error: string }> {
  let out = ''
  let error = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (error += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, error })))
}

describe('cueline --db postgres://…', () => {
  it('imports, stages and runs on the server, in the schema that the URL names', async () => {
    expect(await cueline(['import', 'plan.md', '--db', db])).toMatchObject({ code: 0 })
    expect(await cueline(['stage', '--force'], { CUELINE_DB: db })).toMatchObject({ code: 0 })
    const ran = await cueline(['run', '--agent', 'true', '--result', 'result', '--db', db])
    expect(ran).toMatchObject({ code: 0 })
    const status = await cueline(['status', '--json', '--db', db])
    expect(JSON.parse(status.out)).toBeDefined()
    const rows = await runSql(url, `select status from "${schema}".tasks order by position`)
    expect(rows).toEqual([{ status: 'done' }, { status: 'done' }])
  })

  it('makes no schema of a slip in its name', async () => {
    const slip = `${schema}_slip`
    const { code, error } = await cueline(['status', '--db', `${db}_slip`])
    expect(code).toBe(4)
    expect(error.replaceAll('\n', ' ')).toMatch(
      new RegExp(`There is no schema "${slip}" at .*cueline import plan.md.*\\?schema=`),
    )
    expect(error).not.toContain(new URL(url).password)
    expect(await runSql(url, `select 1 from pg_namespace where nspname = '${slip}'`)).toEqual([])
  })

  it('says with exit code 4 that the server does not answer, without the password', async () => {
    const wrong = 'postgres://me:secret@127.0.0.1:1/somewhere'
    const { code, error } = await cueline(['status', '--db', wrong])
    expect(code).toBe(4)
    expect(error).toMatch(/127\.0\.0\.1:1\/somewhere does not answer.*Start the server/s)
    expect(error).not.toContain('secret')
  })

  it.each([
    [
      'a wrong password',
      (db: URL) => (db.password = 'not-the-secret'),
      'does not let this user in',
    ],
    ['a database that is not there', (db: URL) => (db.pathname = '/nowhere'), 'no such database'],
  ])('says with exit code 4 what keeps it from using the server: %s', async (_, change, said) => {
    const wrong = new URL(db)
    change(wrong)
    const { code, error } = await cueline(['status', '--db', wrong.href])
    expect({ code, said: error.replaceAll('\n', ' ') }).toMatchObject({
      code: 4,
      said: expect.stringContaining(said),
    })
    expect(error).not.toContain('not-the-secret')
  })
})
