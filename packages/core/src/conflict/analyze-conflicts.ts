import { refusedInput, requireObject, requireShare } from '../plan/require-input.ts'
import {
  createPredictor,
  type PastChange,
  type PredictedTouch,
  type TouchPredictor,
  type TouchTask,
} from './create-predictor.ts'
import { conventionalParts } from './touch-sources.ts'
import { namedByTasks, type NamedTouch } from './named-by-tasks.ts'
import { pairConfidenceFrom, type PairSide } from './pair-model.ts'
import { requireHistory, requirePaths, requireTasks } from './require-touch-input.ts'

export interface ConflictTask extends TouchTask {
  readonly id: string
}

/**
 * How a conflict is known: both tasks declare the file; both name its path; one names the end of the
 * path; both name a symbol; past changes say so.
 */
export type ConflictKind = 'declared' | 'path' | 'suffix' | 'symbol' | 'history'

export interface Conflict {
  /** Ids, in the order of the tasks given. */
  readonly tasks: readonly [string, string]
  readonly kind: ConflictKind
  /** The probability, from 0 to 1, that both change a common file. */
  readonly confidence: number
  /** Sentences for people, the weightiest first. */
  readonly evidence: readonly string[]
  /** The files, most probable first; empty when only a symbol is known. */
  readonly paths: readonly string[]
}

export interface ConflictOptions {
  /** The files of the repository now. */
  readonly files?: readonly string[]
  /** Past changes, the oldest first. */
  readonly history?: readonly PastChange[]
  /** A predictor that knows files and history already, instead of both. */
  readonly predictor?: TouchPredictor
  /** Conflicts below this confidence are left out; `conflictThreshold` when left out. */
  readonly threshold?: number
}

/** From the measured curve in docs/conflicts.md: less than half the collisions for the time an oracle's locks take. */
export const conflictThreshold = 0.4

/** Files per task that are looked at. */
const mostTouches = 30

/** Pairs are looked at that share a file which both touch with at least this probability. */
const leastMeeting = 1e-3

interface Touch {
  readonly task: number
  readonly score: number
  readonly named: NamedTouch | undefined
  readonly predicted: PredictedTouch | undefined
}

interface Shared {
  readonly path: string
  readonly chance: number
  readonly one: Touch
  readonly other: Touch
}

/**
 * Which tasks will probably change a common file. Symmetric, deterministic, sorted by the order of
 * the tasks. The time is that of predicting every task plus the number of pairs that share a likely
 * file. A prediction is a hint: what a task really touches replaces it.
 *
 * @throws CuelineError `invalid-input`, naming the place, for tasks or options that cannot be read.
 */
export function analyzeConflicts(
  tasks: readonly ConflictTask[],
  options: ConflictOptions = {},
): Conflict[] {
  requireTasks(tasks)
  requireOptions(options)
  const threshold = options.threshold ?? conflictThreshold
  const predictor = options.predictor ?? predictorOf(options)
  const touches = touchesOf(tasks, predictor)
  const byPath = new Map<string, Touch[]>()
  for (const own of touches) {
    for (const [path, touch] of own) {
      const list = byPath.get(path)
      if (list === undefined) byPath.set(path, [touch])
      else list.push(touch)
    }
  }
  // Without past changes nobody knows how much likeness says here.
  const learned = predictor !== undefined && predictor.changes() > 0
  const sides = learned ? sidesOf(tasks, touches, predictor) : undefined
  return conflictsOf(tasks, byPath, threshold, sides)
}

/** What `analyzeConflicts` compares of each task: for measuring and for fitting weights. */
export function pairSides(tasks: readonly ConflictTask[], predictor: TouchPredictor): PairSide[] {
  requireTasks(tasks)
  requirePredictor(predictor)
  return sidesOf(tasks, touchesOf(tasks, predictor), predictor)
}

function requireOptions(options: unknown): void {
  requireObject('options', options)
  const { files, history, predictor, threshold } = options
  if (files !== undefined) requirePaths('files', files)
  if (history !== undefined) requireHistory('history', history)
  if (threshold !== undefined) requireShare('threshold', threshold)
  if (predictor !== undefined) requirePredictor(predictor)
}

function requirePredictor(predictor: unknown): void {
  requireObject('predictor', predictor, 'one that createPredictor made')
  for (const name of ['predict', 'words', 'changes', 'files']) {
    if (typeof predictor[name] === 'function') continue
    throw refusedInput(`predictor.${name}`, predictor[name], 'one that createPredictor made')
  }
}

function sidesOf(
  tasks: readonly ConflictTask[],
  touches: readonly ReadonlyMap<string, Touch>[],
  predictor: TouchPredictor,
): PairSide[] {
  return tasks.map((task, at) => ({
    touches: new Map(
      [...touches[at]!].flatMap(([path, { predicted }]) =>
        predicted === undefined ? [] : [[path, predicted.score]],
      ),
    ),
    words: predictor.words(task),
    scope: conventionalParts(task.title ?? '').scopes[0],
  }))
}

