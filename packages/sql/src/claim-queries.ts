import { addInterruptions, addKeys, addResources } from '@cueline/core'
import type {
  AttemptId,
  BatchId,
  ProjectId,
  Queries,
  Task,
  TaskId,
  WorkOrderId,
} from '@cueline/core'
import { sql } from 'kysely'
import type { Expression, RawBuilder } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { knownHolds, loadAhead, loadSlice } from './load-slice.ts'
import { isReady } from './readiness.ts'
import type { ProjectCache } from './row-cache.ts'
import { statement } from './statement.ts'

/** As the index `tasks_queued` has it. */
const claimOrder = sql`
  case tasks.priority when 'high' then 0 when 'normal' then 1 else 2 end,
  tasks.stage_priority desc, tasks.tail desc, tasks.position, tasks.id`

/** Queued, and not for later. */
function isDue(now: Expression<unknown>) {
  return sql`work_orders.status = 'queued' and work_orders.not_before <= ${now}`
}

function isNotHeld(now: Expression<unknown>) {
  return sql`not exists (
    select 1 from holds
    where holds.project_id = tasks.project_id
      and holds.account = coalesce(tasks.account, 'default')
      and holds.until > ${now}
  )`
}

/** Nobody else has one of its keys. */
function isFree(dialect: Dialect, inUse: Expression<unknown>) {
  return sql`(cast(tasks.exclusive_keys as text) = '[]' or not exists (
    select * from ${dialect.texts(sql.ref('tasks.exclusive_keys'))} as own
    intersect select * from ${dialect.texts(inUse)} as in_use
  ))`
}

/** Neither its account nor its batch is full. */
function isRoomy(dialect: Dialect, accounts: Expression<unknown>, batches: Expression<unknown>) {
  return sql`coalesce(tasks.account, 'default') not in ${dialect.texts(accounts)}
    and tasks.batch_id not in ${dialect.texts(batches)}`
}

/** What it asks for of resources in use is left: `hasRoom` of core. */
function isLeft(dialect: Dialect, scarce: Expression<unknown>) {
  const columns = [
    { name: 'name', kind: 'text' },
    { name: 'capacity', kind: 'real' },
    { name: 'taken', kind: 'real' },
  ] as const
  const demand = sql`cast(own.value as double precision)`
  return sql`(cast(tasks.resources as text) = '{}' or not exists (
    select 1 from ${dialect.entries(sql.ref('tasks.resources'), 'own')}
    join ${dialect.records(scarce, columns, 'scarce')} on scarce.name = own.key
    where ${demand} > 0 and (scarce.capacity <= 0 or scarce.capacity <
      scarce.taken + case when ${demand} < scarce.capacity then ${demand} else scarce.capacity end)
  ))`
}

/** It asks for nothing that the worker cannot do. */
function isDoable(dialect: Dialect, capabilities: Expression<unknown>) {
  return sql`(cast(tasks.capabilities as text) = '[]' or not exists (
    select * from ${dialect.texts(sql.ref('tasks.capabilities'))} as own
    except select * from ${dialect.texts(capabilities)} as able
  ))`
}

export async function claimable(
  database: Database,
  dialect: Dialect,
  input: Queries['claimable']['input'],
  now: number,
  cache: ProjectCache,
): Promise<readonly WorkOrderId[]> {
  const { projectId, limit, workOrderIds, enqueuedUntil } = input
  const { keysInUse = [], fullAccounts = [], fullBatches = [], scarceResources = [] } = input
  const free = {
    keysInUse: JSON.stringify(keysInUse),
    fullAccounts: JSON.stringify(fullAccounts),
    fullBatches: JSON.stringify(fullBatches),
    scarce: JSON.stringify(
      scarceResources.map(({ name, capacity, taken }) => [name, capacity, taken]),
    ),
    capabilities: JSON.stringify(input.capabilities ?? []),
    interruptionsBelow: input.interruptionsBelow ?? Number.MAX_SAFE_INTEGER,
  }
  const given = { projectId, limit, now, ...free }
  // A claim needs them soon after in any case.
  const holds = await knownHolds(database, dialect, cache, projectId)
  const form = {
    held: [...holds.values()].some(({ until }) => until > now),
    inUse: isInUse(input),
    unable: input.capabilities !== undefined,
  }
  if (!form.held && isPlain(input) && input.interruptionsBelow === undefined) {
    if (cache.queue.paysAhead()) return claimableAhead(database, dialect, given, cache)
  }
  const rows =
    enqueuedUntil !== undefined
      ? await oldestClaimable(form).run(database, dialect, { ...given, enqueuedUntil })
      : workOrderIds === undefined
        ? await firstClaimable(form).run(database, dialect, given)
        : await claimableOf(form).run(database, dialect, {
            ...given,
            ids: JSON.stringify(workOrderIds),
          })
  return rows.map((row) => row.id)
}

