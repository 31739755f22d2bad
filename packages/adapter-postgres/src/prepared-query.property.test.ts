import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'

import { url } from './fixtures/test-database.ts'
import { columnsOf, parsers, PreparedQuery } from './prepared-query.ts'
import type { PostgresResult, PreparedStatement } from './prepared-query.ts'

const client = new Client({ connectionString: url })
const connected = client.connect()
afterAll(() => client.end())

const values = 'text bigint boolean bytea json text[] bigint[] json[] bytea[]'.split(' ')
const text = `select ${values.map((type, at) => `$${at + 1}::${type} as v${at}`).join(', ')}`

async function prepared(name: string, text: string, given: unknown[]): Promise<PreparedStatement> {
  await connected
  const result: PostgresResult = await client.query({ name, text, values: given })
  return { name, text, columns: columnsOf(result.fields ?? []) }
}

function run(statement: PreparedStatement, given: readonly unknown[]): Promise<PostgresResult> {
  return new Promise((resolve, reject) => {
    client.query(
      new PreparedQuery(statement, given, (error, result) => {
        if (error === null) resolve(result)
        else reject(error)
      }),
    )
  })
}

/** What a column of texts can hold. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', 'NULL', '{}', '"', '\\', '\\x00', ',', ' a '),
    fc.string({ minLength: 100, maxLength: 30_000 }),
  )
  .map((value) => value.replaceAll('\0', ''))
const anyNumber = fc.maxSafeInteger()
const anyJson = fc.json().map((value) => value.replaceAll(String.raw`\u0000`, ''))
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })
const listOf = <Value>(value: fc.Arbitrary<Value>) => fc.array(orNull(value), { maxLength: 5 })

describe('a statement that is prepared already [S2-05]', () => {
  it('answers as pg itself does, whatever the values are', async () => {
    const statement = await prepared('values', text, [null, null, null, null, null, [], [], [], []])
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(
          orNull(anyText),
          orNull(anyNumber),
          orNull(fc.boolean()),
          orNull(fc.uint8Array({ maxLength: 40_000 })),
          orNull(anyJson),
          orNull(listOf(anyText)),
          orNull(listOf(anyNumber)),
          orNull(listOf(anyJson)),
          orNull(listOf(fc.uint8Array({ maxLength: 100 }))),
        ),
        async (given) => {
          const expected = await client.query({ text, values: given, types: parsers })
          const { command, rowCount, rows } = await run(statement, given)
          expect({ command, rowCount, rows }).toEqual({
            command: expected.command,
            rowCount: expected.rowCount,
            rows: expected.rows,
          })
          expect(rows).toMatchObject([{ v0: given[0], v1: given[1], v2: given[2] }])
        },
      ),
      { numRuns: 200 },
    )
  })

  it('says how many rows it has changed', async () => {
    await connected
    await client.query('create temporary table counted (id int)')
    const insert = await prepared(
      'insert',
      'insert into counted select * from generate_series(1, $1::int)',
      [0],
    )
    expect(await run(insert, [3])).toEqual({ command: 'INSERT', rowCount: 3, rows: [] })
    const remove = await prepared('remove', 'delete from counted where id <= $1', [0])
    expect(await run(remove, [2])).toEqual({ command: 'DELETE', rowCount: 2, rows: [] })
  })

  it('fails with the error of the server, and the connection goes on', async () => {
    const divide = await prepared('divide', 'select 1 / $1::int as result', [1])
    await expect(run(divide, [0])).rejects.toMatchObject({ code: '22012' })
    expect(await run(divide, [1])).toMatchObject({ rows: [{ result: 1 }] })
  })
})
