import { equal, rejects } from './check.ts'
import { settled, within, type ContractCase } from './contract.ts'
import { exampleEvent, exampleProject } from './example-rows.ts'
import {
  events,
  inserts,
  patienceMs,
  projectId,
  take,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

export const storageEventCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.events.numbered',
    title: 'events are numbered 1, 2, 3 … per project, whoever writes at once and whoever fails',
    async run({ storage }) {
      const other = exampleProject('project-2')
      await withProject(storage)
      await write(storage, inserts(['project', other]), [], other.id)
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const owner = index % 2 === 0 ? projectId : other.id
          const batch = Array.from({ length: 1 + (index % 3) }, () => exampleEvent(owner, index))
          await settled(
            storage.transaction(async (transaction) => {
              await transaction.write(owner, [], batch, `writer ${index}`)
              if (index % 5 === 0) throw new Error('rolled back')
            }),
          )
        }),
      )
      for (const owner of [projectId, other.id]) {
        const log = await storage.eventsAfter(owner, 0)
        equal(
          log.map((event) => event.sequence),
          log.map((_, index) => index + 1),
          `the sequences of ${owner}`,
        )
        equal([...new Set(log.map((event) => event.projectId))], [owner], 'the project')
        // Each writer's events stand together, in the order given.
        const runs = log.filter((event, index) => event.actor !== log[index - 1]?.actor)
        equal(runs.length, new Set(log.map((event) => event.actor)).size, 'the runs of one writer')
        equal(runs.length, 16, 'the writers that committed')
      }
    },
  },
  {
    id: 'storage.events.returned',
    title: 'a write resolves with its events as stored',
    async run({ storage }) {
      await withProject(storage)
      const first = await write(storage, [], events(1, 2))
      const second = await storage.transaction(async (transaction) => [
        ...(await transaction.write(projectId, [], events(3), 'me')),
        ...(await transaction.write(projectId, [], [], 'me')),
        ...(await transaction.write(projectId, [], events(4, 5), 'you')),
      ])
      equal(await storage.eventsAfter(projectId, 0), [...first, ...second], 'the log')
      equal(
        second.map((event) => [event.sequence, event.actor]),
        [
          [3, 'me'],
          [4, 'you'],
          [5, 'you'],
        ],
      )
    },
  },
  {
    id: 'storage.events.pages',
    title: 'the log is read in pages, without gaps or doubles',
    async run({ storage }) {
      await withProject(storage)
      const all = await write(
        storage,
        [],
        events(...Array.from({ length: 1_205 }, (_, index) => index)),
      )
      equal((await storage.eventsAfter(projectId, 0)).length, 1_000, 'the default page')
      equal(await storage.eventsAfter(projectId, 1_205), [], 'after the last')
      equal(await storage.eventsAfter(projectId, 9_999), [], 'far after the last')
      const pages = []
      let cursor = 0
      for (;;) {
        const page = await storage.eventsAfter(projectId, cursor, 100)
        if (page.length === 0) break
        pages.push(...page)
        cursor = page.at(-1)!.sequence
      }
      equal(pages, all, 'the pages together')
    },
  },
  {
    id: 'storage.watch.all',
    title: 'followers get every event once and in order, old and new, also while many write',
    async run({ storage }) {
      await withProject(storage)
      await write(storage, [], events(1, 2, 3))
      const stop = new AbortController()
      const fromStart = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]()
      const fromTwo = storage.watch(projectId, 2, stop.signal)[Symbol.asyncIterator]()
      equal(
        (await take(fromStart, 3)).map((event) => event.sequence),
        [1, 2, 3],
      )
      const writing = Promise.all(
        Array.from({ length: 50 }, (_, index) => write(storage, [], events(100 + index))),
      )
      const early = await take(fromTwo, 20)
      await writing
      const late = await take(fromTwo, 31)
      equal(
        [...early, ...late].map((event) => event.sequence),
        Array.from({ length: 51 }, (_, index) => index + 3),
        'what the second follower saw',
      )
      equal(
        await take(fromStart, 50),
        (await storage.eventsAfter(projectId, 3)).slice(),
        'what the first follower saw',
      )
      stop.abort()
      for (const follower of [fromStart, fromTwo]) {
        const next = await within(patienceMs, follower.next(), 'the end')
        equal(next.done, true, 'the end of a follower')
      }
    },
  },
  {
    id: 'storage.watch.wakes',
    title: 'a follower that waits wakes up for the next event, and only for committed ones',
    async run({ storage }) {
      await withProject(storage)
      const stop = new AbortController()
      const follower = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]()
      const next = follower.next()
      await settled(
        storage.transaction(async (transaction) => {
          await transaction.write(projectId, [], events(1), 'rolled back')
          throw new Error('rolled back')
        }),
      )
      await write(storage, [], events(2))
      const { value } = await within(patienceMs, next, 'the next event')
      equal([value?.sequence, value?.at], [1, 2], 'the first event that was committed')
      stop.abort()
    },
  },
  {
    id: 'storage.watch.ends',
    title: 'followers end on abort and on close, also while they wait',
    async run({ storage }) {
      await withProject(storage)
      const never = new AbortController()
      const stop = new AbortController()
      const waiting = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]().next()
      const closing = storage.watch(projectId, 0, never.signal)[Symbol.asyncIterator]().next()
      stop.abort()
      equal((await within(patienceMs, waiting, 'the aborted follower')).done, true)
      const late = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]().next()
      equal((await within(patienceMs, late, 'one aborted before it began')).done, true)
      await storage.close()
      equal((await within(patienceMs, closing, 'the follower of a closed storage')).done, true)
      await rejects(
        (async () => {
          for await (const _ of storage.watch(projectId, 0, never.signal)) return
        })(),
        'refused',
        'watching a closed storage',
      )
    },
  },
]
