import { CuelineError, storable } from '@cueline/core'
import type {
  Change,
  LeaseClaim,
  ProjectId,
  Queries,
  QueryName,
  Slice,
  SliceKeys,
  StorageTransaction,
  StoredEvent,
  WorkerId,
  WorkOrderId,
} from '@cueline/core'
import type { CompiledQuery } from 'kysely'

import {
  appendEvents,
  insertEventsOf,
  lastSequence,
  noteSilentReleases,
  noteSilentWrite,
  readVersion,
} from './append-events.ts'
import type { LockedProject, NumberedEvent } from './append-events.ts'
import { keepMark } from './clock.ts'
import type { Now } from './clock.ts'
import type { Database, Dialect } from './dialect.ts'
import { grantLeases, heldLeases, knownLeases, releaseLeases, writeLeases } from './leases.ts'
import type { GrantedLease } from './leases.ts'
import { knownSlice } from './known-slice.ts'
import { asksForMembers, loadSlice, needsWrites } from './load-slice.ts'
import type { KnownProject, KnownProjects, ProjectVersion } from './known-projects.ts'
import { refuseNewer } from './migrate.ts'
import { gathered, sendAll } from './pipelined.ts'
import type { Writing } from './pipelined.ts'
import { pruneEvents } from './prune-events.ts'
import { regroups } from './row-cache.ts'
import type { KnownLease, ProjectCache, RowCache } from './row-cache.ts'
import { knownAnswer, runQuery } from './run-query.ts'
import { Outdated, wholeTransaction } from './whole-transaction.ts'
import type { Expected, Written } from './whole-transaction.ts'
import { writeChanges } from './write-changes.ts'

interface Waiting {
  readonly changes: Change[]
  readonly events: NumberedEvent[]
}

/** A statement that is a whole transaction. */
export interface Whole {
  readonly query: CompiledQuery<{ readonly now: unknown }>
  readonly expected: Expected
  readonly written: Written
  /** The high-water mark that is stored with it. */
  readonly mark: number
}

const nothing = Promise.resolve()

/** The database's clock may be so much later than the time that is given out without asking it. */
const mostBehindMs = 1_000
/** With fewer, nobody takes a working process for a frozen one. */
const manyRows = 5_000
/** Of the numbers that tell who has written. */
const writers = 2 ** 52

/**
 * One transaction as a unit of work: rows are read once, and what is written waits until a read
 * needs it in the database or the transaction ends. Then it goes there in one set of statements,
 * however many commands it came from.
 */
export class SqlTransaction implements StorageTransaction {
  /** The projects whose log has grown, with the last event that this transaction appended. */
  readonly grown = new Map<ProjectId, StoredEvent>()
  readonly #database: Database
  readonly #dialect: Dialect
  #at: Now
  readonly #cache: RowCache
  readonly #known: KnownProjects
  readonly #locked = new Map<ProjectId, Promise<void>>()
  /** Of the locked projects, what they were at when they were locked. */
  readonly #versions = new Map<ProjectId, ProjectVersion>()
  /** Locked projects that were written to without an event. */
  readonly #silent = new Set<ProjectId>()
  readonly #waiting = new Map<ProjectId, Waiting>()
  /** Writes on their way whose replies nobody has waited for. */
  readonly #sent: Promise<unknown>[] = []
  /** Null for a lease that ends. */
  readonly #leases = new Map<WorkOrderId, GrantedLease | null>()
  /** Settles when everything that waited has been sent. */
  #flushing = nothing
  /** Something waits that concerns rows which are not known, so no read can do without it. */
  #blind = false
  /** Something waits that takes tasks to a batch or away from one. */
  #regroups = false
  #wrote = false
  /** How many rows were read and written so far. */
  #handled = 0
  /** Before this time of the database's clock every lease still stood that was found to be held. */
  #heldUntil = Number.POSITIVE_INFINITY
  /** What the database's clock has said since the time was given out. */
  #heard = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined

  /**
   * `database` sends at once (`pipelined`). `cache` must be empty, or known to be true since this
   * transaction has begun.
   */
  constructor(
    database: Database,
    dialect: Dialect,
    at: Now,
    cache: RowCache,
    known: KnownProjects,
  ) {
    this.#known = known
    this.#database = database
    this.#dialect = dialect
    this.#at = at
    this.#cache = cache
  }

  get now(): number {
    return this.#at.now
  }