/** What a claim will ask next is read with it: who comes then, and all that they will need. */
async function claimableAhead(
  database: Database,
  dialect: Dialect,
  given: ClaimableGiven,
  cache: ProjectCache,
): Promise<readonly WorkOrderId[]> {
  const { projectId, now } = given
  const limit = Math.max(given.limit, cache.queue.worthAsking(given.limit))
  const plain = firstClaimable({ held: false, inUse: false, unable: false })
  const [rows, next, [oldest]] = await Promise.all([
    plain.run(database, dialect, { ...given, limit }),
    nextTime(database, dialect, projectId, now),
    oldestQueued.run(database, dialect, { projectId }),
  ])
  const tasks = rows.map((row) => row.task_id)
  const workOrders = rows.map((row) => row.id)
  await loadAhead(database, dialect, cache, { projectId, tasks, workOrders })
  const enqueuedAt = oldest === undefined ? null : Number(oldest.enqueued_at)
  cache.queue.learnNext(tasks, rows.length < limit, next, enqueuedAt)
  return rows.slice(0, given.limit).map((row) => row.id)
}

/** The answer without a question, where it is known. */
export function knownClaimable(
  input: Queries['claimable']['input'],
  now: number,
  cache: ProjectCache,
): readonly WorkOrderId[] | undefined {
  if (input.enqueuedUntil !== undefined) return cache.queue.claimableSince(input.enqueuedUntil)
  if (!isPlain(input)) return undefined
  const { limit, interruptionsBelow = Number.POSITIVE_INFINITY } = input
  return cache.queue.claimable(limit, now, interruptionsBelow)
}

/** Nothing that is queued is left out but by its time, holds and lost workers. */
function isPlain(input: Queries['claimable']['input']): boolean {
  const { workOrderIds, enqueuedUntil, capabilities } = input
  return (
    workOrderIds === undefined &&
    enqueuedUntil === undefined &&
    capabilities === undefined &&
    !isInUse(input)
  )
}

function isInUse({
  keysInUse = [],
  fullAccounts = [],
  fullBatches = [],
  scarceResources = [],
}: Queries['claimable']['input']): boolean {
  return keysInUse.length + fullAccounts.length + fullBatches.length + scarceResources.length > 0
}

export async function ready(
  database: Database,
  dialect: Dialect,
  projectId: string,
): Promise<readonly TaskId[]> {
  return (await readyTasks.run(database, dialect, { projectId })).map((row) => row.id)
}

export async function load(
  database: Database,
  dialect: Dialect,
  projectId: ProjectId,
  cache: ProjectCache,
): Promise<Queries['load']['output']> {
  if (cache.queue.paysAhead()) {
    const running = await selectRunning.run(database, dialect, { projectId })
    const attempts = running.map((row) => row.id)
    await loadSlice(database, dialect, cache, { projectId, attempts })
    cache.queue.learnRunning()
    const known = cache.queue.load()
    if (known !== undefined) return known
  }
  const byBatch = new Map<BatchId, number>()
  const byAccount = new Map<string, number>()
  const byResource = new Map<string, number>()
  const byKey = new Map<string, string>()
  const interruptions = new Map<string, number>()
  let total = 0
  for (const row of await countRunning.run(database, dialect, { projectId })) {
    const count = Number(row.count)
    total += count
    if (row.account === null) continue
    if (row.batch_id !== null) byBatch.set(row.batch_id, (byBatch.get(row.batch_id) ?? 0) + count)
    byAccount.set(row.account, (byAccount.get(row.account) ?? 0) + count)
    if (row.resources !== null && row.resources !== '{}') {
      addResources(byResource, JSON.parse(row.resources) as Task['resources'], count)
    }
    if (row.code !== null) {
      const exclusiveKeys = JSON.parse(row.keys ?? '[]') as Task['exclusiveKeys']
      addKeys(byKey, { code: row.code, exclusiveKeys })
      addInterruptions(
        interruptions,
        { code: row.code },
        { interruptions: Number(row.interruptions) },
      )
    }
  }
  return { total, byBatch, byAccount, byResource, byKey, interruptions }
}

