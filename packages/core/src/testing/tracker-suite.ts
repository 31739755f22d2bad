import type { TaskStatus } from '../staging/state.ts'
import type { Tracker, TrackerItem } from '../tracker/tracker.ts'
import { check, equal } from './check.ts'
import {
  registerContract,
  settled,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'

export interface TrackerSuiteOptions {
  /** A tracker that holds nothing yet. */
  readonly create: () => Promise<Tracker> | Tracker
  readonly destroy?: (tracker: Tracker) => Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of trackers. */
export function trackerSuite(framework: TestFramework, options: TrackerSuiteOptions): void {
  registerContract(framework, { name: 'tracker', cases, ...options })
}

const greenhouse = { key: 'greenhouse', name: 'Greenhouse' }

function item(key: string, change: Partial<TrackerItem> = {}): TrackerItem {
  return { key, title: `Build ${key}`, description: `All about ${key}`, status: 'todo', ...change }
}

async function pushed(tracker: Tracker, projectId: string, items: readonly TrackerItem[]) {
  const results = await tracker.push(projectId, items)
  equal(
    results.map((result) => result.key),
    items.map((each) => each.key),
    'the keys of the results',
  )
  return results.map((result) => {
    if (!result.ok) throw new Error(`${result.key} was refused: ${result.reason}`)
    return result
  })
}

function byKey(items: readonly TrackerItem[]): ReadonlyMap<string, TrackerItem> {
  return new Map(items.map((each) => [each.key, each]))
}

const cases: readonly ContractCase<Tracker>[] = [
  {
    id: 'tracker.project',
    title: 'the same key is the same project, another key another one',
    async run(tracker) {
      const first = await tracker.project(greenhouse)
      equal(await tracker.project(greenhouse), first, 'the project asked for again')
      equal(await tracker.project({ ...greenhouse, name: 'Renamed' }), first, 'a renamed project')
      const other = await tracker.project({ key: 'orchard', name: 'Greenhouse' })
      check(other.id !== first.id, 'two keys share a project')
    },
  },
  {
    id: 'tracker.push-pull',
    title: 'what was pushed can be pulled, each item under its key',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      equal(await tracker.pull(id), [], 'a new project')
      const items = [item('a'), item('b'), item('c')]
      const results = await pushed(tracker, id, items)
      equal(new Set(results.map((result) => result.id)).size, 3, 'different ids')
      equal(byKey(await tracker.pull(id)), byKey(items))
    },
  },
  {
    id: 'tracker.idempotent',
    title: 'pushing the same items twice changes nothing and gives the same ids',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      const items = [item('a'), item('b', { status: 'doing' })]
      const first = await pushed(tracker, id, items)
      const before = await tracker.pull(id)
      equal(await pushed(tracker, id, items), first)
      equal(await tracker.pull(id), before)
    },
  },
  {
    id: 'tracker.updates',
    title: 'an item pushed again under its key is updated, not doubled',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      const [before] = await pushed(tracker, id, [item('a')])
      const [after] = await pushed(tracker, id, [
        item('a', { title: 'New title', description: 'New text' }),
      ])
      equal(after?.id, before?.id, 'the id')
      const pulled = await tracker.pull(id)
      equal(pulled.length, 1, 'the number of items')
      equal([pulled[0]?.title, pulled[0]?.description], ['New title', 'New text'])
    },
  },
  {
    id: 'tracker.twice-in-one-push',
    title: 'an item that comes twice in one push ends as the later one',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      await pushed(tracker, id, [item('a'), item('a', { title: 'Later' })])
      equal(
        (await tracker.pull(id)).map((each) => each.title),
        ['Later'],
      )
    },
  },
  {
    id: 'tracker.statuses',
    title: 'every status of a task is taken, or reported as unsupported and shown as another',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      check(tracker.statuses.length > 0, 'the tracker shows no status at all')
      for (const status of [
        'todo',
        'staged',
        'doing',
        'review',
        'done',
        'failed',
        'cancelled',
      ] as const satisfies readonly TaskStatus[]) {
        const [result] = await pushed(tracker, id, [item('a', { status })])
        const shown = (await tracker.pull(id))[0]?.status
        const reported = (result?.unsupported.length ?? 0) > 0
        check(shown === status || reported, `${status} became ${shown} without a word`)
      }
    },
  },
  {
    id: 'tracker.apart',
    title: 'items of two projects with the same key have nothing to do with each other',
    async run(tracker) {
      const one = await tracker.project(greenhouse)
      const two = await tracker.project({ key: 'orchard', name: 'Orchard' })
      await pushed(tracker, one.id, [item('a', { title: 'Of one' })])
      await pushed(tracker, two.id, [item('a', { title: 'Of two' })])
      equal((await tracker.pull(one.id))[0]?.title, 'Of one')
      equal((await tracker.pull(two.id))[0]?.title, 'Of two')
    },
  },
  {
    id: 'tracker.hostile',
    title: 'keys and texts of any shape are data',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      const keys = ['__proto__', 'constructor', 'a/../b', 'with space', 'ünïcode', '--force', '<b>']
      const items = keys.map((key) =>
        item(key, { description: `${key} \n\`$(id)\` <script> ' " %` }),
      )
      await pushed(tracker, id, items)
      equal(byKey(await tracker.pull(id)), byKey(items))
    },
  },
  {
    id: 'tracker.nothing',
    title: 'pushing nothing is harmless',
    async run(tracker) {
      const { id } = await tracker.project(greenhouse)
      equal(await tracker.push(id, []), [])
    },
  },
  {
    id: 'tracker.unknown-project',
    title: 'a project that the tracker does not know is an error, not a new project',
    async run(tracker) {
      await tracker.project(greenhouse)
      check('error' in (await settled(tracker.push('no-such-project', [item('a')]))), 'push')
      check('error' in (await settled(tracker.pull('no-such-project'))), 'pull')
    },
  },
]
