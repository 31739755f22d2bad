import { fromSnapshot, type Snapshot, toSnapshot } from '../staging/snapshot.ts'
import { CuelineError } from '../error.ts'
import type { EventOf, StoredEvent } from '../event/event.ts'
import type { ProjectId, TaskId } from '../id.ts'
import { copySlice } from '../staging/apply-changes.ts'
import { applyEvent } from '../staging/evolve.ts'
import { emptySlice, type Slice } from '../staging/slice.ts'
import { createRests, type Rest, type Rests } from './rests.ts'
import { createWorkerCount, type WorkerCount, type WorkerCountState } from './worker-count.ts'

/** What a log comes to: the state, and of its history what reports tell. */
export interface LogFold {
  /** The last event that was folded, 0 before the first. */
  readonly sequence: number
  readonly world: Slice
  /** When each task settled last. */
  readonly settledAt: ReadonlyMap<TaskId, number>
  readonly firstPromotion: number | null
  /** The files that the plan predicted of tasks before they started. */
  readonly expects: ReadonlyMap<TaskId, readonly string[]>
  /** Work under way that would not have merged with other work, once for each two tasks. */
  readonly overlaps: readonly SeenOverlap[]
  /** What merging in groups has come to. */
  readonly grouped: GroupedMerges
  readonly workers: WorkerCount
  readonly rests: Rests
  /** Takes the next event. Throws `invalid-input` for one of another project. */
  add(event: StoredEvent): void
}

/** Merges of several attempts that were judged together. */
export interface GroupedMerges {
  readonly groups: number
  /** How many fewer times merged results were judged than one by one; below 0 when it was more. */
  readonly gateRunsSaved: number
}

const noGroups: GroupedMerges = { groups: 0, gateRunsSaved: 0 }

export interface SeenOverlap {
  /** Null: with what had landed. */
  readonly tasks: readonly [TaskId, TaskId | null]
  /** As it was seen last. */
  readonly paths: readonly string[]
  readonly message: string
}

/** A fold as plain JSON: it stands for the events that were folded, for state and reports alike. */
export interface LogBase extends Snapshot {
  readonly firstPromotion: number | null
  readonly restingSince: number | null
  readonly rests: readonly Rest[]
  readonly grouped: GroupedMerges
  readonly settledAt: readonly (readonly [TaskId, number])[]
  readonly expects: readonly (readonly [TaskId, readonly string[]])[]
  readonly overlaps: readonly SeenOverlap[]
  readonly workerCount: Omit<WorkerCountState, 'crews' | 'crewOf' | 'waiting'>
  readonly crews: WorkerCountState['crews']
  readonly crewOf: WorkerCountState['crewOf']
  readonly waiting: WorkerCountState['waiting']
}

/** Folds a log from its first event on, or from what stands for those that were pruned. */
export function createLogFold(base?: LogBase): LogFold {
  const world = base === undefined ? copySlice(emptySlice) : fromSnapshot(base)
  const settledAt = new Map(base?.settledAt)
  const expects = new Map(base?.expects)
  const overlaps = new Map(base?.overlaps.map((each) => [each.tasks.join(' '), each]))
  const workers =
    base === undefined
      ? createWorkerCount()
      : createWorkerCount({ ...base.workerCount, ...base }, base.attempts)
  const rests = createRests(base?.rests, base?.restingSince)
  let firstPromotion = base?.firstPromotion ?? null
  let grouped = base?.grouped ?? noGroups
  let sequence = base?.cursor ?? 0
  /** The last word before the work began: later ones know more than a prediction may. */
  const expect = ({ tasks }: EventOf<'tasks.planned'>) => {
    for (const task of tasks) {
      if (world.tasks.get(task.id)?.startedAt !== null) continue
      if (task.expects === undefined) expects.delete(task.id)
      else expects.set(task.id, task.expects)
    }
  }
  const overlap = ({ taskId, with: other, paths, message }: EventOf<'attempt.overlapping'>) => {
    const tasks = [taskId, other?.taskId ?? null] as const
    overlaps.set(tasks.join(' '), { tasks, paths, message })
  }
  return {
    world,
    settledAt,
    expects,
    get overlaps() {
      return [...overlaps.values()]
    },
    get grouped() {
      return grouped
    },
    workers,
    rests,
    get sequence() {
      return sequence
    },
    get firstPromotion() {
      return firstPromotion
    },
    add(event) {
      if (world.project !== null && event.projectId !== world.project.id) throw otherProject(event)
      workers.add(event)
      rests.add(event, world)
      applyEvent(world, event)
      if (event.type === 'batch.promoted') firstPromotion ??= event.at
      if (event.type === 'tasks.planned') expect(event)
      if (event.type === 'attempt.overlapping') overlap(event)
      if (event.type === 'attempt.grouped') grouped = withGroup(grouped, event)
      const settled = settles(event)
      if (settled !== null) settledAt.set(settled, event.at)
      sequence = event.sequence
    },
  }
}

