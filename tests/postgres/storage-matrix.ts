import { memoryStorage } from '@cueline/core'
import { storageSuite, type StorageSubject } from '@cueline/core/testing'

/** How to make a fresh storage for each case, and what it is known not to keep. */
export interface MatrixColumn {
  readonly name: string
  create(): Promise<StorageSubject> | StorageSubject
  destroy(subject: StorageSubject): Promise<void>
  readonly knownGaps?: Readonly<Record<string, string>>
}

export interface MatrixCase {
  readonly id: string
  readonly title: string
  /** By column: it passes, or the reason for which it is not kept. */
  readonly results: ReadonlyMap<string, 'passes' | { readonly gap: string }>
}

interface Registered {
  readonly name: string
  readonly gap: boolean
  readonly body: () => Promise<void>
}

/**
 * Runs every case of the storage suite on every column, one after the other. Throws for a case that
 * fails, and for a known gap that has closed.
 */
export async function runMatrix(columns: readonly MatrixColumn[]): Promise<readonly MatrixCase[]> {
  const cases = new Map<string, { title: string; results: Map<string, MatrixResult> }>()
  for (const column of columns) {
    const registered: Registered[] = []
    const note = (gap: boolean) => (name: string, body: () => Promise<void>) =>
      void registered.push({ name, gap, body })
    storageSuite(
      { describe: (_, body) => body(), it: note(false), fails: note(true) },
      {
        create: () => column.create(),
        destroy: (subject) => column.destroy(subject),
        ...(column.knownGaps !== undefined && { knownGaps: column.knownGaps }),
      },
    )
    for (const each of registered) {
      const [, id = '', title = '', reason = ''] =
        /^([^:]+): (.*?)(?: \(known gap: (.*)\))?$/.exec(each.name) ?? []
      await run(each, column.name)
      const row = cases.get(id) ?? { title, results: new Map<string, MatrixResult>() }
      row.results.set(column.name, each.gap ? { gap: reason } : 'passes')
      cases.set(id, row)
    }
  }
  return [...cases].map(([id, row]) => ({ id, ...row }))
}

type MatrixResult = 'passes' | { readonly gap: string }

async function run({ name, gap, body }: Registered, column: string): Promise<void> {
  let failure: unknown
  try {
    await body()
  } catch (error) {
    failure = error
  }
  if (gap && failure === undefined) throw new Error(`${column}: ${name} - the gap has closed`)
  if (!gap && failure !== undefined) throw new Error(`${column}: ${name}`, { cause: failure })
}

/** The table for people; gaps are footnotes. */
export function drawMatrix(columns: readonly string[], cases: readonly MatrixCase[]): string {
  const gaps: string[] = []
  const rows = cases.map(({ id, title, results }) => {
    const cells = columns.map((column) => {
      const result = results.get(column)
      if (result === 'passes') return 'yes'
      if (result === undefined) throw new Error(`${column} has not run ${id}`)
      if (!gaps.includes(result.gap)) gaps.push(result.gap)
      return `no [${gaps.indexOf(result.gap) + 1}]`
    })
    return `| \`${id}\` | ${title} | ${cells.join(' | ')} |`
  })
  return [
    `| case | what you can rely on | ${columns.join(' | ')} |`,
    `|---|---|${columns.map(() => '---|').join('')}`,
    ...rows,
    '',
    ...gaps.map((gap, index) => `[${index + 1}] ${gap}.`),
  ].join('\n')
}

/** The memory storage, with a clock that the suite moves. */
export function memoryColumn(): MatrixColumn {
  let offset = 0
  const clock = () => 1_000_000 + offset
  return {
    name: 'memory',
    create() {
      offset = 0
      const storage = memoryStorage({ clock })
      return {
        storage,
        advance: (ms) => void (offset += ms),
        async reopen() {
          await storage.close()
          return memoryStorage({ clock })
        },
      }
    },
    destroy: ({ storage }) => storage.close(),
    knownGaps: {
      'storage.restart': 'memory goes with its process',
      'storage.restart.clock': 'memory goes with its process',
      'storage.prune.restart': 'memory goes with its process',
    },
  }
}
