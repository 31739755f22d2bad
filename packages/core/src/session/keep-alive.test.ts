import { describe, expect, it } from 'vitest'
import { settings } from '../staging/garden.arbitrary.ts'
import { defaultKeepAlive, keepAliveOf, sessionEnd } from './keep-alive.ts'

const minute = 60_000
const began = { startedAt: 0, lastUsedAt: 0 }
const resting = (now: number) => ({ now, inFlight: false })

describe('how long a session is kept [S2-05]', () => {
  it('is 30 minutes without use and an hour in all, unless the project says otherwise', () => {
    expect(keepAliveOf(settings)).toEqual({ idleMs: 30 * minute, maxAgeMs: 60 * minute })
    expect(keepAliveOf({ ...settings, sessionIdleMs: 1, sessionMaxAgeMs: 0 })).toEqual({
      idleMs: 1,
      maxAgeMs: 0,
    })
  })

  it('ends when nobody used it for longer than the idle time, not before', () => {
    expect(sessionEnd(began, defaultKeepAlive, resting(30 * minute))).toBeNull()
    expect(sessionEnd(began, defaultKeepAlive, resting(30 * minute + 1))).toBe('idle')
  })

  it('ends when it is older than the longest age, however lately it was used', () => {
    const used = { ...began, lastUsedAt: 60 * minute }
    expect(sessionEnd(used, defaultKeepAlive, resting(60 * minute))).toBeNull()
    expect(sessionEnd(used, defaultKeepAlive, resting(60 * minute + 1))).toBe('age')
  })

  it('never ends while work is in flight, nor when a clock went backwards', () => {
    const late = { now: 1_000 * minute, inFlight: true }
    expect(sessionEnd(began, defaultKeepAlive, late)).toBeNull()
    expect(sessionEnd(began, defaultKeepAlive, resting(-1_000 * minute))).toBeNull()
  })
})