/** What the fold can be taken up from again; null while it has seen no project. */
export function baseOf({ world, sequence, ...fold }: LogFold): LogBase | null {
  if (world.project === null) return null
  const { crews, crewOf, waiting, ...workerCount } = fold.workers.state()
  return {
    ...toSnapshot(world.project, world, sequence),
    firstPromotion: fold.firstPromotion,
    restingSince: fold.rests.since,
    rests: [...fold.rests.list],
    grouped: fold.grouped,
    settledAt: [...fold.settledAt],
    expects: [...fold.expects],
    overlaps: fold.overlaps,
    workerCount,
    crews,
    crewOf,
    waiting,
  }
}

/** Rows in one part. */
const rowsPerPart = 100
/**
 * Raised when yesterday's program cannot read today's parts. Rows are kept as they were when the
 * log was pruned: a field that rows get later needs its default in `baseOfParts`.
 */
const format = 1

interface Head {
  readonly format: number
  readonly cursor: number
  readonly project: LogBase['project']
  readonly firstPromotion: number | null
  readonly restingSince?: number | null
  readonly grouped?: GroupedMerges
  readonly workerCount: LogBase['workerCount']
}

type Lists = Omit<LogBase, keyof Head>

/** The base in small parts for a storage to keep: a head, then each list by so many rows. */
export function partsOfBase(base: LogBase): readonly unknown[] {
  const { cursor, project, firstPromotion, restingSince, grouped, workerCount, ...lists } = base
  const head: Head = {
    format,
    cursor,
    project,
    firstPromotion,
    restingSince,
    grouped,
    workerCount,
  }
  const parts: unknown[] = [head]
  for (const [list, rows] of Object.entries<readonly unknown[]>(lists)) {
    for (let start = 0; start < rows.length; start += rowsPerPart) {
      parts.push({ list, rows: rows.slice(start, start + rowsPerPart) })
    }
  }
  return parts
}

/** Of rows that were kept before they had these. */
const newOrder = { mergeRounds: 0 }
const newAttempt = { mergeTarget: null, mergeQueuedAt: null }

/** The base again; undefined for no parts. Throws `storage-newer` for a format of a later version. */
export function baseOfParts(projectId: ProjectId, parts: readonly unknown[]): LogBase | undefined {
  const [first, ...others] = parts
  if (first === undefined) return undefined
  const head = first as Head
  if (head.format !== format) throw unknownFormat(projectId, head.format)
  const lists = new Map<string, unknown[]>()
  for (const part of others as readonly { readonly list: string; readonly rows: unknown[] }[]) {
    const known = lists.get(part.list)
    if (known === undefined) lists.set(part.list, [...part.rows])
    else for (const row of part.rows) known.push(row)
  }
  const rowsOf = <Name extends keyof Lists>(name: Name) => (lists.get(name) ?? []) as Lists[Name]
  const { cursor, project, firstPromotion, restingSince = null, workerCount } = head
  const { grouped = noGroups } = head
  return {
    cursor,
    project: { ...project, deliveries: project.deliveries ?? [] },
    firstPromotion,
    restingSince,
    rests: rowsOf('rests'),
    grouped,
    workerCount,
    tasks: rowsOf('tasks').map((task) => ({ ...task, touched: task.touched ?? null })),
    dependencies: rowsOf('dependencies'),
    batches: rowsOf('batches'),
    workOrders: rowsOf('workOrders').map((row) => ({ ...newOrder, ...row })),
    attempts: rowsOf('attempts').map((row) => ({ ...newAttempt, ...row })),
    requests: rowsOf('requests'),
    holds: rowsOf('holds'),
    workers: rowsOf('workers'),
    sessions: rowsOf('sessions'),
    settledAt: rowsOf('settledAt'),
    expects: rowsOf('expects'),
    overlaps: rowsOf('overlaps'),
    crews: rowsOf('crews'),
    crewOf: rowsOf('crewOf'),
    waiting: rowsOf('waiting'),
  }
}

function withGroup(
  { groups, gateRunsSaved }: GroupedMerges,
  event: EventOf<'attempt.grouped'>,
): GroupedMerges {
  return { groups: groups + 1, gateRunsSaved: gateRunsSaved + event.gateRunsSaved }
}

/** The task that an event settles, or null. */
function settles(event: StoredEvent): TaskId | null {
  switch (event.type) {
    case 'attempt.succeeded':
    case 'task.done':
    case 'task.failed':
    case 'task.cancelled':
      return event.taskId
    default:
      return null
  }
}

function otherProject(event: StoredEvent): CuelineError {
  return new CuelineError(
    'invalid-input',
    `Event ${event.sequence} belongs to project "${event.projectId}", the events before it to another one. A report is about one project: give the events of one.`,
    { details: { projectId: event.projectId, sequence: event.sequence } },
  )
}

function unknownFormat(projectId: ProjectId, found: unknown): CuelineError {
  return new CuelineError(
    'storage-newer',
    `What stands for the pruned events of project "${projectId}" has format ${String(found)}, this program knows format ${format}. Update Cueline.`,
    { details: { projectId, found, known: format } },
  )
}
