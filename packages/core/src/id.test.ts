import { describe, expect, it } from 'vitest'
import { randomIds } from './id.ts'

describe('ids [X-06]', () => {
  it('are UUIDs of version 7 behind a prefix, each another one', () => {
    const ids = Array.from({ length: 20_000 }, () => randomIds('workOrder'))
    expect(new Set(ids).size).toBe(ids.length)
    const uuid = /^order_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    expect(ids.filter((id) => !uuid.test(id))).toEqual([])
  })

  it('sort in the order in which they were made, also many of one millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => randomIds('task'))
    expect(ids.toSorted()).toEqual(ids)
  })

  it('tell when they were made', () => {
    const before = Date.now()
    const time = parseInt(randomIds('task').slice(5, 18).replace('-', ''), 16)
    // Many at once run ahead of the clock.
    expect(Math.abs(time - before)).toBeLessThan(60_000)
  })
})
