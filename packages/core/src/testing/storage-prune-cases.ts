import type { ProjectId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'
import { equal, rejects } from './check.ts'
import { settled, within, type ContractCase } from './contract.ts'
import { exampleEvent, exampleProject } from './example-rows.ts'
import {
  events,
  inserts,
  patienceMs,
  projectId,
  query,
  take,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

const other = 'project-2' as ProjectId

function prune(storage: Storage, sequence: number, base: readonly unknown[] = []): Promise<void> {
  return storage.transaction((transaction) => transaction.prune(projectId, sequence, base))
}

async function sequences(storage: Storage, cursor: number): Promise<readonly number[]> {
  return (await storage.eventsAfter(projectId, cursor)).map((event) => event.sequence)
}

async function withEvents(storage: Storage, count: number): Promise<void> {
  await withProject(storage)
  await write(storage, [], events(...Array.from({ length: count }, (_, index) => index)))
}

export const storagePruneCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.prune.base',
    title: 'a prune keeps its base in place of the events, as it was given',
    async run({ storage }) {
      await withEvents(storage, 4)
      equal(await query(storage, 'prunedThrough', { projectId }), 0, 'pruned before')
      equal(await query(storage, 'logBase', { projectId }), [], 'the base before')
      const base = [
        { format: 1, text: 'ä"\\' },
        ...Array.from({ length: 70 }, (_, part) => ({
          part,
          rows: [null, [], JSON.parse('{"__proto__":1}')],
        })),
        'last',
      ]
      await prune(storage, 3, base)
      equal(await query(storage, 'prunedThrough', { projectId }), 3, 'pruned')
      equal(await query(storage, 'logBase', { projectId }), base, 'the base')
    },
  },
  {
    id: 'storage.prune.restart',
    title: 'what was pruned is gone over a restart too, and its base is there',
    async run({ storage, reopen }) {
      await withEvents(storage, 4)
      const base = [{ format: 1 }, 'last']
      await prune(storage, 3, base)
      const reopened = await reopen()
      equal(await query(reopened, 'prunedThrough', { projectId }), 3, 'pruned, after a restart')
      equal(await query(reopened, 'logBase', { projectId }), base, 'the base after a restart')
      equal(await sequences(reopened, 3), [4], 'the log after a restart')
    },
  },
  {
    id: 'storage.prune.cursor',
    title: 'a cursor before what was pruned is an error that names the first event kept',
    async run({ storage }) {
      await withEvents(storage, 10)
      await prune(storage, 6)
      for (const cursor of [-1, 0, 5]) {
        const error = await rejects(storage.eventsAfter(projectId, cursor, 2), 'pruned')
        equal(
          [(error as { details?: unknown }).details, (error as { retryable?: unknown }).retryable],
          [{ projectId, cursor, firstSequence: 7 }, false],
          `the error for cursor ${cursor}`,
        )
      }
      equal(await sequences(storage, 6), [7, 8, 9, 10], 'from the first kept on')
      equal(await sequences(storage, 10), [], 'after the last')
      equal(await sequences(storage, 99), [], 'far after the last')
    },
  },
  {
    id: 'storage.prune.everything',
    title: 'a log may be pruned to its end; the numbering goes on',
    async run({ storage }) {
      await withEvents(storage, 5)
      await prune(storage, 5)
      equal(await sequences(storage, 5), [], 'the log')
      equal(await query(storage, 'lastSequence', { projectId }), 5, 'the last sequence')
      await rejects(storage.eventsAfter(projectId, 4), 'pruned', 'the last that was pruned')
      const [next] = await write(storage, [], events(7))
      equal(next?.sequence, 6, 'the next event')
      equal(await sequences(storage, 5), [6], 'the log after it')
    },
  },
  {
    id: 'storage.prune.again',
    title: 'a second prune goes on from the first and replaces its base',
    async run({ storage }) {
      await withEvents(storage, 8)
      await prune(storage, 2, ['first', 'and more'])
      await prune(storage, 5, ['second'])
      equal(await query(storage, 'logBase', { projectId }), ['second'], 'the base')
      equal(await sequences(storage, 5), [6, 7, 8], 'the log')
      await rejects(storage.eventsAfter(projectId, 2), 'pruned', 'a cursor of the first prune')
    },
  },
  {
    id: 'storage.prune.refused',
    title: 'what is no event of the log cannot be pruned, and nothing changes',
    async run({ storage }) {
      await rejects(prune(storage, 1), 'refused', 'a project without a log')
      await withEvents(storage, 6)
      await prune(storage, 3, ['base'])
      for (const sequence of [7, 3, 2, 0, -1, 4.5, Number.NaN]) {
        await rejects(prune(storage, sequence), 'refused', `pruning up to ${sequence}`)
      }
      equal(await sequences(storage, 3), [4, 5, 6], 'the log')
      equal(await query(storage, 'logBase', { projectId }), ['base'], 'the base')
    },
  },
  {
    id: 'storage.prune.rolled-back',
    title: 'a prune belongs to its transaction: seen in it, gone with it',
    async run({ storage }) {
      await withEvents(storage, 6)
      await prune(storage, 2, ['base'])
      await settled(
        storage.transaction(async (transaction) => {
          await transaction.write(projectId, [], events(50), 'suite')
          await transaction.prune(projectId, 7, ['more'])
          equal(await transaction.query('prunedThrough', { projectId }), 7, 'pruned, inside')
          equal(await transaction.query('logBase', { projectId }), ['more'], 'the base, inside')
          throw new Error('rolled back')
        }),
      )
      equal(await query(storage, 'prunedThrough', { projectId }), 2, 'pruned, afterwards')
      equal(await query(storage, 'logBase', { projectId }), ['base'], 'the base, afterwards')
      equal(await sequences(storage, 2), [3, 4, 5, 6], 'the log')
      await storage.transaction(async (transaction) => {
        await transaction.write(projectId, [], events(50), 'suite')
        await transaction.prune(projectId, 6, [])
      })
      equal(await sequences(storage, 6), [7], 'an event of the transaction that pruned')
    },
  },
  {
    id: 'storage.prune.projects',
    title: 'other projects keep their logs',
    async run({ storage }) {
      await withEvents(storage, 4)
      await write(storage, inserts(['project', exampleProject(other)]), [], other)
      await write(storage, [], [exampleEvent(other, 1), exampleEvent(other, 2)], other)
      await prune(storage, 4, ['base'])
      const log = await storage.eventsAfter(other, 0)
      equal(
        log.map((event) => event.sequence),
        [1, 2],
        'the log of the other project',
      )
      equal(await query(storage, 'prunedThrough', { projectId: other }), 0, 'pruned of it')
      equal(await query(storage, 'logBase', { projectId: other }), [], 'its base')
    },
  },
  {
    id: 'storage.prune.watch',
    title: 'a follower that is behind what was pruned gets an error, one that is not loses nothing',
    async run({ storage }) {
      // More than a follower reads at once.
      await withEvents(storage, 2_500)
      const stop = new AbortController()
      const follow = (cursor: number) =>
        storage.watch(projectId, cursor, stop.signal)[Symbol.asyncIterator]()
      const behind = follow(0)
      const ahead = follow(2_000)
      equal((await take(behind, 1))[0]?.sequence, 1, 'the first that it sees')
      await take(ahead, 1)
      await prune(storage, 2_001)
      const seen: number[] = [1]
      const error = await rejects(
        (async () => {
          for (;;) {
            const next = await within(patienceMs, behind.next(), 'the next event')
            if (next.done === true) return
            seen.push(next.value.sequence)
          }
        })(),
        'pruned',
        'the follower that is behind',
      )
      equal(
        seen,
        seen.map((_, index) => index + 1),
        'what it saw before, without a gap',
      )
      equal(
        (error as { details?: unknown }).details,
        { projectId, cursor: seen.length, firstSequence: 2_002 },
        'what the error names',
      )
      await rejects(follow(2_000).next(), 'pruned', 'one that starts before what is kept')
      await write(storage, [], events(9_999))
      equal(
        (await take(ahead, 500)).map((event) => event.sequence),
        Array.from({ length: 500 }, (_, index) => index + 2_002),
        'what the follower that is not behind saw',
      )
      stop.abort()
    },
  },
  {
    id: 'storage.prune.readers',
    title: 'readers and writers beside a prune see the whole log or an error, never a part',
    async run({ storage }) {
      await withEvents(storage, 300)
      const reading = Array.from({ length: 12 }, async (_, index) => {
        const cursor = index * 10
        const result = await settled(storage.eventsAfter(projectId, cursor))
        if ('error' in result) {
          await rejects(Promise.reject(result.error), 'pruned', `cursor ${cursor}`)
          return
        }
        const read = result.value.map((event) => event.sequence)
        equal(
          read,
          read.map((_sequence, at) => cursor + 1 + at),
          `the events after ${cursor}`,
        )
        equal(read.length >= 300 - cursor, true, `the number of events after ${cursor}`)
      })
      await Promise.all([
        ...reading,
        prune(storage, 150),
        ...Array.from({ length: 10 }, (_, index) => write(storage, [], events(1_000 + index))),
      ])
      equal(
        await sequences(storage, 150),
        Array.from({ length: 160 }, (_, index) => index + 151),
        'the log afterwards',
      )
    },
  },
]
