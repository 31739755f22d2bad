import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('does not call back early when the wait is longer than a host timer can count', () => {
    let called = 0
    systemClock.setTimeout(
      () => {
        called += 1
      },
      2 ** 31 + 5_000,
    )
    vi.advanceTimersByTime(2 ** 31)
    expect(called).toBe(0)
    vi.advanceTimersByTime(5_000)
    expect(called).toBe(1)
  })

  it('can be cancelled at any time, also in the middle of a long wait', () => {
    let called = 0
    const cancel = systemClock.setTimeout(
      () => {
        called += 1
      },
      2 ** 31 + 5_000,
    )
    vi.advanceTimersByTime(2 ** 31)
    cancel()
    vi.advanceTimersByTime(2 ** 31)
    expect(called).toBe(0)
  })
})
