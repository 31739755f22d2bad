import type { Event, StoredEvent } from '../event/event.ts'
import type { ProjectId, WorkerId, WorkOrderId } from '../id.ts'
import type { Change } from '../staging/slice.ts'
import { hasOwnId, ProjectRows, taken } from './project-rows.ts'
import type { Undo } from './project-rows.ts'
import { checkPrune, prunedError } from './pruned-error.ts'
import { storable } from './storable.ts'
import type { LeaseClaim } from './storage.ts'

/** The events that were not pruned, and what is kept of those that were. */
interface Log {
  prunedThrough: number
  base: readonly unknown[]
  readonly events: StoredEvent[]
}

interface Lease {
  readonly fence: number
  readonly workerId: WorkerId
  readonly until: number
}

/** All that a memory storage knows. Every change leaves an undo behind until `commit`. */
export class MemoryWorld {
  readonly projects = new Map<ProjectId, ProjectRows>()
  readonly leases: ReadonlyMap<WorkOrderId, Lease>
  readonly heartbeats: ReadonlyMap<WorkerId, number>
  readonly #leases = new Map<WorkOrderId, Lease>()
  readonly #heartbeats = new Map<WorkerId, number>()
  readonly #logs = new Map<ProjectId, Log>()
  readonly #appended = new Map<ProjectId, StoredEvent[]>()
  readonly #pruned = new Map<ProjectId, Omit<Log, 'events'>>()
  #undos: Undo[] = []

  constructor() {
    this.leases = this.#leases
    this.heartbeats = this.#heartbeats
  }

  rowsOf(projectId: ProjectId): ProjectRows {
    return this.projects.get(projectId) ?? noRows
  }

  write(
    projectId: ProjectId,
    changes: readonly Change[],
    events: readonly Event[],
    actor: string,
    now: number,
  ): readonly StoredEvent[] {
    const stored = changes.map(storable)
    if (stored.length > 0) {
      this.#checkIds(projectId, stored)
      const own = this.#ownRows(projectId)
      const forgets = removedIn(own, stored)
      own.apply(stored, now, this.#undos)
      for (const change of stored) {
        if (change.kind === 'insert' && change.table === 'worker') this.heard(change.row.id, now)
        if (change.kind !== 'delete') continue
        if (change.table === 'workOrder') this.release(change.key as WorkOrderId)
        else if (forgets.has(change)) this.#set(this.#heartbeats, change.key as WorkerId, undefined)
      }
    }
    return this.#append(projectId, events, actor)
  }

  /** Ids are one for all projects, like their leases. */
  #checkIds(projectId: ProjectId, changes: readonly Change[]): void {
    for (const [otherId, rows] of this.projects) {
      if (otherId === projectId) continue
      for (const change of changes) {
        if (change.kind !== 'insert' || !hasOwnId(change.table)) continue
        const { id } = change.row as { readonly id: string }
        if (rows.has(change.table, id)) taken(change.table, id)
      }
    }
  }

  /** Committed events only: readers of the log never see what may still be rolled back. */
  eventsAfter(projectId: ProjectId, cursor: number, limit: number): readonly StoredEvent[] {
    const { prunedThrough, events } = this.#logs.get(projectId) ?? emptyLog
    if (cursor < prunedThrough) throw prunedError(projectId, cursor, prunedThrough)
    const start = Math.max(0, cursor) - prunedThrough
    return events.slice(start, start + limit)
  }

