import { CuelineError } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import { Followers } from './followers.ts'

/** Logs of other processes: how long they are, who is woken by them, and how often they are looked at. */
function otherLogs() {
  const lengths = new Map<string, number>()
  const woken: string[] = []
  let looks = 0
  let trouble: Error | undefined
  let hint: (projectIds?: ReadonlySet<string>) => void = () => {}
  const followers = new Followers({
    listen(wake) {
      hint = wake
      return () => {
        hint = () => {}
      }
    },
    async lastSequences(projectIds) {
      looks += 1
      if (trouble !== undefined) throw trouble
      return new Map([...lengths].filter(([id]) => projectIds.has(id)))
    },
  })
  return {
    followers,
    lengths,
    follow: (id: string) => followers.follow(id, () => void woken.push(id)),
    fail: (error: Error | undefined) => void (trouble = error),
    /** What comes of one poll: who was woken and how many reads it took. */
    async poll(projectIds?: ReadonlySet<string>) {
      woken.length = 0
      looks = 0
      hint(projectIds)
      await new Promise((resolve) => setImmediate(resolve))
      return { woken: [...woken], looks }
    },
  }
}

describe('followers of logs that other processes write [S1-08, X-11]', () => {
  it('are woken where there is something new, by one read for a thousand of them', async () => {
    const { follow, lengths, poll } = otherLogs()
    for (let number = 0; number < 1_000; number += 1) follow(`p${number}`)
    expect((await poll()).woken).toHaveLength(1_000) // Nothing is known yet.
    expect(await poll()).toEqual({ woken: [], looks: 1 })
    lengths.set('p7', 1)
    expect(await poll()).toEqual({ woken: ['p7'], looks: 1 })
    expect(await poll()).toEqual({ woken: [], looks: 1 })
  })

  it('are woken without a look where it is said whose log has grown', async () => {
    const { follow, poll } = otherLogs()
    follow('one')
    follow('other')
    expect(await poll(new Set(['other']))).toEqual({ woken: ['other'], looks: 0 })
  })

  it('are woken again when they could not read what they were woken for', async () => {
    const { followers, follow, poll } = otherLogs()
    follow('one')
    follow('other')
    await poll()
    followers.missed('one')
    expect(await poll()).toEqual({ woken: ['one'], looks: 1 })
    expect((await poll()).woken).toEqual([])
  })

  it('wait for the next look when the database is away, and meet any other trouble themselves', async () => {
    const { follow, lengths, fail, poll } = otherLogs()
    follow('one')
    await poll()
    lengths.set('one', 1)
    fail(new CuelineError('storage-unreachable', 'It is away.', { retryable: true }))
    expect((await poll()).woken).toEqual([])
    fail(new CuelineError('storage-unusable', 'The file is gone.'))
    expect((await poll()).woken).toEqual(['one'])
    fail(undefined)
    expect((await poll()).woken).toEqual(['one'])
  })

  it('are looked at once more when others write while they are looked at', async () => {
    const lengths = new Map([['one', 1]])
    let woken = 0
    let looks = 0
    let hint = (): void => {}
    const followers = new Followers({
      listen(wake) {
        hint = wake
        return () => {}
      },
      async lastSequences() {
        looks += 1
        const found = new Map(lengths)
        if (looks === 1) {
          lengths.set('one', 2)
          hint()
          hint()
        }
        return found
      },
    })
    followers.follow('one', () => void (woken += 1))
    hint()
    await new Promise((resolve) => setImmediate(resolve))
    expect([woken, looks]).toEqual([2, 2])
  })
})
