import { CuelineError } from '@cueline/core'
import type { LeaseClaim, WorkerId, WorkOrderId } from '@cueline/core'
import { sql } from 'kysely'

import type { Column, Database, Dialect } from './dialect.ts'
import { insertRows } from './insert-rows.ts'
import type { InsertTarget } from './insert-rows.ts'
import type { Writing } from './pipelined.ts'
import type { KnownLease } from './row-cache.ts'
import { statement } from './statement.ts'

const claimColumns: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'fence', kind: 'int' },
]

/** One by one they are found faster than out of JSON. */
const fewIds = 16

interface Claims extends Readonly<Record<string, unknown>> {
  /** A JSON list of lists, in the order of `claimColumns`. */
  readonly claims: string
}

export interface GrantedLease extends LeaseClaim, KnownLease {
  readonly workerId: WorkerId
}

/** Grants leases for the fences that the claim has just written; throws for any other fence. */
export async function grantLeases(
  database: Database,
  dialect: Dialect,
  claims: readonly LeaseClaim[],
  workerId: WorkerId,
  until: number,
): Promise<void> {
  if (claims.length === 0) return
  const given = { claims: encoded(claims), workerId, until }
  const granted = new Set(
    (await grant.run(database, dialect, given)).map((row) => row.work_order_id),
  )
  const stale = claims.find((claim) => !granted.has(claim.workOrderId))
  if (stale === undefined) return
  throw new CuelineError(
    'lease-lost',
    `Work order ${stale.workOrderId} is not claimed with fence ${stale.fence}; load it again and claim anew.`,
    { details: { workOrderId: stale.workOrderId, fence: stale.fence } },
  )
}

/** Extends the leases that still stand; resolves with the work orders whose lease is lost. */
export async function renewLeases(
  database: Database,
  dialect: Dialect,
  claims: readonly LeaseClaim[],
  now: number,
  leaseMs: number,
): Promise<readonly WorkOrderId[]> {
  if (claims.length === 0) return []
  const given = { claims: encoded(claims), now, until: now + leaseMs }
  const renewed = new Set(
    (await renew.run(database, dialect, given)).map((row) => row.work_order_id),
  )
  return claims.map((claim) => claim.workOrderId).filter((id) => !renewed.has(id))
}

export function releaseLeases(
  writing: Writing,
  dialect: Dialect,
  ids: readonly WorkOrderId[],
): void {
  if (ids.length === 0) return
  const [id] = ids
  if (ids.length === 1 && id !== undefined) releaseOne.send(writing, dialect, { id })
  else if (dialect.lists !== undefined) releaseListed.send(writing, dialect, { ids })
  else if (ids.length > fewIds) release.send(writing, dialect, { ids: JSON.stringify(ids) })
  else for (const id of ids) releaseOne.send(writing, dialect, { id })
}

export async function heldLeases(
  database: Database,
  dialect: Dialect,
  claims: readonly LeaseClaim[],
  now: number,
): Promise<ReadonlySet<WorkOrderId>> {
  if (claims.length === 0) return new Set()
  const rows = await held.run(database, dialect, { claims: encoded(claims), now })
  return new Set(rows.map((row) => row.work_order_id))
}

/** What the leases of these work orders say; those without one are left out. */
export async function knownLeases(
  database: Database,
  dialect: Dialect,
  ids: readonly WorkOrderId[],
): Promise<ReadonlyMap<WorkOrderId, KnownLease>> {
  const rows = await selectLeases.run(database, dialect, { ids: JSON.stringify(ids) })
  return new Map(
    rows.map((row) => [row.work_order_id, { fence: Number(row.fence), until: Number(row.until) }]),
  )
}

/** Grants leases whose fences are known to be current. */
export function writeLeases(
  writing: Writing,
  dialect: Dialect,
  leases: readonly GrantedLease[],
): void {
  const rows = leases.map((lease) => [lease.workOrderId, lease.fence, lease.workerId, lease.until])
  insertRows(writing, dialect, leaseTarget, rows)
}

/** Notes that these workers are alive; unknown ones are noted too, they may register later. */
export function hearWorkers(
  writing: Writing,
  dialect: Dialect,
  workerIds: readonly WorkerId[],
  now: number,
): void {
  if (workerIds.length === 0) return
  // No statement may write a row twice.
  const rows = [...new Set(workerIds)].map((id) => [id, now])
  insertRows(writing, dialect, heartbeatTarget, rows)
}

function encoded(claims: readonly LeaseClaim[]): string {
  return JSON.stringify(claims.map(({ workOrderId, fence }) => [workOrderId, fence]))
}

interface Leased {
  readonly work_order_id: WorkOrderId
}

const grant = statement<Claims & { workerId: string; until: number }, Leased>(
  ({ claims, workerId, until }, dialect) => sql`
    insert into leases (work_order_id, fence, worker_id, until)
    select work_orders.id, work_orders.fence, ${workerId}, ${until}
      from ${dialect.records(claims, claimColumns, 'given')}
      join work_orders on work_orders.id = given.id and work_orders.fence = given.fence
      where true
    on conflict (work_order_id) do update
      set fence = excluded.fence, worker_id = excluded.worker_id, until = excluded.until
    returning work_order_id`,
)

const renew = statement<Claims & { now: number; until: number }, Leased>(
  ({ claims, now, until }, dialect) => sql`update leases set until = ${until}
    from ${dialect.records(claims, claimColumns, 'given')}
    where leases.work_order_id = given.id
      and leases.fence = given.fence
      and leases.until > ${now}
      and exists (
        select 1 from work_orders
        where work_orders.id = leases.work_order_id and work_orders.fence = leases.fence
      )
    returning work_order_id`,
)

const held = statement<Claims & { now: number }, Leased>(
  ({ claims, now }, dialect) => sql`select leases.work_order_id
    from ${dialect.records(claims, claimColumns, 'given')}
    join leases on leases.work_order_id = given.id and leases.fence = given.fence
    join work_orders on work_orders.id = given.id and work_orders.fence = given.fence
    where leases.until > ${now}`,
)

const release = statement<{ ids: string }>(
  ({ ids }, dialect) => sql`delete from leases where work_order_id in ${dialect.texts(ids)}`,
)

const releaseOne = statement<{ id: string }>(
  ({ id }) => sql`delete from leases where work_order_id = ${id}`,
)

const releaseListed = statement<{ ids: readonly string[] }>(
  ({ ids }, dialect) => sql`delete from leases
    using ${dialect.lists?.([ids], [{ name: 'id', kind: 'text' }], 'given')}
    where work_order_id = given.id`,
)

const selectLeases = statement<{ ids: string }, Leased & { fence: unknown; until: unknown }>(
  ({ ids }, dialect) => sql`select work_order_id, fence, until from leases
    where work_order_id in ${dialect.texts(ids)}`,
)

const leaseTarget: InsertTarget = {
  table: 'leases',
  columns: [
    { name: 'work_order_id', kind: 'text' },
    { name: 'fence', kind: 'int' },
    { name: 'worker_id', kind: 'text' },
    { name: 'until', kind: 'int' },
  ],
  rest: sql`on conflict (work_order_id) do update
    set fence = excluded.fence, worker_id = excluded.worker_id, until = excluded.until`,
}

const heartbeatTarget: InsertTarget = {
  table: 'heartbeats',
  columns: [
    { name: 'worker_id', kind: 'text' },
    { name: 'heard_at', kind: 'int' },
  ],
  rest: sql`on conflict (worker_id) do update set heard_at = excluded.heard_at`,
}