/** By path, what each task is predicted to touch and what it names. */
function touchesOf(
  tasks: readonly ConflictTask[],
  predictor: TouchPredictor | undefined,
): ReadonlyMap<string, Touch>[] {
  const named = namedByTasks(tasks, predictor?.files() ?? [])
  return tasks.map((one, task) => {
    const touches = new Map<string, Touch>()
    for (const predicted of predictor?.predict(one, { limit: mostTouches }) ?? []) {
      if (predicted.evidence[0]?.source === 'declared') continue
      touches.set(predicted.path, { task, score: predicted.score, named: undefined, predicted })
    }
    for (const name of named[task]!) {
      const predicted = touches.get(name.path)?.predicted
      const score = Math.max(name.score, predicted?.score ?? 0)
      touches.set(name.path, { task, score, named: name, predicted })
    }
    return touches
  })
}

/** A predictor that has learnt the history; none where nothing is known. */
export function predictorOf({
  files = [],
  history = [],
}: ConflictOptions): TouchPredictor | undefined {
  if (files.length === 0 && history.length === 0) return undefined
  const predictor = createPredictor({ files })
  const now = new Set(files)
  for (const { title, body, task, files: changed } of history) {
    const paths = changed.map((file) => (typeof file === 'string' ? file : file.path))
    predictor.learn({ title, body, task, files: paths.filter((path) => now.has(path)) })
  }
  return predictor
}

function conflictsOf(
  tasks: readonly ConflictTask[],
  byPath: ReadonlyMap<string, Touch[]>,
  threshold: number,
  sides: readonly PairSide[] | undefined,
): Conflict[] {
  const pairs = new Map<number, Shared[]>()
  for (const [path, touches] of byPath) {
    touches.sort((x, y) => y.score - x.score || x.task - y.task)
    for (const [at, one] of touches.entries()) {
      for (let next = at + 1; next < touches.length; next += 1) {
        const other = touches[next]!
        const chance = one.score * other.score
        if (chance < leastMeeting) break
        const swap = one.task > other.task
        const shared = swap
          ? { path, chance, one: other, other: one }
          : { path, chance, one, other }
        const key = shared.one.task * tasks.length + shared.other.task
        const list = pairs.get(key)
        if (list === undefined) pairs.set(key, [shared])
        else list.push(shared)
      }
    }
  }
  const conflicts: Conflict[] = []
  for (const key of [...pairs.keys()].sort((x, y) => x - y)) {
    const shared = pairs.get(key)!
    const [first] = shared
    // Never below the chance of what both name.
    const confidence = Math.max(
      chanceOf(shared.filter(({ one, other }) => one.named && other.named)),
      sides === undefined
        ? chanceOf(shared)
        : pairConfidenceFrom(sides[first!.one.task]!, sides[first!.other.task]!, threshold),
    )
    if (confidence < threshold) continue
    shared.sort((x, y) => y.chance - x.chance || (x.path < y.path ? -1 : 1))
    const [best] = shared
    const one = tasks[best!.one.task]!.id
    const other = tasks[best!.other.task]!.id
    // Two tasks of one id are the importer's and the planner's to name; here they are no pair.
    if (one === other) continue
    conflicts.push({
      tasks: [one, other],
      kind: kindOf(best!),
      confidence,
      evidence: shared.slice(0, 5).map((file) => sentence(file, one, other)),
      paths: shared.filter((file) => !isSymbol(file)).map((file) => file.path),
    })
  }
  return conflicts
}

function chanceOf(shared: readonly Shared[]): number {
  return 1 - shared.reduce((none, { chance }) => none * (1 - chance), 1)
}

function isSymbol({ one, other }: Shared): boolean {
  return one.named?.how === 'symbol' && other.named?.how === 'symbol'
}

function kindOf({ one, other }: Shared): ConflictKind {
  if (one.named === undefined || other.named === undefined) return 'history'
  const ways = new Set([one.named.how, other.named.how])
  for (const how of ['symbol', 'suffix', 'path'] as const) if (ways.has(how)) return how
  return 'declared'
}

function sentence(shared: Shared, one: string, other: string): string {
  const what = isSymbol(shared) ? `symbol ${shared.path.slice(1)}` : shared.path
  return `${what}: ${one} ${reason(shared.one)}; ${other} ${reason(shared.other)}`
}

function reason({ named, predicted, score }: Touch): string {
  if (named !== undefined) return named.reason
  return `may touch it (${Math.round(score * 100)} %: ${predicted!.evidence[0]!.text})`
}
