import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { SortedList } from './sorted-list.ts'

interface Entry {
  readonly value: number
  readonly serial: number
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.array(fc.nat(20), { maxLength: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ removeAt: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ look: fc.nat(20) }) },
)

describe('sorted lists [X-03]', () => {
  it('hold what a sorted array holds, however entries come and go', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const compare = (left: Entry, right: Entry) =>
          left.value - right.value || left.serial - right.serial
        const list = new SortedList<Entry>(compare)
        const model: Entry[] = []
        let serial = 0
        for (const each of steps) {
          if ('add' in each) {
            for (const value of each.add) {
              serial += 1
              const entry = { value, serial }
              list.add(entry)
              model.push(entry)
            }
          } else if ('removeAt' in each) {
            const entry = all(list)[each.removeAt]
            if (entry === undefined) continue
            expect(list.remove(entry)).toBe(true)
            expect(list.remove(entry)).toBe(false)
            model.splice(
              model.findIndex((known) => known.serial === entry.serial),
              1,
            )
          } else {
            const first = model.toSorted(compare).find((entry) => entry.value > each.look)
            expect(list.firstWhere((entry) => entry.value > each.look)).toEqual(first)
          }
          expect(list.size).toBe(model.length)
        }
        expect(all(list)).toEqual(model.toSorted(compare))
      }),
    )
  })
})

function all(list: SortedList<Entry>): readonly Entry[] {
  return Array.from({ length: list.size }, (_, rank) => list.at(rank)!)
}
