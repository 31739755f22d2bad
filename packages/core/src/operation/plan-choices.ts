import * as z from 'zod'
import {
  analyzeConflicts,
  type ConflictOptions,
  type ConflictTask,
  predictorOf,
} from '../conflict/analyze-conflicts.ts'
import type {
  PastChange,
  PredictedTouch,
  TouchPredictor,
  TouchTask,
} from '../conflict/create-predictor.ts'
import type { InferredDependency } from '../conflict/infer-dependencies.ts'
import type { PlannedConflict, PlanTask } from '../plan/index.ts'
import { taskLimits } from '../task/task-schema.ts'
import { type CrowdedFile, crowdedFiles, withCrowdedFiles } from './crowded-files.ts'
import { taskReference } from './input.ts'
import { impliedDependencies } from './suggest-dependencies.ts'

/** What a project's plan was made with, beside workers, barrier, rounds and seed. */
export interface PlanChoices {
  /** Capacities of what tasks share. */
  readonly resources: Readonly<Record<string, number>>
  /**
   * Which conflicts keep tasks apart. `declared`: both say in `touches` that they change a file.
   * `predicted`: also what the texts, the files and past changes let expect.
   */
  readonly conflicts: 'none' | 'declared' | 'predicted'
  /** Pairs of tasks, by code, that may run at once all the same. */
  readonly allow: readonly (readonly [string, string])[]
  /** Dependencies that the texts imply with at least this confidence count; null: none do. */
  readonly infer: number | null
  /** How many lanes there are; null: one for each worker. */
  readonly lanes: number | null
}

export const usualChoices: PlanChoices = {
  resources: {},
  conflicts: 'declared',
  allow: [],
  infer: null,
  lanes: null,
}

const path = z.string().min(1).max(taskLimits.path)
const change = z.strictObject({
  title: z.string().max(taskLimits.text),
  body: z.string().max(taskLimits.text).optional(),
  files: z
    .array(
      z.union([
        path,
        z.strictObject({
          path,
          kind: z.enum(['modified', 'added', 'deleted', 'renamed']).optional(),
          from: path.optional(),
        }),
      ]),
    )
    .max(100_000),
})

/** What a caller may choose; what is left out is as `usualChoices` says. */
export const planChoicesInput = {
  /** Rounds of improvement; 0 is the list schedule. Without it some milliseconds' worth. */
  rounds: z.int().min(0).max(1_000_000).optional(),
  /** Milliseconds after which no further round begins. */
  budgetMs: z.number().min(0).max(60_000).optional(),
  seed: z.int().optional(),
  /** How many lanes - workspaces - there are; as many as workers when left out. */
  lanes: z.int().min(1).max(100_000).optional(),
  /** Capacities of what tasks share: accounts, a port, a licence. */
  resources: z.record(z.string().min(1).max(200), z.number().min(0)).optional(),
  /** Which conflicts keep tasks apart; `predicted` where `files` are given, else `declared`. */
  conflicts: z.enum(['none', 'declared', 'predicted']).optional(),
  /** Pairs of tasks that may run at once all the same. */
  allow: z
    .array(z.tuple([taskReference, taskReference]))
    .max(100_000)
    .optional(),
  /** The files of the repository now, to predict from. */
  files: z.array(path).max(1_000_000).optional(),
  /** Past changes, the oldest first, to predict from. */
  history: z.array(change).max(100_000).optional(),
  /** Lets dependencies count that the texts imply with at least this confidence, 0 to 1. */
  infer: z.number().min(0).max(1).optional(),
}

/** Open tasks as they are planned with some choices. */
export interface ChosenTasks {
  readonly tasks: PlanTask[]
  /** The dependencies that the texts imply, where they count: for `planTasks`, beside those declared. */
  readonly inferred: readonly InferredDependency[]
  /** Which of them shall be kept apart, and why. */
  readonly conflicts: readonly PlannedConflict[]
  /** Of tasks that declare nothing: the files that are predicted of them, at most three. */
  readonly expects: ReadonlyMap<string, readonly string[]>
  /** Declared files that so many tasks share that they queue for them; not among the conflicts. */
  readonly crowded: readonly CrowdedFile[]
  /** Those that were chosen, and the crowded files: one of each. */
  readonly resources: Readonly<Record<string, number>>
}

/** What conflicts are predicted from; `before` are those known already, for when there are no files. */
export interface KnownChanges {
  readonly files?: ConflictOptions['files'] | undefined
  readonly history?: ConflictOptions['history'] | undefined
  /** What tasks of the project really changed, the oldest first; newer than the history. */
  readonly landed?: readonly PastChange[] | undefined
  readonly before?: readonly PlannedConflict[] | undefined
}

/** A task as the planner sees it, with the text that says what it touches and waits for. */
export interface DescribedTask extends PlanTask {
  readonly description?: string | undefined
  /** What an attempt at it really changed: counts in place of what it declares. */
  readonly touched?: readonly string[] | undefined
}