export async function nextTime(
  database: Database,
  dialect: Dialect,
  projectId: string,
  now: number,
): Promise<number | null> {
  const [row] = await earliest.run(database, dialect, { projectId, now })
  return row === undefined || row.next === null ? null : Number(row.next)
}

export async function expired(
  database: Database,
  dialect: Dialect,
  input: Queries['expired']['input'],
  now: number,
): Promise<readonly WorkOrderId[]> {
  return (await lapsed.run(database, dialect, { ...input, now })).map((row) => row.id)
}

interface ClaimableGiven extends Readonly<Record<string, unknown>> {
  readonly projectId: string
  readonly limit: number
  readonly now: number
  /** A JSON list. */
  readonly keysInUse: string
  readonly fullAccounts: string
  readonly fullBatches: string
  readonly scarce: string
  readonly capabilities: string
  readonly interruptionsBelow: number
}

/** Which conditions can be false at all. */
interface Conditions {
  /** An account is held. */
  readonly held: boolean
  /** A key is in use, or something is full. */
  readonly inUse: boolean
  /** The workers cannot do everything. */
  readonly unable: boolean
}

type Form = `${boolean} ${boolean} ${boolean}`

function formOf({ held, inUse, unable }: Conditions): Form {
  return `${held} ${inUse} ${unable}`
}

const eitherWay = [false, true] as const
const allConditions = eitherWay.flatMap((held) =>
  eitherWay.flatMap((inUse) => eitherWay.map((unable) => ({ held, inUse, unable }))),
)

/**
 * A statement for claimable work, with and without the conditions that are always true while no
 * account is held, no key in use and nothing full: mostly so, and they cost half of the statement.
 */
function claimableStatement<Given extends ClaimableGiven = ClaimableGiven>(
  build: (
    given: { readonly [Name in keyof Given]: Expression<Given[Name]> },
    dialect: Dialect,
    isOpen: RawBuilder<unknown>,
  ) => RawBuilder<unknown>,
) {
  const form = ({ held, inUse, unable }: Conditions) =>
    statement<Given, { id: WorkOrderId; task_id: TaskId }>((given, dialect) => {
      const conditions = [isReady]
      if (held) conditions.push(isNotHeld(given.now))
      if (inUse) {
        conditions.push(isFree(dialect, given.keysInUse))
        conditions.push(isRoomy(dialect, given.fullAccounts, given.fullBatches))
        conditions.push(isLeft(dialect, given.scarce))
      }
      if (unable) conditions.push(isDoable(dialect, given.capabilities))
      return build(given, dialect, sql.join(conditions, sql` and `))
    })
  const forms = new Map(allConditions.map((given) => [formOf(given), form(given)]))
  return (given: Conditions) => {
    const found = forms.get(formOf(given))
    if (found === undefined) throw new Error(`There is no form ${formOf(given)}.`)
    return found
  }
}

/**
 * Along the index `tasks_queued`, until the limit is reached. The work order is looked up by a subquery,
 * because Postgres takes the two conditions of a join for independent, expects one row of it, and would
 * rather read and sort everything that is queued.
 */
const firstClaimable = claimableStatement(
  (
    { projectId, limit, now, interruptionsBelow },
    { thenJoin },
    isOpen,
  ) => sql`select tasks.work_order_id as id, tasks.id as task_id from tasks
    ${thenJoin} batches on batches.id = tasks.batch_id
    ${thenJoin} projects on projects.id = tasks.project_id
    where tasks.project_id = ${projectId} and tasks.work_order_id is not null
      and ${isOpen}
      and (
        select ${isDue(now)} and work_orders.interruptions < ${interruptionsBelow}
          and work_orders.task_id = tasks.id
        from work_orders where work_orders.id = tasks.work_order_id
      )
    order by ${claimOrder} limit ${limit}`,
)

