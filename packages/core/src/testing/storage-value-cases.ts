import type { StoredArtifact, StoredPlan, Task } from '../staging/state.ts'
import { check, equal, rejects } from './check.ts'
import type { ContractCase } from './contract.ts'
import { exampleTask } from './example-rows.ts'
import { seededRandom } from './seeded-random.ts'
import {
  inserts,
  load,
  projectId,
  query,
  taskId,
  update,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

const hostile = [
  '',
  ' ',
  "'; drop table tasks; --",
  '"$.id"',
  '__proto__',
  'constructor',
  '\u{1F600} \u202E right to left \uFFFE',
  'line\nfeed\ttab \\ "quotes" \u0001\u001F\u007F\u2028',
  '[1,2]',
  '{"a":1}',
  'null',
  '007',
  '1e3',
  'x'.repeat(100_000),
]

/** As stored everywhere: NUL and unpaired surrogates are replaced. */
const replaced: readonly (readonly [string, string])[] = [
  ['a\0b', 'a\uFFFDb'],
  ['a\uD800b', 'a\uFFFDb'],
  ['\uDC00\uD800', '\uFFFD\uFFFD'],
  ['\uD83D\uDE00', '\uD83D\uDE00'],
]

/** Values that a database could change, cut or refuse: they come back as they were given, or are refused by name. */
export const storageValueCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.rows.hostile-text',
    title: 'any text is stored as it is, but for NUL and unpaired surrogates, everywhere alike',
    async run({ storage }) {
      const pairs = [...hostile.map((text) => [text, text] as const), ...replaced]
      const record = (text: string) => Object.fromEntries([[text, 1]])
      const taskOf = (text: string, index: number) =>
        exampleTask(projectId, `t${index}`, {
          code: `${index} ${text}`,
          title: text,
          touches: [text],
          resources: record(text),
          account: text,
          position: index,
        })
      await withProject(storage)
      await write(
        storage,
        inserts(...pairs.map(([text], index) => ['task', taskOf(text, index)] as const)),
        pairs.map(([text]) => ({ type: 'project.updated', projectId, name: text, at: 1 })),
      )
      const tasks = await query(storage, 'tasks', { projectId })
      equal(
        tasks,
        pairs.map(([, stored], index) => taskOf(stored, index)),
        'the tasks',
      )
      const log = await storage.eventsAfter(projectId, 0)
      equal(
        log.map((event) => ('name' in event ? event.name : null)),
        pairs.map(([, stored]) => stored),
        'the events',
      )
      await write(
        storage,
        pairs.map(([text], index) =>
          update('task', `t${index}`, { summary: text, resources: record(text) }),
        ),
      )
      equal(
        (await query(storage, 'tasks', { projectId })).map((task) => [
          task.summary,
          task.resources,
        ]),
        pairs.map(([, stored]) => [stored, record(stored)]),
        'the updates',
      )
      for (const [index, [text]] of pairs.entries()) {
        const found = await query(storage, 'tasks', { projectId, codes: [`${index} ${text}`] })
        equal(
          found.map((task) => task.id),
          [`t${index}`],
          'the task found by its code',
        )
      }
    },
  },
  {
    id: 'storage.rows.hostile-keys',
    title: 'accounts and ids may be any text',
    async run({ storage }) {
      await withProject(storage)
      const texts = ['__proto__', 'constructor', "o'hara", '', 'a\0b']
      for (const account of texts) {
        await write(storage, inserts(['hold', { projectId, account, until: 1, reason: 'r' }]))
      }
      const { holds } = await load(storage, { holds: true })
      equal([...holds.keys()].toSorted(), ['', '__proto__', 'a\uFFFDb', 'constructor', "o'hara"])
      for (const account of texts) {
        await write(storage, [{ table: 'hold', kind: 'delete', key: { projectId, account } }])
      }
      equal((await load(storage, { holds: true })).holds.size, 0, 'the holds left')
      await write(storage, inserts(['task', exampleTask(projectId, '__proto__')]))
      const { tasks } = await load(storage, { tasks: [taskId('__proto__')] })
      equal([...tasks.keys()], ['__proto__'], 'the task with a hostile id')
    },
  },
  {
    id: 'storage.rows.large-text',
    title: 'outputs of five megabytes come back whole, as text, in events and as bytes',
    async run({ storage }) {
      const random = seededRandom(5)
      const bytes = Uint8Array.from({ length: 5_000_000 }, () => Math.floor(random() * 256))
      const text = Array.from(bytes, (byte) => String.fromCodePoint(32 + byte)).join('')
      await withProject(storage, ['task', exampleTask(projectId, 't1', { description: text })])
      const artifact: StoredArtifact = {
        projectId,
        hash: 'large',
        name: 'output',
        taskId: taskId('t1'),
        attemptId: null,
        size: bytes.length,
        createdAt: 1,
        bytes,
      }
      await write(
        storage,
        [...inserts(['artifact', artifact]), update('task', 't1', { summary: text })],
        [{ type: 'project.updated', projectId, name: text, at: 1 }],
      )
      const { tasks } = await load(storage, { tasks: [taskId('t1')] })
      const task = tasks.get(taskId('t1'))
      check(task?.description === text && task.summary === text, 'the text of the task differs')
      const [event] = await storage.eventsAfter(projectId, 0)
      check(
        event?.type === 'project.updated' && event.name === text,
        'the text of the event differs',
      )
      const found = await query(storage, 'artifact', { projectId, hash: 'large' })
      check(
        found?.bytes.length === bytes.length && found.bytes.every((byte, at) => byte === bytes[at]),
        'the bytes differ',
      )
    },
  },
  {
    id: 'storage.rows.refuses',
    title: 'what JSON cannot hold is refused as invalid input',
    async run({ storage }) {
      await withProject(storage, ['task', exampleTask(projectId, 't1')])
      for (const tail of [Number.NaN, Number.POSITIVE_INFINITY]) {
        await rejects(
          write(storage, [update('task', 't1', { tail })]),
          'invalid-input',
          `tail ${tail}`,
        )
      }
      for (const odd of [1n, () => {}, Symbol('odd')]) {
        const context = { odd } as unknown as Task['context']
        await rejects(
          write(storage, [update('task', 't1', { context })]),
          'invalid-input',
          `a ${typeof odd} in a context`,
        )
      }
      let plan: unknown = 1
      for (let depth = 0; depth < 100_000; depth += 1) plan = [plan]
      const deep = { id: 'p1', projectId, revision: 1, hash: 'h', createdAt: 1, plan } as StoredPlan
      await rejects(write(storage, inserts(['plan', deep])), 'invalid-input', 'a deep plan')
    },
  },
  {
    id: 'storage.rows.large-numbers',
    title: 'whole numbers are exact up to 2^53, fractions to the last bit',
    async run({ storage }) {
      const numbers = [2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, -(2 ** 40), 0]
      const fractions = [0.1, 1 / 3, 1e-12, 1e15 + 0.5, -0.25]
      await withProject(
        storage,
        ...numbers.map(
          (createdAt, index) =>
            [
              'task',
              exampleTask(projectId, `t${index}`, {
                createdAt,
                position: index,
                tail: fractions[index] ?? 0,
                estimate: fractions[index] ?? 0,
              }),
            ] as const,
        ),
      )
      const tasks = await query(storage, 'tasks', { projectId })
      equal(
        tasks.map((task) => task.createdAt),
        numbers,
      )
      equal(
        tasks.map((task) => task.tail),
        fractions,
      )
      equal(
        tasks.map((task) => task.estimate),
        fractions,
      )
    },
  },
]