/**
 * Tasks with the dependencies and conflicts that the choices let count, for `planTasks`: dependencies that
 * the texts imply never close a cycle; conflicts come from declared touches alone, or also from texts,
 * files and history. Pure.
 */
export function chosenTasks(
  given: readonly DescribedTask[],
  {
    conflicts,
    infer,
    resources = {},
  }: Pick<PlanChoices, 'conflicts' | 'infer'> & Partial<PlanChoices>,
  known: KnownChanges = {},
): ChosenTasks {
  const tasks = given.map((task) =>
    task.touched === undefined ? task : { ...task, touches: task.touched },
  )
  const inferred = infer === null ? [] : impliedDependencies(tasks.map(textOf), infer)
  const crowded = conflicts === 'none' ? [] : crowdedFiles(tasks)
  const queueing = withCrowdedFiles(tasks, crowded)
  const queued = new Set(crowded.map(({ path }) => path))
  const others = (paths: readonly string[]) => paths.filter((path) => !queued.has(path))
  const left =
    crowded.length === 0
      ? tasks
      : tasks.map((task) => ({
          ...task,
          touches: others(task.touches ?? []),
          ...(task.touched !== undefined && { touched: others(task.touched) }),
        }))
  return {
    inferred,
    crowded,
    tasks: [...queueing.tasks],
    resources: { ...resources, ...queueing.resources },
    ...conflictsOf(left, conflicts, known),
  }
}

function conflictsOf(
  tasks: readonly (ConflictTask & DescribedTask)[],
  mode: PlanChoices['conflicts'],
  { files, history = [], landed = [], before = [] }: KnownChanges,
): Pick<ChosenTasks, 'conflicts' | 'expects'> {
  const expects = new Map<string, readonly string[]>()
  if (mode === 'none') return { conflicts: [], expects }
  if (mode === 'declared') {
    const declaring = tasks.filter(({ touches }) => touches !== undefined)
    const conflicts = analyzeConflicts(
      declaring.map(({ id, touches, touched }) => ({ id, touches, touched })),
    )
    return { conflicts, expects }
  }
  const predictor = predictorOf({
    files: filesKnown(files, landed),
    history: [...history, ...ownOnes(landed, history)],
  })
  const predicted = predictor && remembering(predictor)
  const found = analyzeConflicts(tasks, predicted && { predictor: predicted.predictor })
  for (const task of tasks) {
    if ((task.touches?.length ?? 0) > 0) continue
    const likely = (predicted?.of(task) ?? []).filter(({ score }) => score >= leastExpected)
    if (likely.length === 0) continue
    expects.set(
      task.id,
      likely.slice(0, mostExpected).map(({ path }) => path),
    )
  }
  if (files !== undefined) return { conflicts: found, expects }
  const open = new Map(tasks.map((task) => [task.id, task]))
  const pairs = new Set(found.map(({ tasks: pair }) => keyOf(pair)))
  const still = before.filter(
    ({ kind, tasks: pair }) =>
      kind !== 'declared' &&
      // What was predicted of a task is over once it is known what it touches.
      pair.every((id) => open.has(id) && open.get(id)?.touched === undefined) &&
      !pairs.has(keyOf(pair)),
  )
  return { conflicts: [...found, ...still], expects }
}

/** Predicted files of a task that are told, and the least probability of one. */
const mostExpected = 3
const leastExpected = 0.1

/** The files given, and those that finished work has changed since. */
function filesKnown(files: readonly string[] = [], landed: readonly PastChange[]): string[] {
  const all = new Set(files)
  for (const change of landed) {
    for (const file of change.files) all.add(typeof file === 'string' ? file : file.path)
  }
  return [...all]
}

/** The project's own work, but for what the history holds already: Cueline names tasks in commits. */
function ownOnes(landed: readonly PastChange[], history: readonly PastChange[]): PastChange[] {
  const titles = new Set(history.map(({ title }) => title))
  return landed.filter(({ task = '', title }) => !titles.has(`${task}: ${title}`))
}

/** A predictor that keeps what it said, so that nobody has to ask twice. */
function remembering(predictor: TouchPredictor): {
  readonly predictor: TouchPredictor
  of(task: TouchTask): readonly PredictedTouch[]
} {
  const said = new Map<TouchTask, readonly PredictedTouch[]>()
  return {
    of: (task) => said.get(task) ?? [],
    predictor: {
      ...predictor,
      predict(task, options) {
        const touches = predictor.predict(task, options)
        said.set(task, touches)
        return touches
      },
    },
  }
}

/** The same for a pair whichever way round it is written. */
function keyOf([one, other]: readonly [string, string]): string {
  return JSON.stringify(one < other ? [one, other] : [other, one])
}

function textOf({ id, title, description, touches, dependsOn = [] }: DescribedTask) {
  const ids = dependsOn.map((entry) => (typeof entry === 'string' ? entry : entry.task))
  return { id, title, description, touches, dependsOn: ids }
}
