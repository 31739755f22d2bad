import { describe, expect, it } from 'vitest'

import type { EventOf } from '../event/event.ts'
import { changesOf, evolve } from './evolve.ts'
import { emptySlice, type Slice } from './slice.ts'
import { projectId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const at = 1_700_000_000_000

function opened(number: number): EventOf<'delivery.opened'> {
  const delivery = {
    number,
    provider: 'forge',
    id: `#${number}`,
    url: `https://forge.example/${number}`,
    branch: 'cueline/deliver/main',
    base: 'main',
    commit: `c${number}`,
    state: 'open',
    checks: 'pending',
  } as const
  return { type: 'delivery.opened', projectId, delivery, at: at + number }
}

function afterOpening(slice: Slice, ...numbers: readonly number[]): Slice {
  return numbers.reduce((state, number) => evolve(state, opened(number)), slice)
}

describe('what events of deliveries mean for the project [S4-06]', () => {
  it('has no delivery when it is made', () => {
    expect(new World().state.project?.deliveries).toEqual([])
  })

  it('keeps each with the time it was opened, the oldest first', () => {
    const { project } = afterOpening(new World().state, 1, 2)
    expect(project?.deliveries).toMatchObject([
      { number: 1, commit: 'c1', openedAt: at + 1, changedAt: at + 1 },
      { number: 2, commit: 'c2', openedAt: at + 2, changedAt: at + 2 },
    ])
  })

  it('changes only the one that is named, and notes when', () => {
    const before = afterOpening(new World().state, 1, 2, 3)
    const changed = { type: 'delivery.changed', projectId, number: 2, at: at + 9 } as const
    const { project } = evolve(before, { ...changed, set: { state: 'merged', checks: 'passing' } })
    const [first, second, third] = before.project?.deliveries ?? []
    const merged = { ...second, state: 'merged', checks: 'passing', changedAt: at + 9 }
    expect(project?.deliveries).toEqual([first, merged, third])
  })

  it('keeps the newest fifty; the log has them all', () => {
    const numbers = Array.from({ length: 53 }, (_, index) => index + 1)
    const { project } = afterOpening(new World().state, ...numbers)
    expect(project?.deliveries.map(({ number }) => number)).toEqual(numbers.slice(3))
  })

  it('says the same of a project that is not loaded, starting from none', () => {
    const set = (event: EventOf<'delivery.opened'> | EventOf<'delivery.changed'>) =>
      changesOf(emptySlice, event).map((change) => 'set' in change && change.set)
    expect(set(opened(1))).toMatchObject([{ deliveries: [{ number: 1 }] }])
    const changed = { type: 'delivery.changed', projectId, number: 1, set: {}, at } as const
    expect(set(changed)).toEqual([{ deliveries: [] }])
  })
})

describe('a delivery that is recorded [S4-06]', () => {
  const { delivery } = opened(1)

  it('is opened when its number is new, and tells only what changed after that', () => {
    const world = new World()
    const record = (set: Partial<typeof delivery>) =>
      world.do({ type: 'delivery.record', delivery: { ...delivery, ...set } }).events
    expect(record({})).toMatchObject([{ type: 'delivery.opened', delivery }])
    expect(record({})).toEqual([])
    const changes = [
      { commit: 'c0ffee' },
      { url: 'https://forge.example/moved' },
      { state: 'closed' },
      { checks: 'failing' },
    ] as const
    const known: Partial<typeof delivery> = {}
    for (const set of changes) {
      Object.assign(known, set)
      const [event, ...others] = record({ ...known })
      expect(event).toMatchObject({ type: 'delivery.changed', number: 1 })
      expect(event).toHaveProperty('set', set)
      expect(others).toEqual([])
    }
    expect(record({ ...known, number: 2 })).toMatchObject([{ type: 'delivery.opened' }])
    expect(world.project.deliveries.map(({ number }) => number)).toEqual([1, 2])
  })
})

describe('a log that is pruned [X-11]', () => {
  it('says through where and how many events that were', () => {
    const { events } = new World().do({ type: 'log.prune', through: 7, events: 5 })
    expect(events).toMatchObject([{ type: 'log.pruned', through: 7, events: 5 }])
  })
})
