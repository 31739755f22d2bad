// Real histories replayed in order: what was predicted for each task beside what it touched.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  analyzeConflicts,
  type Conflict,
  createPredictor,
  type FileChange,
  type PairSide,
  pairSides,
  type PastChange,
  type PredictedTouch,
  type TouchSource,
  type TouchTask,
} from '@cueline/core'

export const repositories = ['hono', 'query', 'backlog-md', 'beads'] as const
export type Repository = (typeof repositories)[number]
export type Text = 'title' | 'full'

export interface TouchCase {
  readonly task: TouchTask & { readonly id: string }
  /** 3 or 4: weights are fitted on the third quarter of the tasks and reported on the last. */
  readonly quarter: number
  /** Existing files that the change modified, deleted or moved. */
  readonly truth: ReadonlySet<string>
  /** Predicted when its turn came. */
  readonly predicted: readonly PredictedTouch[]
  /** The best of every source alone. */
  readonly bySource: ReadonlyMap<TouchSource, readonly string[]>
  /** The best of every method alone, of all others without it, and of all with weights that learn nothing. */
  readonly byMethod: ReadonlyMap<string, readonly string[]>
  /** What pairs are judged by, from what was known when its turn came. */
  readonly side: PairSide
  /** The same, known before the first task of its window of 24 began. Windows begin with quarters. */
  readonly sideAhead: PairSide
  /** Confidence and kind of the conflicts within its window, known before the first of it began. */
  readonly ahead: ReadonlyMap<string, Pick<Conflict, 'confidence' | 'kind'>>
  readonly rows: readonly Row[]
}

/** Scores of one file by every source, and whether it was touched: what weights are fitted on. */
export interface Row {
  readonly touched: boolean
  readonly scores: readonly number[]
}

interface StoredEvent {
  sha: string
  title: string
  body?: string
  task?: boolean
  changes: [string, string, string?][]
  issues?: Record<'title' | 'description' | 'acceptance' | 'plan' | 'design', string | undefined>[]
}

/** Tasks of a plan: conflicts among them are judged before the first begins. */
export const window = 24

/** Replays a history: predict every task of the second half, then learn what it changed. */
export function touchCases(data: string, repository: Repository, text: Text, rows: boolean) {
  const path = join(data, 'fileconflict', `${repository}.json`)
  if (!existsSync(path))
    throw new Error(`${path} does not exist: CUELINE_DATA names another folder.`)
  const { base, events } = JSON.parse(readFileSync(path, 'utf8')) as {
    base: { files: string[] }
    events: StoredEvent[]
  }
  const predictor = createPredictor({ files: base.files })
  const { weights: fitted } = predictor.sources({})
  const count = events.filter((event) => event.task === true).length
  const cases: TouchCase[] = []
  let turn = 0
  let ahead: TouchCase['ahead'] = new Map()
  let sidesAhead: PairSide[] = []
  let place = 0
  for (const [at, event] of events.entries()) {
    if (event.task === true) {
      const quarter = 1 + Math.floor((4 * turn) / count)
      if (quarter >= 3) {
        const task = taskOf(event, text)
        const truth = new Set(
          event.changes.filter(([kind]) => kind !== 'A').map(([, path]) => path),
        )
        if (cases.at(-1)?.quarter !== quarter) place = 0
        if (place % window === 0) {
          const next = events
            .slice(at)
            .filter((other) => other.task === true)
            .slice(0, window)
            .map((other) => taskOf(other, text))
          sidesAhead = pairSides(next, predictor)
          ahead = new Map(
            analyzeConflicts(next, { predictor, threshold: 0.002 }).map((conflict) => [
              conflict.tasks.join(),
              conflict,
            ]),
          )
        }
        cases.push({
          task,
          quarter,
          truth,
          predicted: predictor.predict(task, { limit: 30 }),
          side: pairSides([task], predictor)[0]!,
          sideAhead: sidesAhead[place % window]!,
          ahead,
          ...fromSources(predictor.sources(task), fitted, truth, rows && quarter === 3),
        })
        place += 1
      }
      turn += 1
    }
    predictor.learn(changeOf(event))
  }
  return cases
}

