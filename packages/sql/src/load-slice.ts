import { compareText } from '@cueline/core'
import type {
  BatchId,
  Dependency,
  Hold,
  Project,
  Slice,
  SliceKeys,
  TableName,
  Tables,
  Task,
  TaskId,
  WorkOrderId,
} from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { idTables, ProjectCache } from './row-cache.ts'
import type { IdTable } from './row-cache.ts'
import { columnsOf, decodeRows } from './rows.ts'
import { statement } from './statement.ts'
import { tables } from './tables.ts'

interface ByIds extends Readonly<Record<string, unknown>> {
  readonly projectId: string
  /** A JSON list. */
  readonly ids: string
}
interface ByProject extends Readonly<Record<string, unknown>> {
  readonly projectId: string
}

/**
 * Loads what the keys name, in a handful of statements however many ids there are: first the edges
 * and named rows, which lead to tasks, then the tasks, then what tasks bring along. What the cache
 * knows is not asked for again; what is read stays there.
 */
export async function loadSlice(
  database: Database,
  dialect: Dialect,
  cache: ProjectCache,
  keys: SliceKeys,
): Promise<Slice> {
  // Everything is rarely wanted, and too much to keep.
  const used = keys.everything === true ? new ProjectCache() : cache
  return new SliceLoader(database, dialect, used, keys.projectId).load(keys)
}

/**
 * Reads into the cache what claiming and settling these will ask first: their rows, edges and open
 * requests. The tasks that wait for them are read when they settle: there may be any number of them.
 */
export async function loadAhead(
  database: Database,
  dialect: Dialect,
  cache: ProjectCache,
  given: {
    readonly projectId: string
    readonly tasks: readonly TaskId[]
    readonly workOrders: readonly WorkOrderId[]
  },
): Promise<void> {
  await new SliceLoader(database, dialect, cache, given.projectId).loadAhead(given)
}

/** The holds of a project by account, read once. No write of a hold may wait when they are. */
export async function knownHolds(
  database: Database,
  dialect: Dialect,
  cache: ProjectCache,
  projectId: string,
): Promise<ReadonlyMap<string, Hold>> {
  if (cache.holds === undefined) {
    const rows = await holdsOfProject.run(database, dialect, { projectId })
    const held = decodeRows(dialect, 'hold', rows)
    cache.holds = new Map(held.map((hold) => [hold.account, hold]))
  }
  return cache.holds
}

/** Whether the keys name sets that only the database can tell. */
export function needsDatabase(keys: SliceKeys, cache: ProjectCache): boolean {
  return needsWrites(keys) || asksForMembers(keys, cache)
}

/** Whether it has to be asked which tasks are in these batches. */
export function asksForMembers({ tasksOfBatches }: SliceKeys, { members }: ProjectCache): boolean {
  return tasksOfBatches?.some((id) => members.of(id) === undefined) === true
}

/**
 * Whether the keys name sets that only the database can tell, with all writes in it. The tasks of a
 * batch are others only after a write that takes some to it or away from it.
 */
export function needsWrites(keys: SliceKeys): boolean {
  return (
    keys.everything === true ||
    keys.batches === 'all' ||
    keys.sessionsOfTasks === true ||
    (keys.allDependentsOf ?? []).length > 0 ||
    (keys.edgesOfBatches ?? []).length > 0
  )
}