/** Along the index `work_orders_queued`, until the limit is reached among equally old ones. */
const oldestClaimable = claimableStatement<ClaimableGiven & { readonly enqueuedUntil: number }>(
  (
    { projectId, limit, now, enqueuedUntil, interruptionsBelow },
    { thenJoin },
    isOpen,
  ) => sql`select work_orders.id from work_orders
    ${thenJoin} tasks on tasks.id = work_orders.task_id and tasks.work_order_id = work_orders.id
    ${thenJoin} batches on batches.id = tasks.batch_id
    ${thenJoin} projects on projects.id = tasks.project_id
    where work_orders.project_id = ${projectId} and work_orders.enqueued_at <= ${enqueuedUntil}
      and ${isOpen} and ${isDue(now)} and work_orders.interruptions < ${interruptionsBelow}
    order by work_orders.enqueued_at, ${claimOrder} limit ${limit}`,
)

const claimableOf = claimableStatement<ClaimableGiven & { readonly ids: string }>(
  (
    { projectId, limit, now, interruptionsBelow, ids },
    dialect,
    isOpen,
  ) => sql`select work_orders.id from work_orders
    join tasks on tasks.id = work_orders.task_id and tasks.work_order_id = work_orders.id
    join batches on batches.id = tasks.batch_id
    join projects on projects.id = tasks.project_id
    where work_orders.id in ${dialect.texts(ids)}
      and ${dialect.filterOnly('tasks.project_id')} = ${projectId}
      and ${isOpen} and ${isDue(now)} and work_orders.interruptions < ${interruptionsBelow}
    order by ${claimOrder} limit ${limit}`,
)

const readyTasks = statement<{ projectId: string }, { id: TaskId }>(
  ({ projectId }, { thenJoin }) => sql`select tasks.id from batches
    ${thenJoin} tasks on tasks.project_id = batches.project_id and tasks.batch_id = batches.id
    ${thenJoin} projects on projects.id = tasks.project_id
    where batches.project_id = ${projectId} and ${isReady}
    order by ${claimOrder}`,
)

/** Along the index `work_orders_claimed`: attempts that ended are not looked at. */
function runningOf(projectId: Expression<unknown>, { thenJoin, filterOnly }: Dialect) {
  return sql`work_orders
    ${thenJoin} attempts on attempts.id = work_orders.attempt_id
      and ${filterOnly('attempts.work_order_id')} = work_orders.id
    left join tasks on tasks.id = attempts.task_id
    where work_orders.project_id = ${projectId} and work_orders.status = 'claimed'
      and attempts.status in ('running', 'verifying', 'merging')
      and ${filterOnly('attempts.project_id')} = ${projectId}`
}

const countRunning = statement<
  { projectId: string },
  {
    batch_id: BatchId | null
    account: string | null
    resources: string | null
    keys: string | null
    interruptions: number
    /** Null for tasks without keys or lost workers, which are counted together. */
    code: string | null
    count: number
  }
>(
  ({ projectId }, dialect) => sql`select tasks.batch_id,
      case when tasks.id is null then null else coalesce(tasks.account, 'default') end as account,
      cast(tasks.resources as text) as resources, cast(tasks.exclusive_keys as text) as keys,
      work_orders.interruptions as interruptions,
      case when cast(tasks.exclusive_keys as text) <> '[]' or work_orders.interruptions > 0
        then tasks.code end as code,
      count(*) as count
    from ${runningOf(projectId, dialect)}
    group by 1, 2, 3, 4, 5, 6`,
)

const oldestQueued = statement<{ projectId: string }, { enqueued_at: number }>(
  ({ projectId }) => sql`select enqueued_at from work_orders
    where project_id = ${projectId} and status = 'queued' order by enqueued_at, id limit 1`,
)

const selectRunning = statement<{ projectId: string }, { id: AttemptId }>(
  ({ projectId }, dialect) => sql`select attempts.id from ${runningOf(projectId, dialect)}
    order by attempts.id`,
)

const earliest = statement<{ projectId: string; now: number }, { next: number | null }>(
  ({ projectId, now }) => sql`select min(at) as next from (
      select min(not_before) as at from work_orders
        where project_id = ${projectId} and status = 'queued' and not_before > 0
          and not_before > ${now}
      union all
      select min(until) as at from holds where project_id = ${projectId} and until > ${now}
    ) as times`,
)

const lapsed = statement<{ projectId: string; limit: number; now: number }, { id: WorkOrderId }>(
  ({ projectId, limit, now }) => sql`select work_orders.id from work_orders
    left join leases on leases.work_order_id = work_orders.id
    where work_orders.project_id = ${projectId} and work_orders.status = 'claimed'
      and (leases.until is null or leases.until <= ${now})
    order by work_orders.enqueued_at, work_orders.id limit ${limit}`,
)
