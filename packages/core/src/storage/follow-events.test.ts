import { describe, expect, it } from 'vitest'

import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import { exampleEvent } from '../testing/example-rows.ts'
import { followEvents } from './follow-events.ts'

const projectId = 'p' as ProjectId

/** A log whose reads can be held up. */
function scriptedLog() {
  const events: StoredEvent[] = []
  const wakes = new Set<() => void>()
  let beforeRead: () => void = () => {}
  let closed = false
  return {
    wakes,
    append() {
      const sequence = events.length + 1
      events.push({ ...exampleEvent(projectId), projectId, sequence, actor: 'test' })
      for (const wake of wakes) wake()
    },
    onRead(call: () => void) {
      beforeRead = call
    },
    close() {
      closed = true
      for (const wake of wakes) wake()
    },
    async eventsAfter(cursor: number) {
      const found = events.slice(cursor, cursor + 2)
      beforeRead()
      return found
    },
    subscribe(wake: () => void) {
      wakes.add(wake)
      return () => wakes.delete(wake)
    },
    isClosed: () => closed,
  }
}

describe('following a log [S1-08]', () => {
  it('misses no event that is appended while it reads', async () => {
    const log = scriptedLog()
    const follower = followEvents(log, 0, new AbortController().signal)
    let appended = 0
    log.onRead(() => {
      if (appended < 3) log.append()
      appended += 1
    })
    for (const sequence of [1, 2, 3]) {
      expect((await follower.next()).value).toMatchObject({ sequence })
    }
    await follower.return()
  })

  it('bears wake-ups without news', async () => {
    const log = scriptedLog()
    const follower = followEvents(log, 0, new AbortController().signal)
    const next = follower.next()
    for (let round = 0; round < 5; round += 1) {
      for (const wake of log.wakes) wake()
      await Promise.resolve()
    }
    log.append()
    expect((await next).value).toMatchObject({ sequence: 1 })
    await follower.return()
  })

  it.each(['abort', 'close', 'return'])('ends its subscription on %s', async (end) => {
    const log = scriptedLog()
    const stop = new AbortController()
    const follower = followEvents(log, 0, stop.signal)
    log.append()
    await follower.next()
    const next = follower.next()
    expect(log.wakes.size).toBe(1)
    if (end === 'abort') stop.abort()
    else if (end === 'close') log.close()
    else log.append()
    await next
    if (end === 'return') await follower.return()
    expect(log.wakes.size).toBe(0)
    expect((await follower.next()).done).toBe(true)
  })

  it('hands on the error of a read', async () => {
    const log = scriptedLog()
    log.onRead(() => {
      throw new Error('unreadable')
    })
    const follower = followEvents(log, 0, new AbortController().signal)
    await expect(follower.next()).rejects.toThrow('unreadable')
    expect(log.wakes.size).toBe(0)
  })
})
