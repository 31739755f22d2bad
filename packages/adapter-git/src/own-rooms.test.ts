import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { CuelineError, type AttemptId } from '@cueline/core'

import { ownRooms } from './own-rooms.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = new AbortController().signal

/** One room that all processes share, and one process that takes it, waits for it and gives it back. */
function oneRoom() {
  const rooms = ownRooms()
  const said: string[] = []
  let owner: string | null = null
  const ask = async (id: string) => {
    await Promise.resolve()
    if (owner !== null) {
      throw new CuelineError('limit', 'There is 1.', { details: { maxWorkspaces: 1 } })
    }
    owner = id
  }
  return {
    said,
    /** Another process takes the room, or gives it back. */
    byOthers: (id: string | null) => (owner = id),
    take: (id: string, signal = never) =>
      rooms.whenFree(
        async () => {
          signal.throwIfAborted()
          await rooms.take(id as AttemptId, () => ask(id))
          return id
        },
        signal,
        { progress: (text) => void said.push(`${id}: ${text}`) },
      ),
    remove: (id: string, removing: Promise<void> = Promise.resolve()) =>
      rooms.giveBack(id as AttemptId, async () => {
        await removing
        owner = null
      }),
  }
}

const settled = () => vi.advanceTimersByTimeAsync(0)

describe('rooms of one process [X-09]', () => {
  it('go to the next who waits at the moment they are given back, and each waits once', async () => {
    const { take, remove, said } = oneRoom()
    const order: string[] = []
    const begin = Date.now()
    await take('A')
    const others = ['B', 'C'].map(async (id) => {
      order.push(await take(id))
      await remove(id)
    })
    await settled()
    expect(order).toEqual([])
    await remove('A')
    await Promise.all(others)
    expect(order).toEqual(['B', 'C'])
    expect(Date.now() - begin).toBe(0)
    expect(said).toEqual([
      expect.stringMatching(/^B: All workspaces .* are in use; waits/),
      expect.stringMatching(/^C: /),
    ])
  })

  it('are waited for while a workspace of an earlier process is removed', async () => {
    const { take, remove, byOthers } = oneRoom()
    byOthers('old')
    const gate = Promise.withResolvers<void>()
    const removing = remove('old', gate.promise)
    const waiting = take('A')
    await settled()
    gate.resolve()
    await removing
    expect(await waiting).toBe('A')
  })

  it('are not waited for when all are those of other processes, not even after one of ours', async () => {
    const { take, remove, byOthers } = oneRoom()
    await take('A')
    await remove('A')
    byOthers('theirs')
    await expect(take('B')).rejects.toMatchObject({ code: 'limit' })
  })

  it('are waited for 30 seconds at most: then the work is put back, uncharged', async () => {
    const { take, remove } = oneRoom()
    await take('A')
    const waiting = Promise.allSettled([take('B')])
    await vi.advanceTimersByTimeAsync(29_999)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await waiting).toMatchObject([
      {
        status: 'rejected',
        reason: { code: 'refused', retryable: true, details: { retryAfterMs: 1_000 } },
      },
    ])
    await remove('A')
    expect(await take('C')).toBe('C')
  })

  it('are no longer waited for by who was stopped, and the next one gets its turn', async () => {
    const { take, remove } = oneRoom()
    await take('A')
    const stop = new AbortController()
    const early = new AbortController()
    const ends = Promise.allSettled([take('B', stop.signal), take('C', early.signal)])
    const last = take('D')
    await settled()
    early.abort(new Error('stopped'))
    // Stopped in the moment in which it is its turn.
    const removing = remove('A')
    stop.abort(new Error('stopped'))
    await removing
    expect(await last).toBe('D')
    expect(await ends).toMatchObject([
      { reason: { message: 'stopped' } },
      { reason: { message: 'stopped' } },
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stay taken where a workspace could not be removed', async () => {
    const { take, remove } = oneRoom()
    await take('A')
    const waiting = take('B')
    await settled()
    await expect(remove('A', Promise.reject(new Error('busy')))).rejects.toThrow('busy')
    await settled()
    expect(vi.getTimerCount()).toBe(1)
    await remove('A')
    expect(await waiting).toBe('B')
  })
})