  load(keys: SliceKeys): Promise<Slice> {
    return this.#run(() =>
      after(this.#load(keys), (slice) => {
        const handled = this.#handle(slice.tasks.size + slice.dependencies.size)
        return handled === undefined ? slice : handled.then(() => slice)
      }),
    )
  }

  readAhead(keys: SliceKeys, claims: readonly LeaseClaim[]): Promise<void> {
    return this.#run(async () => {
      await this.#load(keys)
      const missing = claims
        .map((claim) => claim.workOrderId)
        .filter((id) => this.#leaseOf(id) === undefined)
      if (missing.length === 0) return
      await this.#flush()
      const found = await knownLeases(this.#database, this.#dialect, missing)
      for (const id of missing) this.#cache.setLease(id, found.get(id) ?? null)
    })
  }

  write(
    projectId: ProjectId,
    changes: readonly Change[],
    events: readonly NumberedEvent['event'][],
    actor: string,
  ): Promise<readonly StoredEvent[]> {
    return this.#runLocked(projectId, () => {
      this.#wrote = true
      return after(this.#handle(changes.length + events.length), () =>
        this.#writeNow(projectId, changes, events, actor),
      )
    })
  }

  lease(claims: readonly LeaseClaim[], workerId: WorkerId, leaseMs: number): Promise<void> {
    return this.#run(() => {
      this.#wrote = true
      const until = this.now + leaseMs
      const known = claims.every((claim) => this.#cache.fenceOf(claim.workOrderId) === claim.fence)
      if (!known) return this.#grant(claims, workerId, until)
      for (const { workOrderId, fence } of claims) {
        this.#cache.setLease(workOrderId, { fence, until })
        this.#leases.set(workOrderId, { workOrderId, fence, workerId, until })
      }
    })
  }

  release(workOrderIds: readonly WorkOrderId[]): Promise<void> {
    return this.#run(() => {
      this.#wrote ||= workOrderIds.length > 0
      for (const id of workOrderIds) {
        this.#cache.setLease(id, null)
        this.#leases.set(id, null)
      }
    })
  }

  held(claims: readonly LeaseClaim[]): Promise<ReadonlySet<WorkOrderId>> {
    return this.#run(() => {
      const held = new Set<WorkOrderId>()
      const unknown: LeaseClaim[] = []
      for (const claim of claims) {
        const lease = this.#leaseOf(claim.workOrderId)
        const fence = this.#cache.fenceOf(claim.workOrderId)
        if (lease === undefined || fence === undefined) unknown.push(claim)
        else if (
          lease?.fence === claim.fence &&
          fence === claim.fence &&
          lease.until > this.#latestNow()
        ) {
          held.add(claim.workOrderId)
          this.#heldUntil = Math.min(this.#heldUntil, lease.until)
        }
      }
      return unknown.length === 0 ? held : this.#heldWith(held, unknown)
    })
  }

  prune(projectId: ProjectId, sequence: number, base: readonly unknown[]): Promise<void> {
    return this.#runLocked(projectId, async () => {
      await this.#flush()
      this.#wrote = true
      await pruneEvents(this.#database, this.#dialect, { projectId, sequence, base })
    })
  }

  query<Name extends QueryName>(
    name: Name,
    input: Queries[Name]['input'],
  ): Promise<Queries[Name]['output']> {
    const projectId = 'projectId' in input ? input.projectId : undefined
    return this.#runLocked(projectId, () => {
      const known = this.#blind ? undefined : knownAnswer(name, input, this.now, this.#cache)
      return known === undefined ? this.#ask(name, input) : known
    })
  }

  /** Takes over what is most likely true of a project that is not locked yet. */
  trust(projectId: ProjectId, { cache, version }: KnownProject): void {
    this.#cache.use(projectId, cache)
    this.#versions.set(projectId, version)
    this.#locked.set(projectId, nothing)
  }

  /** The project that was trusted is locked now: whatever was decided has to be true of it. */
  verify(projectId: ProjectId, locked: LockedProject): void {
    const { lastSequence, silentWrites, schema, server, mark } = locked
    const now = Math.max(locked.now, mark)
    refuseNewer(schema, this.#dialect.place)
    const version = this.#versions.get(projectId)
    const isTrue =
      version?.lastSequence === lastSequence &&
      version.silentWrites === silentWrites &&
      version.schema === schema &&
      version.server === server
    if (!isTrue || mark > this.now || now >= this.#latest()) throw new Outdated()
    this.#at = { ...this.#at, mark }
    this.#heard = now
  }

  /** The latest time that is known: no lease counts as held that has lapsed by it. */
  #latestNow(): number {
    return Math.max(this.now, this.#heard)
  }

  /** As long as the database's clock is before this time, what was decided is right. */
  #latest(): number {
    return Math.min(this.now + mostBehindMs, this.#heldUntil)
  }

  /**
   * Everything that waits as one statement that is a whole transaction, of a project that was trusted;
   * undefined where it takes several, or writes no event.
   */
  whole(projectId: ProjectId): Whole | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    const version = this.#versions.get(projectId)
    const waiting = this.#waiting.get(projectId)
    const last = waiting?.events.at(-1)?.sequence
    if (version === undefined || waiting === undefined || last === undefined) return undefined
    if (this.#waiting.size > 1) return undefined
    const written = { last, writer: 1 + Math.floor(Math.random() * writers) }
    let { mark } = this.#at
    const writes = gathered(this.#database, (writing) => {
      this.#write(writing, this.#waiting, this.#leases, written.writer)
      mark = keepMark(writing, this.#dialect, this.#at)
    })
    if (writes === undefined) return undefined
    const expected = { projectId, version, now: this.now, before: this.#latest() }
    const query = wholeTransaction(this.#database, this.#dialect, expected, last, writes)
    return query && { query, expected, written, mark }
  }

  /** A transaction in which a call failed is not committed, even when `work` went on. */
  async finish(): Promise<void> {
    if (this.#failure === undefined) await this.#run(() => this.#flush())
    else throw this.#failure.error
    if (!this.#wrote) return
    await this.#send((writing) => {
      keepMark(writing, this.#dialect, this.#at)
    })
  }

  /** Why a write failed whose reply nobody has waited for; undefined when all went well. */
  async failure(): Promise<unknown> {
    const replies = await Promise.allSettled(this.#sent)
    return replies.find((reply) => reply.status === 'rejected')?.reason
  }

  /** Leaves out what will not be kept, which can be done before it is known whether it is stored. */
  tidy(): void {
    for (const projectId of this.#versions.keys()) this.#cache.of(projectId).prune()
  }

  /** After the commit: what is known of the locked projects is true until somebody writes. */
  keep(): void {
    for (const projectId of this.#waiting.keys()) this.#cache.of(projectId).flushed()
    for (const [projectId, version] of this.#versions) {
      const cache = this.#cache.of(projectId)
      if (this.#silent.has(projectId) || cache.lastSequence === undefined) continue
      this.#known.keep(projectId, cache, { ...version, lastSequence: cache.lastSequence })
    }
  }

  end(): void {
    this.#ended = true
  }

  /** A lease that has lapsed as far as is known may have been renewed, or granted in this transaction. */
  #leaseOf(id: WorkOrderId): KnownLease | null | undefined {
    const lease = this.#cache.leaseOf(id)
    const hasLapsed = lease != null && lease.until <= this.#latestNow()
    const mayBeRenewed = hasLapsed && !this.#leases.has(id)
    return mayBeRenewed ? undefined : lease
  }

  #load(keys: SliceKeys): Slice | Promise<Slice> {
    return this.#afterLock(keys.projectId, () => {
      const cache = this.#cache.of(keys.projectId)
      const ofBatches = this.#regroups && asksForMembers(keys, cache)
      if (this.#blind || ofBatches || needsWrites(keys)) {
        return this.#flush().then(() => this.#slice(cache, keys))
      }
      return this.#slice(cache, keys)
    })
  }

  #slice(cache: ProjectCache, keys: SliceKeys): Slice | Promise<Slice> {
    // What is known goes by ids as they are stored, so that others are not found there.
    const known = knownSlice(cache, keys)
    return known ?? loadSlice(this.#database, this.#dialect, cache, storable(keys))
  }

  #writeNow(
    projectId: ProjectId,
    changes: readonly Change[],
    events: readonly NumberedEvent['event'][],
    actor: string,
  ): readonly StoredEvent[] | Promise<readonly StoredEvent[]> {
    const waiting = this.#waitingFor(projectId)
    const stored = changes.map(storableChange)
    for (const change of stored) {
      waiting.changes.push(change)
      this.#regroups ||= regroups(change)
      if (change.table !== 'workOrder' || change.kind !== 'delete') continue
      this.#cache.setLease(change.key as WorkOrderId, null)
      this.#leases.set(change.key as WorkOrderId, null)
    }
    if (!this.#cache.of(projectId).apply(stored, this.now)) this.#blind = true
    return this.#append(projectId, waiting, events.map(storable), storable(actor))
  }

  async #grant(claims: readonly LeaseClaim[], workerId: WorkerId, until: number): Promise<void> {
    await this.#flush()
    await grantLeases(this.#database, this.#dialect, claims, workerId, until)
    for (const { workOrderId, fence } of claims) {
      this.#cache.setLease(workOrderId, { fence, until })
    }
  }

  async #heldWith(
    held: ReadonlySet<WorkOrderId>,
    unknown: readonly LeaseClaim[],
  ): Promise<ReadonlySet<WorkOrderId>> {
    await this.#flush()
    const found = await heldLeases(this.#database, this.#dialect, unknown, this.#latestNow())
    return new Set([...held, ...found])
  }

  async #ask<Name extends QueryName>(
    name: Name,
    input: Queries[Name]['input'],
  ): Promise<Queries[Name]['output']> {
    await this.#flush()
    const now = this.#latestNow()
    return runQuery(this.#database, this.#dialect, name, storable(input), now, this.#cache)
  }

  #waitingFor(projectId: ProjectId): Waiting {
    let waiting = this.#waiting.get(projectId)
    if (waiting === undefined) {
      waiting = { changes: [], events: [] }
      this.#waiting.set(projectId, waiting)
    }
    return waiting
  }

  #append(
    projectId: ProjectId,
    waiting: Waiting,
    events: readonly NumberedEvent['event'][],
    actor: string,
  ): readonly StoredEvent[] | Promise<readonly StoredEvent[]> {
    if (events.length === 0) return []
    const last = this.#cache.of(projectId).lastSequence
    return after(last ?? lastSequence(this.#database, this.#dialect, projectId), (before) =>
      this.#appendAfter(before, projectId, waiting, events, actor),
    )
  }

  #appendAfter(
    before: number,
    projectId: ProjectId,
    waiting: Waiting,
    events: readonly NumberedEvent['event'][],
    actor: string,
  ): readonly StoredEvent[] {
    let sequence = before
    const stored = events.map((event): StoredEvent => {
      sequence += 1
      waiting.events.push({ sequence, actor, event })
      return { ...event, projectId, sequence, actor }
    })
    this.#cache.of(projectId).lastSequence = sequence
    const last = stored.at(-1)
    if (last !== undefined) this.grown.set(projectId, last)
    return stored
  }

  /** Of several reads at once each sees what waits written, whichever of them comes first. */
  #flush(): Promise<void> {
    const flushed = this.#flushing.then(() => this.#flushNow())
    this.#flushing = flushed.catch(() => {})
    return flushed
  }

  /** Writes what waits: rows, their events, then leases, which the rows' fences must precede. */
  async #flushNow(): Promise<void> {
    const waiting = [...this.#waiting]
    const leases = [...this.#leases]
    this.#waiting.clear()
    this.#leases.clear()
    this.#blind = false
    this.#regroups = false
    if (waiting.length + leases.length === 0) return
    await this.#send((writing) => this.#write(writing, waiting, leases))
    for (const [projectId] of waiting) this.#cache.of(projectId).flushed()
  }

  /** A writer is named where the events tell who they are of, and the counter is raised otherwise. */
  #write(
    writing: Writing,
    waiting: Iterable<readonly [ProjectId, Waiting]>,
    leases: Iterable<readonly [WorkOrderId, GrantedLease | null]>,
    writer?: number,
  ): void {
    const { apart } = writing
    for (const [projectId, { changes, events }] of waiting) {
      const worth = this.#cache.of(projectId).worthWriting(changes)
      // Another project may name the same rows: workers go by their ids alone.
      apart()
      writeChanges(writing, this.#dialect, projectId, worth, this.now)
      if (writer === undefined) appendEvents(writing, this.#dialect, projectId, events)
      else insertEventsOf(writing, this.#dialect, projectId, events, writer)
      if (events.length === 0 && this.#locked.has(projectId)) {
        this.#silent.add(projectId)
        noteSilentWrite(writing, this.#dialect, projectId)
      }
    }
    const ended: WorkOrderId[] = []
    const granted: GrantedLease[] = []
    for (const [id, lease] of leases) {
      if (lease === null) ended.push(id)
      else granted.push(lease)
    }
    releaseLeases(writing, this.#dialect, ended)
    if (this.#dialect.lockProject !== undefined) {
      const untold = ended.filter((id) => !this.#tellsOf(id))
      if (untold.length > 0) apart()
      noteSilentReleases(writing, this.#dialect, untold)
    }
    writeLeases(writing, this.#dialect, granted)
  }

  /** Whether an event of this transaction tells others to read anew what they keep of a work order. */
  #tellsOf(id: WorkOrderId): boolean {
    for (const projectId of this.grown.keys()) {
      if (this.#cache.of(projectId).rows.workOrder.has(id)) return true
    }
    return false
  }

  /** Sends writes, and waits for them only where that is needed to send more. */
  async #send(write: (writing: Writing) => void): Promise<void> {
    const done = sendAll(this.#database, this.#dialect, write)
    if (done === undefined) return
    if (this.#dialect.pipelines) this.#sent.push(done)
    else await done
  }

  /** Counts what is read and written: working out and writing thousands of rows takes seconds. */
  #handle(rows: number): Promise<void> | undefined {
    const before = this.#handled
    this.#handled += rows
    const nowMany = before < manyRows && this.#handled >= manyRows
    return nowMany ? this.#dialect.allowLongWork?.(this.#database) : undefined
  }

  /**
   * Locks the project, and takes over what is known of it if nobody has written to it since; undefined
   * when it is locked.
   */
  #lock(projectId: ProjectId): Promise<void> | undefined {
    const { lockProject } = this.#dialect
    if (lockProject === undefined) return undefined
    const locked = this.#locked.get(projectId)
    if (locked !== undefined) return locked === nothing ? undefined : locked
    // The second sees what was committed until the first had the lock.
    const locking = Promise.all([
      lockProject(this.#database, projectId),
      readVersion(this.#database, this.#dialect, projectId),
    ]).then(([, locked]) => this.adopt(projectId, locked))
    this.#locked.set(projectId, locking)
    return locking
  }

  /** Takes over what is known of a project that is locked and at this version. */
  adopt(projectId: ProjectId, locked: LockedProject): void {
    const { now, lastSequence, silentWrites, schema, server } = locked
    const version = { lastSequence, silentWrites, schema, server }
    refuseNewer(schema, this.#dialect.place)
    // Whoever had the lock has written later times than that of the start of this transaction.
    if (this.#versions.size === 0) this.#at = { ...this.#at, now: Math.max(this.#at.now, now) }
    const known = this.#known.take(projectId, version)
    if (known !== undefined) this.#cache.use(projectId, known)
    this.#versions.set(projectId, version)
    this.#cache.of(projectId).lastSequence = lastSequence
    this.#locked.set(projectId, nothing)
  }

  #runLocked<Result>(
    projectId: ProjectId | undefined,
    call: () => Result | Promise<Result>,
  ): Promise<Result> {
    return this.#run(() => this.#afterLock(projectId, call))
  }

  #afterLock<Result>(
    projectId: ProjectId | undefined,
    call: () => Result | Promise<Result>,
  ): Result | Promise<Result> {
    return after(projectId === undefined ? undefined : this.#lock(projectId), call)
  }

  /** What is known is answered at once: most calls of a process that alone writes take no turn. */
  #run<Result>(call: () => Result | Promise<Result>): Promise<Result> {
    if (this.#ended) return Promise.reject(endedError())
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error)
    try {
      const answer = call()
      return answer instanceof Promise
        ? answer.catch((error: unknown) => this.#fail(error))
        : Promise.resolve(answer)
    } catch (error) {
      return this.#fail(error)
    }
  }

  async #fail(error: unknown): Promise<never> {
    // What came after a failed write failed because of it.
    const cause = (await this.failure()) ?? error
    // A busy one stays as it is: it is a reason to start again, not an answer.
    const sorted = this.#dialect.isBusy(cause) ? cause : (this.#dialect.sortError(cause) ?? cause)
    this.#failure = { error: sorted }
    throw sorted
  }
}

/** Goes on with a value, at once where it is there. */
function after<Value, Result>(
  value: Value | Promise<Value>,
  goOn: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value)
}

/** As `storable`; only what comes from outside is looked at. */
function storableChange(change: Change): Change {
  if (change.kind === 'insert') {
    const row = storable(change.row)
    return row === change.row ? change : ({ ...change, row } as Change)
  }
  const key = storable(change.key)
  if (change.kind === 'delete') {
    return key === change.key ? change : ({ ...change, key } as Change)
  }
  const set = storable(change.set)
  return key === change.key && set === change.set ? change : ({ ...change, key, set } as Change)
}

function endedError(): CuelineError {
  return new CuelineError(
    'refused',
    'The transaction has ended; await every call inside `work` or start a new transaction.',
  )
}
