import type { StoredEvent } from '../event/event.ts'
import type { AttemptId, WorkerId } from '../id.ts'
import type { Attempt } from '../staging/state.ts'

export interface WorkerCount {
  add(event: StoredEvent): void
  /** Most workers that were there at once, as far as the log shows. */
  most(): number
  /** What `createWorkerCount` goes on from, as plain JSON. */
  state(): WorkerCountState
}

export interface WorkerCountState {
  readonly position: number
  readonly crews: readonly Readonly<Crew>[]
  /** The crew of each worker, by its place among the crews. */
  readonly crewOf: readonly (readonly [WorkerId, number])[]
  readonly waiting: readonly AttemptId[]
  /** Whether the last event was a registration, which the next one would join. */
  readonly registering: boolean
}

/** Workers that one engine registered together; they are there until the last thing they did. */
interface Crew {
  readonly from: number
  until: number
  workers: number
  /** Attempts that waited when the crew came: as many of it only take their slots. */
  readonly standIns: number
}

/**
 * Counts workers from the log. An engine registers its workers together, and one that was killed
 * says no goodbye: its workers count until their last own event, so that a run that was resumed
 * does not count them twice. Workers that come while attempts wait for people, or to merge, stand in
 * for those and add nothing: such an attempt gives its slot away. Goes on from a state where one is given,
 * with the attempts of its time.
 */
export function createWorkerCount(
  from: WorkerCountState = nobody,
  attempts: Iterable<Attempt> = [],
): WorkerCount {
  const crews: Crew[] = from.crews.map((crew) => ({ ...crew }))
  const crewOf = new Map<WorkerId, Crew>()
  for (const [worker, at] of from.crewOf) {
    const crew = crews[at]
    if (crew !== undefined) crewOf.set(worker, crew)
  }
  const workerOf = new Map<AttemptId, WorkerId>()
  for (const attempt of attempts) workerOf.set(attempt.id, attempt.workerId)
  const waiting = new Set<AttemptId>(from.waiting)
  let position = from.position
  let registering: Crew | null = from.registering ? (crews.at(-1) ?? null) : null
  return {
    add(event) {
      // Not of the work, and written when nobody may be at work: a log counts the same without.
      if (event.type === 'log.pruned' || event.type.startsWith('workspace.')) return
      position++
      if (event.type === 'worker.registered') {
        if (registering === null) {
          registering = { from: position, until: position, workers: 0, standIns: waiting.size }
          crews.push(registering)
        }
        registering.workers++
        registering.until = position
        crewOf.set(event.workerId, registering)
        return
      }
      registering = null
      if (event.type === 'attempt.waiting' || isQueued(event)) waiting.add(event.attemptId)
      else if ('attemptId' in event && moves(event)) waiting.delete(event.attemptId)
      if (event.type === 'attempt.started') workerOf.set(event.attemptId, event.workerId)
      const worker = actingWorker(event, workerOf)
      const crew = worker === undefined ? undefined : crewOf.get(worker)
      if (crew !== undefined) crew.until = position
    },
    most: () => mostAtOnce(crews),
    state: () => {
      const places = new Map(crews.map((crew, at) => [crew, at]))
      return {
        position,
        crews: crews.map((crew) => ({ ...crew })),
        crewOf: [...crewOf].map(([worker, crew]) => [worker, places.get(crew) ?? 0] as const),
        waiting: [...waiting],
        registering: registering !== null,
      }
    },
  }
}

/** What is said of an attempt without moving it. */
const says: ReadonlySet<StoredEvent['type']> = new Set([
  'attempt.output',
  'attempt.overlapping',
  'attempt.grouped',
  'attempt.survived',
])

/** What is told of its workspace or session may come at any time, also late. */
function moves({ type }: StoredEvent): boolean {
  return type.startsWith('attempt.') && !says.has(type)
}

const nobody: WorkerCountState = {
  position: 0,
  crews: [],
  crewOf: [],
  waiting: [],
  registering: false,
}

/** Waits to merge, out of its slot. */
function isQueued(
  event: StoredEvent,
): event is Extract<StoredEvent, { readonly type: 'attempt.merging' }> {
  return event.type === 'attempt.merging' && event.target !== undefined
}

/** Whose doing the event is. An interruption may be somebody else's finding, long after. */
function actingWorker(
  event: StoredEvent,
  workerOf: ReadonlyMap<AttemptId, WorkerId>,
): WorkerId | undefined {
  switch (event.type) {
    case 'attempt.started':
    case 'attempt.waiting':
    case 'attempt.resumed':
    case 'attempt.verifying':
    case 'attempt.merging':
    case 'attempt.succeeded':
    case 'attempt.failed':
    case 'attempt.yielded':
    case 'attempt.output':
      return workerOf.get(event.attemptId)
    default:
      return undefined
  }
}

function mostAtOnce(crews: readonly Crew[]): number {
  const changes = crews
    .flatMap(({ from, until, workers, standIns }) => {
      const added = Math.max(0, workers - standIns)
      return [
        { at: from, workers: added },
        { at: until + 0.5, workers: -added },
      ]
    })
    .sort((a, b) => a.at - b.at)
  let now = 0
  let most = 0
  for (const change of changes) {
    now += change.workers
    if (now > most) most = now
  }
  return most
}
