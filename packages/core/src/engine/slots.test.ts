import { describe, expect, it } from 'vitest'
import { createSlots } from './slots.ts'

const never = new AbortController().signal

describe('slots [S2-03]', () => {
  it('are taken up to their count and given back once', () => {
    const slots = createSlots(1, () => {})
    const slot = slots.take()
    expect(slots.take()).toBeNull()
    slot?.free()
    slot?.free()
    slot?.return()
    expect(slots.take()).not.toBeNull()
    expect(slots.take()).toBeNull()
  })

  it('tell of one that comes free, not of one that was not used', () => {
    let changes = 0
    const slots = createSlots(1, () => {
      changes += 1
    })
    slots.take()?.return()
    expect(changes).toBe(0)
    slots.take()?.free()
    expect(changes).toBe(1)
  })

  it('go to whoever comes back before they go to new work', async () => {
    const slots = createSlots(1, () => {})
    const asks = slots.take()
    asks?.leave()
    expect(slots.allowed()).toBe(2)
    const other = slots.take()
    const back = asks?.enter(never)
    other?.free()
    await back
    expect(slots.allowed()).toBe(1)
    expect(slots.take()).toBeNull()
  })

  it('stay whole when somebody comes back to a slot that was given back', async () => {
    const slots = createSlots(1, () => {})
    const asks = slots.take()
    asks?.leave()
    asks?.free()
    await asks?.enter(never)
    asks?.leave()
    expect(slots.allowed()).toBe(1)
    expect(slots.take()).not.toBeNull()
  })

  it('do not keep an aborted attempt waiting', async () => {
    const slots = createSlots(1, () => {})
    const stop = new AbortController()
    const asks = slots.take()
    asks?.leave()
    const other = slots.take()
    const back = asks?.enter(stop.signal)
    stop.abort()
    await back
    asks?.free()
    other?.free()
    expect(slots.allowed()).toBe(1)
    expect(slots.take()).not.toBeNull()
  })
})
