// A storage of your own: a journal file behind the memory storage. It proves itself with the
// published contract suite under node:test, then keeps a project over a restart.
import assert from 'node:assert/strict'
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import {
  createCueline,
  memoryStorage,
  type Storage,
  type StorageTransaction as Transaction,
  workScope,
} from '@cueline/core'
import { storageSuite } from '@cueline/core/testing'

// #region storage
/** What changes something, as a line of the journal: the call, its arguments, and when it was. */
type Call =
  | ['write', ...Parameters<Transaction['write']>]
  | ['lease', ...Parameters<Transaction['lease']>]
  | ['release', ...Parameters<Transaction['release']>]
  | ['prune', ...Parameters<Transaction['prune']>]
type Entry = { at: number; calls: Call[] } | { at: number; renew: Parameters<Storage['renew']> }

/** Keeps everything in memory, and every change in a file of which it is made again. One process. */
async function journalStorage(file: string, clock: () => number): Promise<Storage> {
  let at = 0
  const memory = memoryStorage({ clock: () => at })
  for (const entry of readJournal(file)) {
    at = entry.at
    if ('renew' in entry) await memory.renew(...entry.renew)
    else await memory.transaction((transaction) => repeat(transaction, entry.calls))
  }
  const journal = openSync(file, 'a')
  let open = true
  let last: Promise<unknown> = Promise.resolve()
  const scope = workScope()
  /** One after another, each at one time of the clock. */
  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    // The work of a transaction that called the storage would wait for itself.
    scope.refuseInside()
    const result = last.then(() => {
      at = clock()
      return work()
    })
    last = result.catch(() => {})
    return result
  }
  function append(entry: Entry): void {
    writeSync(journal, `${serialize(entry).toString('base64')}\n`)
    fdatasyncSync(journal)
  }

  return {
    ...memory,
    transaction: (work) =>
      inTurn(() =>
        memory.transaction(async (transaction) => {
          const calls: Call[] = []
          const result = await scope.run(() => work(recorded(transaction, calls)))
          // Rejects when a call has failed, although the work went on.
          await transaction.held([])
          // On the disk before anybody can see it; nothing of a transaction that failed.
          if (calls.length > 0) append({ at: transaction.now, calls })
          return result
        }),
      ),
    renew: (...given) =>
      inTurn(async () => {
        const answer = await memory.renew(...given)
        append({ at, renew: given })
        return answer
      }),
    close: () =>
      inTurn(async () => {
        await memory.close()
        if (open) closeSync(journal)
        open = false
      }),
  }
}

/** The transaction, with what changes something noted in `calls`. */
function recorded(transaction: Transaction, calls: Call[]): Transaction {
  return {
    now: transaction.now,
    load: (keys) => transaction.load(keys),
    held: (claims) => transaction.held(claims),
    query: (name, input) => transaction.query(name, input),
    write(...given) {
      calls.push(['write', ...given])
      return transaction.write(...given)
    },
    lease(...given) {
      calls.push(['lease', ...given])
      return transaction.lease(...given)
    },
    release(...given) {
      calls.push(['release', ...given])
      return transaction.release(...given)
    },
    prune(...given) {
      calls.push(['prune', ...given])
      return transaction.prune(...given)
    },
  }
}

async function repeat(transaction: Transaction, calls: readonly Call[]): Promise<void> {
  for (const [name, ...given] of calls) {
    await (transaction[name] as (...given: unknown[]) => Promise<unknown>)(...given)
  }
}

/** A last line without an end was being written when the process died: it never happened. */
function readJournal(file: string): Entry[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1)
  return lines.map((line) => deserialize(Buffer.from(line, 'base64')) as Entry)
}
// #endregion storage

// #region suite
const folder = mkdtempSync(join(tmpdir(), 'own-storage-'))
after(() => rmSync(folder, { recursive: true }))
let serial = 0

storageSuite(
  {
    describe: (name, body) => void describe(name, body),
    it: (name, body) => void it(name, body),
    fails: (name, body) => void it(name, () => assert.rejects(body())),
  },
  {
    async create() {
      const file = join(folder, `${(serial += 1)}.journal`)
      let offset = 0
      const clock = () => Date.now() + offset
      const storage = await journalStorage(file, clock)
      return {
        storage,
        advance: (ms) => void (offset += ms),
        async reopen() {
          await storage.close()
          return journalStorage(file, clock)
        },
      }
    },
    destroy: ({ storage }) => storage.close(),
  },
)
// #endregion suite

void describe('a project in a journal', () => {
  void it('is there after a restart', async () => {
    const file = join(folder, 'project.journal')
    const first = await createCueline({ storage: await journalStorage(file, Date.now) })
    const { id: projectId } = await first.projects.create({ name: 'Tea' })
    await first.tasks.add({ projectId, tasks: [{ id: 'T1', title: 'Boil water' }] })
    await first.close()
    const second = await createCueline({ storage: await journalStorage(file, Date.now) })
    const tasks = await second.tasks.list({ projectId })
    assert.deepEqual(
      tasks.map((task) => task.title),
      ['Boil water'],
    )
    await second.close()
  })
})