/** Issue texts where the tasks are issues, else the message of the commit. */
function taskOf(event: StoredEvent, text: Text): TouchCase['task'] {
  const { sha: id, issues = [] } = event
  const title = issues.length > 0 ? issues.map((issue) => issue.title).join('; ') : event.title
  const description = issues.length > 0 ? textOf(issues) : (event.body ?? '')
  return text === 'title' ? { id, title } : { id, title, description }
}

function textOf(issues: NonNullable<StoredEvent['issues']>): string {
  return issues
    .flatMap((one) => [one.title, one.description, one.acceptance, one.plan, one.design])
    .filter((part) => part !== undefined && part !== '')
    .join('\n')
}

function changeOf(event: StoredEvent): PastChange {
  const kinds: Record<string, FileChange['kind']> = { A: 'added', D: 'deleted', M: 'modified' }
  return {
    title: event.title,
    body: [event.body ?? '', textOf(event.issues ?? [])].join('\n'),
    files: event.changes.map(([kind, path, to]) =>
      kind === 'R' && to !== undefined
        ? { kind: 'renamed', from: path, path: to }
        : { kind: kinds[kind] ?? 'modified', path },
    ),
  }
}

/** What a guess can be known by. Those of co-change build on the first guess of the others. */
export const methods: Readonly<Record<string, readonly TouchSource[]>> = {
  'paths in the text': ['path'],
  'suffixes in the text': ['suffix'],
  'symbols in the text': ['name', 'place'],
  'directories in the text': ['folder'],
  'words of the path': ['words', 'titleWords', 'covered'],
  'past changes with like texts': ['profile', 'similar', 'similarTitle', 'scope', 'type', 'kind'],
  'what changes often or lately': ['recent', 'popular'],
  'co-change, names and folders of other guesses': ['together', 'companion', 'fitting', 'area'],
}

type Sources = ReturnType<ReturnType<typeof createPredictor>['sources']>

function fromSources(
  { paths, scores, weights }: Sources,
  fitted: Sources['weights'],
  truth: ReadonlySet<string>,
  withRows: boolean,
) {
  const sources = Object.keys(scores) as TouchSource[]
  const bestOf = (of: readonly TouchSource[], by: Sources['weights']) => {
    const sum = new Float64Array(paths.length)
    for (const source of of)
      for (const [file, score] of scores[source].entries()) sum[file]! += by[source] * score
    return best(sum, 10).map((file) => paths[file]!)
  }
  const bySource = new Map<TouchSource, readonly string[]>()
  for (const source of sources) {
    bySource.set(
      source,
      best(scores[source], 10).map((file) => paths[file]!),
    )
  }
  const byMethod = new Map<string, readonly string[]>()
  for (const [method, of] of Object.entries(methods)) {
    byMethod.set(method, bestOf(of, weights))
    const others = sources.filter((source) => !of.includes(source))
    byMethod.set(`all but ${method}`, bestOf(others, weights))
  }
  byMethod.set('all, weights as fitted', bestOf(sources, fitted))
  if (!withRows) return { bySource, byMethod, rows: [] }
  const sum = new Float64Array(paths.length)
  for (const source of sources)
    for (const [file, score] of scores[source].entries()) sum[file]! += score
  const rows = best(sum, 120).map((file) => ({
    touched: truth.has(paths[file]!),
    scores: sources.map((source) => scores[source][file]!),
  }))
  return { bySource, byMethod, rows }
}

function best(scores: Float64Array, count: number): number[] {
  return [...scores.keys()]
    .filter((file) => scores[file]! > 0)
    .sort((x, y) => scores[y]! - scores[x]! || x - y)
    .slice(0, count)
}