  lastSequence(projectId: ProjectId): number {
    const { prunedThrough, events } = this.#logs.get(projectId) ?? emptyLog
    return prunedThrough + events.length + (this.#appended.get(projectId)?.length ?? 0)
  }

  prunedThrough(projectId: ProjectId): number {
    return (this.#pruned.get(projectId) ?? this.#logs.get(projectId) ?? emptyLog).prunedThrough
  }

  logBase(projectId: ProjectId): readonly unknown[] {
    return (this.#pruned.get(projectId) ?? this.#logs.get(projectId) ?? emptyLog).base
  }

  prune(projectId: ProjectId, sequence: number, base: readonly unknown[]): void {
    checkPrune(projectId, sequence, {
      prunedThrough: this.prunedThrough(projectId),
      lastSequence: this.lastSequence(projectId),
    })
    this.#pruned.set(projectId, { prunedThrough: sequence, base: base.map(storable) })
  }

  lease(claim: LeaseClaim, workerId: WorkerId, until: number): void {
    this.#set(this.#leases, claim.workOrderId, { fence: claim.fence, workerId, until })
  }

  release(id: WorkOrderId): void {
    this.#set(this.#leases, id, undefined)
  }

  /** The fence of the work order as its row says; undefined when there is none. */
  fenceOf(id: WorkOrderId): number | undefined {
    for (const rows of this.projects.values()) {
      const order = rows.slice.workOrders.get(id)
      if (order !== undefined) return order.fence
    }
    return undefined
  }

  holds(claim: LeaseClaim, now: number): boolean {
    const lease = this.#leases.get(claim.workOrderId)
    return (
      lease !== undefined &&
      lease.until > now &&
      lease.fence === claim.fence &&
      this.fenceOf(claim.workOrderId) === claim.fence
    )
  }

  renew(claim: LeaseClaim, until: number): void {
    const lease = this.#leases.get(claim.workOrderId)
    if (lease !== undefined) this.#set(this.#leases, claim.workOrderId, { ...lease, until })
  }

  heard(workerId: WorkerId, now: number): void {
    this.#set(this.#heartbeats, workerId, now)
  }

  /** Makes the changes final; true when the log has grown. */
  commit(): boolean {
    const grown = this.#appended.size > 0
    for (const [projectId, events] of this.#appended) {
      const log = this.#logs.get(projectId)
      if (log === undefined) this.#logs.set(projectId, { ...emptyLog, events })
      else for (const event of events) log.events.push(event)
    }
    for (const [projectId, { prunedThrough, base }] of this.#pruned) {
      const log = this.#logs.get(projectId)
      if (log === undefined) continue
      log.events.splice(0, prunedThrough - log.prunedThrough)
      log.prunedThrough = prunedThrough
      log.base = base
    }
    this.#appended.clear()
    this.#pruned.clear()
    this.#undos = []
    return grown
  }

  rollBack(): void {
    for (const undo of this.#undos.toReversed()) undo()
    this.#appended.clear()
    this.#pruned.clear()
    this.#undos = []
  }

  #ownRows(projectId: ProjectId): ProjectRows {
    let rows = this.projects.get(projectId)
    if (rows === undefined) {
      rows = new ProjectRows()
      this.projects.set(projectId, rows)
    }
    return rows
  }

  #append(projectId: ProjectId, events: readonly Event[], actor: string): readonly StoredEvent[] {
    if (events.length === 0) return []
    let sequence = this.lastSequence(projectId)
    const by = storable(actor)
    const stored = events.map((event): StoredEvent => {
      sequence += 1
      return { ...storable(event), projectId, sequence, actor: by }
    })
    const appended = this.#appended.get(projectId)
    if (appended === undefined) this.#appended.set(projectId, stored)
    else for (const event of stored) appended.push(event)
    return [...stored]
  }

  #set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
    const before = map.get(key)
    this.#undos.push(() => put(map, key, before))
    put(map, key, value)
  }
}

const noRows = new ProjectRows()
const emptyLog: Log = { prunedThrough: 0, base: [], events: [] }

function put<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

/** The removals of workers that are there: when they were last heard of goes with them. */
function removedIn(rows: ProjectRows, changes: readonly Change[]): ReadonlySet<Change> {
  const there = new Map<string, boolean>()
  const removed = new Set<Change>()
  for (const change of changes) {
    if (change.table !== 'worker' || change.kind === 'update') continue
    const id = change.kind === 'insert' ? change.row.id : change.key
    if (change.kind === 'delete' && (there.get(id) ?? rows.has('worker', id))) removed.add(change)
    there.set(id, change.kind === 'insert')
  }
  return removed
}
