import { CompiledQuery } from 'kysely'
import { describe, expect, it } from 'vitest'

import { joined } from './joined.ts'

function writes(...tables: readonly string[]): CompiledQuery[] {
  return tables.map((table) =>
    CompiledQuery.raw(`update ${table} set a = $1, b = $2 where id = $3`, [table, 2, 3]),
  )
}

describe('writes that go out together [S2-05]', () => {
  it('are one statement from the third time on, which Postgres carries out in their order', () => {
    const sequence = writes('x', 'y')
    expect(joined(sequence)).toEqual(sequence)
    expect(joined(sequence)).toEqual(sequence)
    const [only, ...others] = joined(sequence)
    expect(others).toEqual([])
    expect(only?.sql).toBe(
      'with write_1 as (update y set a = $4, b = $5 where id = $6), write_0 as (update x set a = $1, b = $2 where id = $3) select 1',
    )
    expect(only?.parameters).toEqual(['x', 2, 3, 'y', 2, 3])
  })

  it('are left as they are when they are alone or a bulk change', () => {
    const many = writes(...Array.from({ length: 33 }, (_, index) => `t${index}`))
    for (let time = 0; time < 5; time += 1) {
      expect(joined(writes('x'))).toHaveLength(1)
      expect(joined(many)).toHaveLength(33)
    }
  })

  it('are forgotten when they have not come often among very many others', () => {
    const [rare, often] = [writes('rare', 'y'), writes('often', 'y')]
    for (let time = 0; time < 3; time += 1) joined(often)
    for (let time = 0; time < 2; time += 1) joined(rare)
    for (let index = 0; index < 5_000; index += 1) joined(writes(`once${index}`, 'y'))
    expect(joined(rare)).toEqual(rare)
    expect(joined(often)).toHaveLength(1)
  })

  it('are not joined for ever new sequences, each of which the server would have to keep', () => {
    const sent = []
    for (let index = 0; index < 200; index += 1) {
      for (let time = 0; time < 3; time += 1) sent.push(joined(writes(`a${index}`, `b${index}`)))
    }
    expect(sent.filter((queries) => queries.length === 1).length).toBeLessThanOrEqual(64)
    expect(sent.at(-1)).toHaveLength(2)
  })
})
