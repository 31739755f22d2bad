import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import { countingIds } from '../testing/counting-ids.ts'
import type { ProjectId } from '../id.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import { defaultSettings } from '../create-cueline.ts'
import type { Storage } from '../storage/storage.ts'
import { type AtEnd, createLedger } from './ledger.ts'

describe('the ledger [X-11]', () => {
  it('stores commands of one moment in one transaction', async () => {
    const { ledger, transactions } = world()
    await Promise.all(['a', 'b', 'c'].map((name) => ledger.execute(create(name))))
    expect(transactions()).toBe(1)
  })

  it('waits for one that is a few promises away, and not when all who may come are there', async () => {
    for (const [expected, transactionsUsed] of [
      [2, 1],
      [1, 2],
    ] as const) {
      const { ledger, transactions } = world(expected)
      const late = async () => {
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
        await ledger.execute(create('late'))
      }
      await Promise.all([ledger.execute(create('early')), late()])
      expect(transactions()).toBe(transactionsUsed)
    }
  })

  it('refuses one command without touching the others that share its transaction', async () => {
    const { ledger, events } = world()
    const outcomes = await Promise.allSettled([
      ledger.execute(create('a')),
      ledger.execute(create('a')),
      ledger.execute(create('b')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(events).toHaveLength(2)
  })

  it('takes back everything of a step that throws after it has written, and only that', async () => {
    const { ledger, events, storage } = world()
    const broken = ledger.run(async (transaction) => {
      await transaction.execute(create('broken'))
      throw new Error('half way')
    })
    const good = ledger.execute(create('good'))
    await expect(broken).rejects.toThrow('half way')
    await good
    const projects = await storage.transaction((transaction) => transaction.query('projects', {}))
    expect(projects.map((project) => project.id)).toEqual(['good'])
    expect(events.map((event) => event.projectId)).toEqual(['good'])
  })

  it('repeats nothing when the storage failed, since what it was told may be stored all the same', async () => {
    const { ledger, storage, transactions } = world()
    const counted = storage.transaction.bind(storage)
    storage.transaction = async (work) => {
      await counted(work)
      throw new CuelineError('storage-unreachable', 'The outcome of the commit is not known.')
    }
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((name) => ledger.execute(create(name))),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(transactions()).toBe(1)
  })

  it('does once for all steps what they want done at the end, and tells of it after the commit', async () => {
    const { ledger, storage, transactions } = world()
    const told: string[] = []
    const finish: AtEnd<string> = async (transaction, items) => {
      await transaction.execute(create(items.join('+')))
      return () => told.push(`finished ${items.join('+')}`)
    }
    const step = (name: string) =>
      ledger.run(async (transaction) => {
        await transaction.execute(create(name))
        transaction.atEnd(finish, name)
        told.push(`wrote ${name}`)
      })
    await Promise.all([step('a'), step('b')])
    expect(told).toEqual(['wrote a', 'wrote b', 'finished a+b'])
    expect(transactions()).toBe(1)
    expect(await projectsIn(storage)).toEqual(['a', 'a+b', 'b'])
  })

  it('stores the steps without what was wanted at the end when that fails', async () => {
    const { ledger, storage } = world()
    let told = 0
    const fail: AtEnd<string> = async (transaction) => {
      await transaction.execute(create('half'))
      throw new Error('no more')
    }
    const tell: AtEnd<string> = async () => () => {
      told += 1
    }
    const step = (name: string) =>
      ledger.run(async (transaction) => {
        await transaction.execute(create(name))
        transaction.atEnd(tell, name)
        transaction.atEnd(fail, name)
      })
    await Promise.all([step('a'), step('b')])
    await step('c')
    expect(await projectsIn(storage)).toEqual(['a', 'b', 'c'])
    expect(told).toBe(0)
  })

  it('tells of events only once they are stored', async () => {
    const { ledger, storage, events } = world()
    const failing = storage.transaction.bind(storage)
    storage.transaction = async () => {
      throw new Error('the disk is full')
    }
    await expect(ledger.execute(create('a'))).rejects.toThrow('the disk is full')
    storage.transaction = failing
    expect(events).toEqual([])
  })
})

async function projectsIn(storage: Storage): Promise<readonly string[]> {
  const projects = await storage.transaction((transaction) => transaction.query('projects', {}))
  return projects.map((project) => String(project.id)).toSorted()
}

function world(expected = 0) {
  const storage = memoryStorage()
  const events: StoredEvent[] = []
  let transactions = 0
  const transaction = storage.transaction.bind(storage)
  storage.transaction = (work) => {
    transactions += 1
    return transaction(work)
  }
  const ledger = createLedger({
    storage,
    ids: countingIds(),
    random: () => 0,
    expected: () => expected,
    onEvents: (stored) => events.push(...stored),
    onEffects: () => {},
  })
  return { ledger, storage, events, transactions: () => transactions }
}

function create(name: string) {
  return {
    type: 'project.create',
    projectId: name as ProjectId,
    name,
    settings: defaultSettings,
  } as const
}
