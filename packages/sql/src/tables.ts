import type { TableName, Tables } from '@cueline/core'

import type { Column, ColumnKind } from './dialect.ts'

/** A table as data: which field of a row stands in which column, and how. */
export interface TableSpec<Name extends TableName = TableName> {
  readonly table: Name
  readonly name: string
  /** The columns that find a row. */
  readonly key: readonly string[]
  readonly columns: readonly FieldColumn[]
  readonly byField: ReadonlyMap<string, FieldColumn>
}

export interface FieldColumn extends Column {
  readonly field: string
}

type Fields<Name extends TableName> = { readonly [Field in keyof Tables[Name]]: ColumnKind }

export const tables: { readonly [Name in TableName]: TableSpec<Name> } = {
  project: table('project', 'projects', ['id'], {
    id: 'text',
    name: 'text',
    settings: 'json',
    pausedAt: 'int',
    deliveries: 'json',
    createdAt: 'int',
  }),
  task: table('task', 'tasks', ['id'], {
    id: 'text',
    projectId: 'text',
    code: 'text',
    position: 'real',
    title: 'text',
    description: 'text',
    type: 'text',
    status: 'text',
    priority: 'text',
    epic: 'text',
    sprint: 'text',
    parent: 'text',
    estimate: 'json',
    touches: 'json',
    resources: 'json',
    repository: 'text',
    baseBranch: 'text',
    account: 'text',
    capabilities: 'json',
    context: 'json',
    contextReady: 'bool',
    forced: 'bool',
    batchId: 'text',
    stagedAt: 'int',
    stagePriority: 'real',
    openDependencies: 'int',
    reached: 'text',
    layer: 'int',
    tail: 'real',
    exclusiveKeys: 'json',
    touched: 'json',
    workOrderId: 'text',
    attemptCount: 'int',
    summary: 'text',
    failure: 'json',
    revision: 'int',
    createdAt: 'int',
    startedAt: 'int',
    settledAt: 'int',
  }),
  dependency: table('dependency', 'dependencies', ['task_id', 'depends_on'], {
    projectId: 'text',
    taskId: 'text',
    dependsOn: 'text',
    releaseOn: 'text',
    source: 'text',
    confidence: 'real',
    evidence: 'text',
  }),
  batch: table('batch', 'batches', ['id'], {
    id: 'text',
    projectId: 'text',
    name: 'text',
    description: 'text',
    order: 'real',
    maxParallelTasks: 'int',
    autoPromote: 'bool',
    promotedAt: 'int',
    pausedAt: 'int',
    generation: 'int',
    openLayer: 'int',
    stuckSince: 'int',
    stuckReason: 'text',
    stuckCount: 'int',
    createdAt: 'int',
  }),
  workOrder: table('workOrder', 'work_orders', ['id'], {
    id: 'text',
    projectId: 'text',
    taskId: 'text',
    status: 'text',
    fence: 'int',
    attemptId: 'text',
    workerId: 'text',
    chargedAttempts: 'int',
    unchargedAttempts: 'int',
    interruptions: 'int',
    mergeRounds: 'int',
    notBefore: 'int',
    enqueuedAt: 'int',
    settledAt: 'int',
  }),
  attempt: table('attempt', 'attempts', ['id'], {
    id: 'text',
    projectId: 'text',
    taskId: 'text',
    workOrderId: 'text',
    number: 'int',
    workerId: 'text',
    fence: 'int',
    status: 'text',
    startedAt: 'int',
    waitingSince: 'int',
    waitedMs: 'int',
    endedAt: 'int',
    summary: 'text',
    failure: 'json',
    verdicts: 'json',
    merged: 'text',
    mergeTarget: 'text',
    mergeQueuedAt: 'int',
    sessionId: 'text',
  }),
  request: table('request', 'requests', ['id'], {
    id: 'text',
    projectId: 'text',
    taskId: 'text',
    attemptId: 'text',
    kind: 'text',
    text: 'text',
    options: 'json',
    status: 'text',
    answer: 'text',
    answeredBy: 'text',
    askedAt: 'int',
    answeredAt: 'int',
  }),
  hold: table('hold', 'holds', ['project_id', 'account'], {
    projectId: 'text',
    account: 'text',
    until: 'int',
    reason: 'text',
  }),
  worker: table('worker', 'workers', ['id'], {
    id: 'text',
    projectId: 'text',
    name: 'text',
    status: 'text',
    registeredAt: 'int',
  }),
  session: table('session', 'sessions', ['id'], {
    id: 'text',
    projectId: 'text',
    agentSessionId: 'text',
    workerId: 'text',
    taskId: 'text',
    attemptId: 'text',
    status: 'text',
    endReason: 'text',
    startedAt: 'int',
    lastUsedAt: 'int',
    endedAt: 'int',
  }),
  plan: table('plan', 'plans', ['id'], {
    id: 'text',
    projectId: 'text',
    revision: 'int',
    hash: 'text',
    createdAt: 'int',
    plan: 'json',
  }),
  artifact: table('artifact', 'artifacts', ['project_id', 'hash'], {
    projectId: 'text',
    hash: 'text',
    name: 'text',
    taskId: 'text',
    attemptId: 'text',
    size: 'int',
    createdAt: 'int',
    bytes: 'bytes',
  }),
}

function table<Name extends TableName>(
  table: Name,
  name: string,
  key: readonly string[],
  fields: Fields<Name>,
): TableSpec<Name> {
  const columns = Object.entries(fields as Record<string, ColumnKind>).map(([field, kind]) => ({
    field,
    kind,
    name: columnName(field),
  }))
  return {
    table,
    name,
    key,
    columns,
    byField: new Map(columns.map((column) => [column.field, column])),
  }
}

/** `batchId` stands in `batch_id`. */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