class SliceLoader {
  readonly #database: Database
  readonly #dialect: Dialect
  readonly #cache: ProjectCache
  readonly #projectId: string
  readonly #taskIds = new Set<string>()
  /** The rows of the slice, in the order asked for. */
  readonly #rows: { readonly [Name in IdTable]: Map<string, Tables[Name]> } = {
    batch: new Map(),
    workOrder: new Map(),
    attempt: new Map(),
    request: new Map(),
    worker: new Map(),
    session: new Map(),
    task: new Map(),
  }
  readonly #dependencies = new Map<TaskId, readonly Dependency[]>()
  readonly #dependents = new Map<TaskId, readonly Dependency[]>()

  constructor(database: Database, dialect: Dialect, cache: ProjectCache, projectId: string) {
    this.#database = database
    this.#dialect = dialect
    this.#cache = cache
    this.#projectId = projectId
  }

  async load(keys: SliceKeys): Promise<Slice> {
    const cache = this.#cache
    const project = await this.#knownProject()
    const wantsHolds = keys.holds === true || keys.everything === true
    if (wantsHolds) await knownHolds(this.#database, this.#dialect, cache, this.#projectId)
    if (keys.everything === true) await this.#loadEverything()
    else await this.#loadNamed(keys)
    const rows = this.#rows
    return {
      project,
      tasks: byPosition(rows.task),
      dependencies: this.#dependencies,
      dependents: this.#dependents,
      batches: byKey(rows.batch),
      workOrders: byKey(rows.workOrder),
      attempts: byKey(rows.attempt),
      requests: byKey(rows.request),
      holds: wantsHolds ? byKey(new Map(cache.holds)) : new Map(),
      workers: byKey(rows.worker),
      sessions: byKey(rows.session),
      // The maps are keyed by the ids of their rows, which are branded.
    } as unknown as Slice
  }

  async #knownProject(): Promise<Project | null> {
    const cache = this.#cache
    if (cache.project !== undefined) return cache.project
    const [project = null] = await this.#select('project', projectById)
    cache.project = project
    return project
  }

  async loadAhead(given: {
    readonly tasks: readonly TaskId[]
    readonly workOrders: readonly WorkOrderId[]
  }): Promise<void> {
    const known = this.#cache.dependents
    await Promise.all([
      this.#knownProject(),
      this.#loadByIds('task', given.tasks),
      this.#loadByIds('workOrder', given.workOrders),
      this.#loadEdges(given.tasks, known, dependentsOf, 'dependsOn'),
      this.#askOpenRequests(given.tasks),
    ])
    const batches = [...this.#rows.task.values()].flatMap(({ batchId }) => batchId ?? [])
    await this.#loadByIds('batch', batches)
  }

  async #loadNamed(keys: SliceKeys): Promise<void> {
    for (const id of keys.tasks ?? []) this.#taskIds.add(id)
    const batched = [...(keys.tasksOfBatches ?? []), ...(keys.edgesOfBatches ?? [])]
    const ofBatches = await this.#tasksOfBatches(batched)
    const ownersOfEdges = (keys.edgesOfBatches ?? []).length > 0 ? ofBatches : []
    await Promise.all([
      this.#loadDependencies([...(keys.dependenciesOf ?? []), ...ownersOfEdges]),
      this.#loadDependents(keys.dependentsOf ?? []),
      // Of the tasks that are named; those that come along are asked for when they are known.
      keys.openRequests === true ? this.#askOpenRequests(keys.tasks ?? []) : undefined,
    ])
    await this.#followDependents([...(keys.allDependentsOf ?? []), ...ownersOfEdges])
    if (keys.batches === 'all') this.#take('batch', await this.#select('batch', ofProject.batch))
    await this.#loadByIds(
      'batch',
      keys.batches === 'all' ? batched : [...batched, ...(keys.batches ?? [])],
    )
    await this.#loadByIds('workOrder', keys.workOrders ?? [])
    await this.#loadByIds('request', keys.requests ?? [])
    await this.#loadByIds('session', keys.sessions ?? [])
    const asked = [...this.#rows.request.values()]
    const sessions = [...this.#rows.session.values()]
    await this.#loadByIds('attempt', [
      ...(keys.attempts ?? []),
      ...[...asked, ...sessions].map((row) => row.attemptId),
    ])
    for (const row of [...this.#rows.workOrder.values(), ...asked, ...sessions]) {
      this.#taskIds.add(row.taskId)
    }
    for (const id of keys.attempts ?? []) {
      const attempt = this.#rows.attempt.get(id)
      if (attempt !== undefined) this.#taskIds.add(attempt.taskId)
    }
    await this.#loadByIds('worker', keys.workers ?? [])
    await this.#loadTasks()
    if (keys.openRequests === true) await this.#loadOpenRequests()
    if (keys.sessionsOfTasks === true && this.#rows.task.size > 0) {
      const ids = JSON.stringify([...this.#rows.task.keys()])
      this.#take('session', await this.#select('session', sessionsOfTasks, ids))
    }
  }

  /** Tasks bring their batch, their work order and that order's attempt. */
  async #loadTasks(): Promise<void> {
    await this.#loadByIds('task', this.#taskIds)
    const batches: string[] = []
    const orders: string[] = []
    for (const task of this.#rows.task.values()) {
      if (task.batchId !== null) batches.push(task.batchId)
      if (task.workOrderId !== null) orders.push(task.workOrderId)
    }
    await this.#loadByIds('batch', batches)
    await this.#loadByIds('workOrder', orders)
    const attempts: string[] = []
    for (const id of orders) {
      const attemptId = this.#rows.workOrder.get(id)?.attemptId
      if (attemptId !== undefined && attemptId !== null) attempts.push(attemptId)
    }
    await this.#loadByIds('attempt', attempts)
  }

  async #askOpenRequests(ids: readonly TaskId[]): Promise<void> {
    const { asked } = this.#cache
    const missing = ids.filter((id) => !asked.has(id))
    if (missing.length === 0) return
    this.#keep('request', await this.#select('request', openRequests, JSON.stringify(missing)))
    for (const id of missing) asked.add(id)
  }

  async #loadOpenRequests(): Promise<void> {
    const ids = [...this.#rows.task.keys()] as TaskId[]
    await this.#askOpenRequests(ids)
    for (const id of ids) {
      for (const request of this.#cache.openRequestsOf(id)) {
        this.#rows.request.set(request.id, request)
      }
    }
  }

  async #loadEverything(): Promise<void> {
    const edges = await this.#select('dependency', edgesOfProject)
    for (const [id, list] of listed(edges, 'taskId')) this.#dependencies.set(id, list)
    for (const [id, list] of listed(edges, 'dependsOn')) this.#dependents.set(id, list)
    for (const name of idTables) this.#take(name, await this.#select(name, ofProject[name]))
  }

  async #tasksOfBatches(batchIds: readonly BatchId[]): Promise<readonly TaskId[]> {
    const { members } = this.#cache
    const missing = new Set(batchIds.filter((id) => members.of(id) === undefined))
    if (missing.size > 0) {
      const found = await taskIdsOfBatches.run(this.#database, this.#dialect, {
        projectId: this.#projectId,
        ids: JSON.stringify([...missing]),
      })
      const byBatch = Map.groupBy(found, (task) => task.batch_id)
      for (const id of missing) {
        const tasks = byBatch.get(id) ?? []
        members.learn(
          id,
          tasks.map((task) => task.id),
        )
      }
    }
    const ids = batchIds.flatMap((id) => [...(members.of(id) ?? [])])
    for (const id of ids) this.#taskIds.add(id)
    return ids
  }

  async #loadDependencies(ids: readonly string[]): Promise<void> {
    const known = this.#cache.dependencies
    await this.#loadEdges(ids as readonly TaskId[], known, dependenciesOf, 'taskId')
    for (const id of ids as readonly TaskId[]) {
      this.#taskIds.add(id)
      const edges = known.get(id) ?? []
      for (const edge of edges) this.#taskIds.add(edge.dependsOn)
      if (edges.length > 0) this.#dependencies.set(id, edges)
    }
  }

  async #loadDependents(ids: readonly string[]): Promise<void> {
    const known = this.#cache.dependents
    await this.#loadEdges(ids as readonly TaskId[], known, dependentsOf, 'dependsOn')
    for (const id of ids as readonly TaskId[]) {
      this.#taskIds.add(id)
      const edges = known.get(id) ?? []
      for (const edge of edges) this.#taskIds.add(edge.taskId)
      if (edges.length > 0) this.#dependents.set(id, edges)
    }
  }

  async #loadEdges(
    ids: readonly TaskId[],
    known: Map<TaskId, readonly Dependency[]>,
    by: typeof dependentsOf,
    end: 'taskId' | 'dependsOn',
  ): Promise<void> {
    const missing = ids.filter((id) => !known.has(id))
    if (missing.length === 0) return
    const edges = listed(await this.#select('dependency', by, JSON.stringify(missing)), end)
    for (const id of missing) known.set(id, edges.get(id) ?? [])
  }

  /** Followed to the end by the database: one statement, however long the chains are. */
  async #followDependents(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    for (const id of ids) this.#taskIds.add(id)
    const edges = await this.#select('dependency', allDependentsOf, JSON.stringify(ids))
    for (const edge of edges) this.#taskIds.add(edge.taskId)
    for (const [id, list] of listed(edges, 'dependsOn')) this.#dependents.set(id, list)
  }

  async #loadByIds<Name extends IdTable>(name: Name, ids: Iterable<string>): Promise<void> {
    const known = this.#cache.rows[name] as Map<string, Tables[Name] | null>
    const rows = this.#rows[name] as Map<string, Tables[Name]>
    const missing: string[] = []
    for (const id of ids) {
      const row = known.get(id)
      if (row === undefined) missing.push(id)
      else if (row !== null && missing.length === 0) rows.set(id, row)
    }
    if (missing.length === 0) return
    this.#keep(name, await this.#select(name, byIds[name], JSON.stringify(missing)))
    for (const id of missing) if (!known.has(id)) known.set(id, null)
    // From the first that was missing on, in the order asked for.
    for (const id of ids) {
      const row = known.get(id)
      if (row !== undefined && row !== null) rows.set(id, row)
    }
  }

  /** What the cache has is newer than what is read: writes may wait. */
  #keep<Name extends IdTable>(name: Name, rows: readonly Tables[Name][]): void {
    for (const row of rows) this.#cache.learn(name, row)
  }

  #take<Name extends IdTable>(name: Name, rows: readonly Tables[Name][]): void {
    this.#keep(name, rows)
    const taken = this.#rows[name] as Map<string, Tables[Name]>
    for (const row of rows) taken.set(row.id, row)
  }

  async #select<Name extends TableName>(
    name: Name,
    by: { run: typeof dependentsOf.run } | { run: typeof projectById.run },
    ids = '[]',
  ): Promise<Tables[Name][]> {
    const given = { projectId: this.#projectId, ids }
    return decodeRows(this.#dialect, name, await by.run(this.#database, this.#dialect, given))
  }
}

function listed(
  edges: readonly Dependency[],
  by: 'taskId' | 'dependsOn',
): ReadonlyMap<TaskId, readonly Dependency[]> {
  const lists = new Map<TaskId, Dependency[]>()
  for (const edge of edges) {
    const list = lists.get(edge[by])
    if (list === undefined) lists.set(edge[by], [edge])
    else list.push(edge)
  }
  return lists
}

/** Named rows and rows brought along come from several statements; `decide` may walk them. */
export function byKey<Row>(rows: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
  if (rows.size < 2) return rows
  return isInOrder(rows.keys(), (id, next) => compareText(id, next) < 0)
    ? rows
    : new Map([...rows].toSorted((left, right) => compareText(left[0], right[0])))
}

/** Mostly they are: rows are read in order, and ids grow with time. */
function isInOrder<Entry>(
  entries: Iterable<Entry>,
  inOrder: (entry: Entry, next: Entry) => boolean,
): boolean {
  let last: Entry | undefined
  for (const entry of entries) {
    if (last !== undefined && !inOrder(last, entry)) return false
    last = entry
  }
  return true
}

/** Tasks in the order of their project. */
export function byPosition(rows: ReadonlyMap<string, Tables['task']>) {
  if (rows.size < 2) return rows
  const order = (left: Task, right: Task) =>
    left.position - right.position || compareText(left.id, right.id)
  if (isInOrder(rows.values(), (task, next) => order(task, next) < 0)) return rows
  const tasks = [...rows.values()].toSorted(order)
  return new Map(tasks.map((task) => [task.id, task]))
}

/** Tasks by position, everything else by id: the same order from every database. */
function orderOf(name: IdTable) {
  return name === 'task' ? sql`tasks.position, tasks.id` : sql.ref(`${tables[name].name}.id`)
}

function selectByIds(name: IdTable) {
  const spec = tables[name]
  return statement<ByIds>(
    ({ projectId, ids }, dialect) => sql`select ${columnsOf(spec)} from ${sql.ref(spec.name)}
      where ${sql.ref(`${spec.name}.id`)} in ${dialect.texts(ids)}
        and ${dialect.filterOnly('project_id')} = ${projectId}
      order by ${orderOf(name)}`,
  )
}

function selectOfProject(name: IdTable) {
  const spec = tables[name]
  return statement<ByProject>(
    ({ projectId }) => sql`select ${columnsOf(spec)} from ${sql.ref(spec.name)}
      where project_id = ${projectId} order by ${orderOf(name)}`,
  )
}

const byIds = {
  task: selectByIds('task'),
  batch: selectByIds('batch'),
  workOrder: selectByIds('workOrder'),
  attempt: selectByIds('attempt'),
  request: selectByIds('request'),
  worker: selectByIds('worker'),
  session: selectByIds('session'),
}

const ofProject = {
  task: selectOfProject('task'),
  batch: selectOfProject('batch'),
  workOrder: selectOfProject('workOrder'),
  attempt: selectOfProject('attempt'),
  request: selectOfProject('request'),
  worker: selectOfProject('worker'),
  session: selectOfProject('session'),
}

const projectById = statement<ByProject>(
  ({ projectId }) => sql`select ${columnsOf(tables.project)} from projects where id = ${projectId}`,
)

const holdsOfProject = statement<ByProject>(
  ({ projectId }) => sql`select ${columnsOf(tables.hold)} from holds
    where project_id = ${projectId} order by account`,
)

const openRequests = statement<ByIds>(
  ({ projectId, ids }, dialect) => sql`select ${columnsOf(tables.request)} from requests
    where task_id in ${dialect.texts(ids)} and status = 'open'
      and ${dialect.filterOnly('project_id')} = ${projectId}
    order by id`,
)

const sessionsOfTasks = statement<ByIds>(
  ({ projectId, ids }, dialect) => sql`select ${columnsOf(tables.session)} from sessions
    where task_id in ${dialect.texts(ids)} and ${dialect.filterOnly('project_id')} = ${projectId}
    order by id`,
)

const taskIdsOfBatches = statement<ByIds, { readonly id: TaskId; readonly batch_id: BatchId }>(
  ({ projectId, ids }, dialect) => sql`select id, batch_id from tasks
    where project_id = ${projectId} and batch_id in ${dialect.texts(ids)} order by position, id`,
)

const edgesOfProject = statement<ByProject>(
  ({ projectId }) => sql`select ${columnsOf(tables.dependency)} from dependencies
    where project_id = ${projectId} order by id`,
)

const dependenciesOf = statement<ByIds>(
  ({ projectId, ids }, dialect) => sql`select ${columnsOf(tables.dependency)} from dependencies
    where task_id in ${dialect.texts(ids)} and project_id = ${projectId} order by id`,
)

const dependentsOf = statement<ByIds>(
  ({ projectId, ids }, dialect) => sql`select ${columnsOf(tables.dependency)} from dependencies
    where depends_on in ${dialect.texts(ids)} and project_id = ${projectId} order by id`,
)

const allDependentsOf = statement<ByIds>(
  ({ projectId, ids }, dialect) => sql`
    with recursive found (id) as (
      select id from tasks where id in ${dialect.texts(ids)}
        and ${dialect.filterOnly('project_id')} = ${projectId}
      union
      select dependencies.task_id from dependencies
        join found on dependencies.depends_on = found.id
    )
    select ${columnsOf(tables.dependency)} from found
      ${dialect.thenJoin} dependencies on dependencies.depends_on = found.id
      where ${dialect.filterOnly('project_id')} = ${projectId} order by dependencies.id`,
)
