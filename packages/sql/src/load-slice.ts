import type { Dependency, Slice, SliceKeys, TableName, Tables, TaskId } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
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

type Loadable = Exclude<TableName, 'plan' | 'artifact' | 'project' | 'hold' | 'dependency'>

/**
 * Loads what the keys name, in a handful of statements however many ids there are: first the edges
 * and named rows, which lead to tasks, then the tasks, then what tasks bring along.
 */
export async function loadSlice(
  database: Database,
  dialect: Dialect,
  keys: SliceKeys,
): Promise<Slice> {
  return new SliceLoader(database, dialect, keys.projectId).load(keys)
}

class SliceLoader {
  readonly #database: Database
  readonly #dialect: Dialect
  readonly #projectId: string
  readonly #taskIds = new Set<string>()
  readonly #rows = {
    batch: new Map<string, Tables['batch']>(),
    workOrder: new Map<string, Tables['workOrder']>(),
    attempt: new Map<string, Tables['attempt']>(),
    request: new Map<string, Tables['request']>(),
    worker: new Map<string, Tables['worker']>(),
    task: new Map<string, Tables['task']>(),
  }
  readonly #dependencies = new Map<TaskId, Dependency[]>()
  readonly #dependents = new Map<TaskId, Dependency[]>()

  constructor(database: Database, dialect: Dialect, projectId: string) {
    this.#database = database
    this.#dialect = dialect
    this.#projectId = projectId
  }

  async load(keys: SliceKeys): Promise<Slice> {
    const project = await this.#select('project', projectById)
    const holds = keys.holds === true || keys.everything === true ? holdsOfProject : null
    const held = holds === null ? [] : await this.#select('hold', holds)
    if (keys.everything === true) await this.#loadEverything()
    else await this.#loadNamed(keys)
    const rows = this.#rows
    return {
      project: project[0] ?? null,
      tasks: rows.task,
      dependencies: this.#dependencies,
      dependents: this.#dependents,
      batches: byKey(rows.batch),
      workOrders: byKey(rows.workOrder),
      attempts: byKey(rows.attempt),
      requests: byKey(rows.request),
      holds: new Map(held.map((hold) => [hold.account, hold])),
      workers: rows.worker,
      // The maps are keyed by the ids of their rows, which are branded.
    } as unknown as Slice
  }

  async #loadNamed(keys: SliceKeys): Promise<void> {
    for (const id of keys.tasks ?? []) this.#taskIds.add(id)
    const batched = [...(keys.tasksOfBatches ?? []), ...(keys.edgesOfBatches ?? [])]
    const ofBatches = await this.#tasksOfBatches(batched)
    const ownersOfEdges = (keys.edgesOfBatches ?? []).length > 0 ? ofBatches : []
    await this.#loadDependencies([...(keys.dependenciesOf ?? []), ...ownersOfEdges])
    await this.#loadDependents(keys.dependentsOf ?? [], dependentsOf)
    await this.#loadDependents([...(keys.allDependentsOf ?? []), ...ownersOfEdges], allDependentsOf)
    if (keys.batches === 'all') this.#keep('batch', await this.#select('batch', ofProject.batch))
    await this.#loadByIds(
      'batch',
      keys.batches === 'all' ? batched : [...batched, ...(keys.batches ?? [])],
    )
    await this.#loadByIds('workOrder', keys.workOrders ?? [])
    await this.#loadByIds('request', keys.requests ?? [])
    const asked = [...this.#rows.request.values()]
    await this.#loadByIds('attempt', [
      ...(keys.attempts ?? []),
      ...asked.map((request) => request.attemptId),
    ])
    const attempts = new Set<string>(keys.attempts)
    for (const row of [...this.#rows.workOrder.values(), ...asked]) this.#taskIds.add(row.taskId)
    for (const row of this.#rows.attempt.values())
      if (attempts.has(row.id)) this.#taskIds.add(row.taskId)
    await this.#loadByIds('worker', keys.workers ?? [])
    await this.#loadTasks()
    if (keys.openRequests === true && this.#rows.task.size > 0) {
      const ids = JSON.stringify([...this.#rows.task.keys()])
      this.#keep('request', await this.#select('request', openRequests, ids))
    }
  }

  /** Tasks bring their batch, their work order and that order's attempt. */
  async #loadTasks(): Promise<void> {
    await this.#loadByIds('task', [...this.#taskIds])
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

  async #loadEverything(): Promise<void> {
    this.#addEdges(this.#dependencies, 'taskId', await this.#select('dependency', edgesOfProject))
    for (const edges of this.#dependencies.values()) {
      this.#addEdges(this.#dependents, 'dependsOn', edges)
    }
    for (const name of loadable) this.#keep(name, await this.#select(name, ofProject[name]))
  }

  async #tasksOfBatches(batchIds: readonly string[]): Promise<readonly string[]> {
    if (batchIds.length === 0) return []
    const found = await taskIdsOfBatches.run(this.#database, this.#dialect, {
      projectId: this.#projectId,
      ids: JSON.stringify(batchIds),
    })
    for (const { id } of found) this.#taskIds.add(id)
    return found.map(({ id }) => id)
  }

  async #loadDependencies(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    for (const id of ids) this.#taskIds.add(id)
    const edges = await this.#select('dependency', dependenciesOf, JSON.stringify(ids))
    for (const edge of edges) this.#taskIds.add(edge.dependsOn)
    this.#addEdges(this.#dependencies, 'taskId', edges)
  }

  async #loadDependents(ids: readonly string[], by: typeof dependentsOf): Promise<void> {
    if (ids.length === 0) return
    for (const id of ids) this.#taskIds.add(id)
    const edges = await this.#select('dependency', by, JSON.stringify(ids))
    for (const edge of edges) this.#taskIds.add(edge.taskId)
    // The same list may come twice, from direct and from all dependents.
    for (const edge of edges) this.#dependents.delete(edge.dependsOn)
    this.#addEdges(this.#dependents, 'dependsOn', edges)
  }

  #addEdges(
    lists: Map<TaskId, Dependency[]>,
    by: 'taskId' | 'dependsOn',
    edges: readonly Dependency[],
  ): void {
    for (const edge of edges) {
      const list = lists.get(edge[by])
      if (list === undefined) lists.set(edge[by], [edge])
      else list.push(edge)
    }
  }

  async #loadByIds<Name extends Loadable>(name: Name, ids: readonly string[]): Promise<void> {
    const known = this.#rows[name]
    const missing = ids.filter((id) => !known.has(id))
    if (missing.length === 0) return
    this.#keep(name, await this.#select(name, byIds[name], JSON.stringify(missing)))
  }

  #keep<Name extends Loadable>(name: Name, rows: readonly Tables[Name][]): void {
    const known = this.#rows[name] as Map<string, Tables[Name]>
    for (const row of rows) known.set(row.id, row)
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

