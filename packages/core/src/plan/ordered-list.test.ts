import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { OrderedList } from './ordered-list.ts'

describe('an ordered list', () => {
  it('keeps the order of a plain array through additions and moves', () => {
    const anyStep = fc.record({
      kind: fc.constantFrom('add', 'behind', 'before'),
      at: fc.nat(),
      items: fc.array(fc.nat(), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.nat({ max: 6 }), fc.array(anyStep, { maxLength: 60 }), (size, steps) => {
        let model = [...Array(size).keys()]
        const list = new OrderedList(Int32Array.from(model))
        for (const { kind, at, items } of steps) {
          const anchor = model.length === 0 ? -1 : model[at % model.length]!
          if (kind === 'add' || anchor < 0) {
            const behind = at % 5 === 0 ? -1 : anchor
            list.add(model.length, behind)
            model = model.toSpliced(model.indexOf(behind) + 1, 0, model.length)
            continue
          }
          const moved = [...new Set(items.map((item) => item % model.length))]
          const others = moved.filter((item) => item !== anchor)
          const left = model.filter((item) => !others.includes(item))
          if (kind === 'behind') {
            list.moveBehind(others, anchor)
            model = left.toSpliced(left.indexOf(anchor) + 1, 0, ...others)
          } else {
            list.moveBefore(others, anchor)
            model = left.toSpliced(left.indexOf(anchor), 0, ...others)
          }
        }
        expect(sorted(list, model.length)).toEqual(model)
      }),
    )
  })

  it('still finds room when ten thousand items come to the same place', () => {
    for (const behind of [-1, 0, 2]) {
      const list = new OrderedList(Int32Array.of(0, 1, 2))
      const added = Array.from({ length: 10_000 }, (_, nth) => nth + 3)
      for (const item of added) list.add(item, behind)
      const order = [0, 1, 2]
      order.splice(order.indexOf(behind) + 1, 0, ...added.toReversed())
      expect(sorted(list, 10_003)).toEqual(order)
    }
  })
})

function sorted(list: OrderedList, size: number): number[] {
  const labels = new Set(Array.from({ length: size }, (_, item) => list.label(item)))
  expect(labels.size).toBe(size)
  return [...Array(size).keys()].sort((one, other) => list.label(one) - list.label(other))
}
