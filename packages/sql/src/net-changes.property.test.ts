import type { Change } from '@cueline/core'
import { exampleBatch, exampleTask } from '@cueline/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { netChanges } from './net-changes.ts'

const id = fc.constantFrom('1', '2')
const ids = Array.from({ length: 20 }, (_, index) => String(index + 1))
const part = fc.record({ title: fc.string(), layer: fc.nat(2) }, { requiredKeys: [] })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(id, part).map(([id, set]): Change => ({
    table: 'task',
    kind: 'insert',
    row: exampleTask('p', id, set),
  })),
  fc.tuple(id, part).map(([key, set]): Change => ({ table: 'task', kind: 'update', key, set })),
  id.map((key): Change => ({ table: 'task', kind: 'delete', key })),
  id.map((id): Change => ({ table: 'batch', kind: 'insert', row: exampleBatch('p', id) })),
  id.map((key): Change => ({ table: 'batch', kind: 'delete', key })),
)

type Rows = Map<string, object>

/** One by one. Null for an insert of a row that is there. */
function oneByOne(start: Rows, changes: readonly Change[]): Rows | null {
  const rows = new Map(start)
  for (const change of changes) {
    const name = `${change.table} ${change.kind === 'insert' ? Object.values(change.row)[0] : change.key}`
    const known = rows.get(name)
    if (change.kind === 'delete') rows.delete(name)
    else if (change.kind === 'insert' && known !== undefined) return null
    else if (change.kind === 'insert') rows.set(name, change.row)
    else if (known !== undefined) rows.set(name, { ...known, ...change.set })
  }
  return rows
}

/** As statements do it: removed, then inserted, then updated, round after round. */
function roundByRound(start: Rows, changes: readonly Change[]): Rows | null {
  const rows = new Map(start)
  for (const round of netChanges(changes)) {
    for (const [table, nets] of round) {
      const nameOf = (key: unknown) =>
        `${table} ${typeof key === 'string' ? key : (key as { readonly id: string }).id}`
      for (const { key, removed } of nets) if (removed) rows.delete(nameOf(key))
      for (const { key, inserted } of nets) {
        if (inserted === undefined) continue
        if (rows.has(nameOf(key))) return null
        rows.set(nameOf(key), inserted)
      }
      for (const { key, updated } of nets) {
        const known = rows.get(nameOf(key))
        if (updated !== undefined && known !== undefined) {
          rows.set(nameOf(key), { ...known, ...updated })
        }
      }
    }
  }
  return rows
}

describe('net changes [X-11]', () => {
  it('come to what the changes do one by one, conflicts included', () => {
    fc.assert(
      fc.property(
        fc.subarray(['1', '2']),
        fc.array(change, { maxLength: 12 }),
        (there, changes) => {
          const start: Rows = new Map(there.map((id) => [`task ${id}`, exampleTask('p', id)]))
          expect(roundByRound(start, changes)).toEqual(oneByOne(start, changes))
        },
      ),
    )
  })

  it('come to the same for more rows than are looked through one by one', () => {
    const some = fc.array(
      fc.oneof(
        fc.constantFrom(...ids).map((key): Change => ({ table: 'task', kind: 'delete', key })),
        fc
          .tuple(fc.constantFrom(...ids), part)
          .map(([key, set]): Change => ({ table: 'task', kind: 'update', key, set })),
      ),
      { minLength: 20, maxLength: 60 },
    )
    fc.assert(
      fc.property(some, (changes) => {
        const start: Rows = new Map(ids.map((id) => [`task ${id}`, exampleTask('p', id)]))
        expect(roundByRound(start, changes)).toEqual(oneByOne(start, changes))
      }),
    )
  })

  it('put all changes that fit together into one round, one per row', () => {
    const changes = Array.from({ length: 100 }, (_, index): Change => {
      const key = `t${index % 10}`
      return { table: 'task', kind: 'update', key, set: { layer: index } }
    })
    const [round, ...rest] = netChanges(changes)
    expect(rest).toEqual([])
    expect(round?.get('task')).toHaveLength(10)
    expect(round?.get('task')?.[9]?.updated).toEqual({ layer: 99 })
  })

  it('remove an artifact after it was linked anew, not before', () => {
    const row = { hash: 'h', name: 'log', taskId: null, attemptId: null }
    const link = { table: 'artifact', kind: 'insert', row } as unknown as Change
    const remove: Change = { table: 'artifact', kind: 'delete', key: 'h' }
    const steps = netChanges([remove, link, remove]).flatMap((round) =>
      [...(round.get('artifact') ?? [])].map(({ removed }) => (removed ? 'remove' : 'link')),
    )
    expect(steps).toEqual(['remove', 'link', 'remove'])
  })
})