/** Named rows and rows brought along come from several statements; `decide` may walk them. */
function byKey<Row>(rows: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
  return rows.size < 2
    ? rows
    : new Map([...rows].toSorted((left, right) => (left[0] < right[0] ? -1 : 1)))
}

const loadable = ['task', 'batch', 'workOrder', 'attempt', 'request', 'worker'] as const

/** Tasks by position, everything else by id: the same order from every database. */
function orderOf(name: Loadable) {
  return name === 'task' ? sql`tasks.position, tasks.id` : sql.ref(`${tables[name].name}.id`)
}

function selectByIds(name: Loadable) {
  const spec = tables[name]
  return statement<ByIds>(
    ({ projectId, ids }, dialect) => sql`select ${columnsOf(spec)} from ${sql.ref(spec.name)}
      where ${sql.ref(`${spec.name}.id`)} in ${dialect.texts(ids)}
        and ${dialect.filterOnly('project_id')} = ${projectId}
      order by ${orderOf(name)}`,
  )
}

function selectOfProject(name: Loadable) {
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
}

const ofProject = {
  task: selectOfProject('task'),
  batch: selectOfProject('batch'),
  workOrder: selectOfProject('workOrder'),
  attempt: selectOfProject('attempt'),
  request: selectOfProject('request'),
  worker: selectOfProject('worker'),
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

const taskIdsOfBatches = statement<ByIds, { readonly id: string }>(
  ({ projectId, ids }, dialect) => sql`select id from tasks
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
