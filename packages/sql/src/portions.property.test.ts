import fc from 'fast-check'
import { CompiledQuery } from 'kysely'
import { describe, expect, it } from 'vitest'

import { joined } from './joined.ts'
import { portionsOfLists, weigh } from './portions.ts'

const value = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.integer(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
)
const rows = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.array(fc.array(value, { minLength: columns, maxLength: columns }), {
    minLength: 1,
    maxLength: 30,
  }),
)

const sum = (parts: readonly (readonly unknown[])[]) =>
  parts.flat().reduce((weight: number, each) => weight + weigh(each), 0)

describe('what is bound to one statement [S2-05]', () => {
  it('is no more than so much, but for one row that is heavier, and no row is lost or doubled', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 500 }), (all, most) => {
        const columns = (all[0] ?? []).map((_, at) => all.map((row) => row[at]))
        const lists = portionsOfLists(columns, most)
        expect(columns.map((_, at) => lists.flatMap((portion) => portion[at] ?? []))).toEqual(
          columns,
        )
        for (const portion of lists) {
          const [first = []] = portion
          expect(first.length).toBeGreaterThan(0)
          if (first.length > 1) expect(sum(portion)).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it('goes out as one where it is small', () => {
    const all = [
      ['a', 1],
      ['b', 2],
    ]
    expect(portionsOfLists(all, 1_000)).toEqual([all])
    expect(portionsOfLists([[], []], 1)).toEqual([[[], []]])
  })

  it('is not joined with that of other statements beyond so much', () => {
    const writes = ['x', 'y'].map((text) =>
      CompiledQuery.raw(`update portions set ${text} = $1`, [text.repeat(100)]),
    )
    const sent = Array.from(
      { length: 4 },
      () => [joined(writes, 150), joined(writes, 300)] as const,
    )
    expect(sent.map(([small]) => small.length)).toEqual([2, 2, 2, 2])
    expect(sent.at(-1)?.[1]).toHaveLength(1)
  })

  it('weighs values that nest deeply without calling itself', () => {
    let deep: unknown = 'x'
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep]
    expect(weigh(deep)).toBeGreaterThan(100_000)
  })
})
