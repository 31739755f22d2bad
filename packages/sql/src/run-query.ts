import type { ProjectId, Queries, QueryName } from '@cueline/core'

import { lastSequence } from './append-events.ts'
import { batchSummaries, knownBatches } from './batch-query.ts'
import { claimable, expired, knownClaimable, load, nextTime, ready } from './claim-queries.ts'
import { queueCounts } from './queue-counts.ts'
import type { Database, Dialect } from './dialect.ts'
import { mergeQueue } from './merge-queue.ts'
import { listQueries } from './list-queries.ts'
import { logBase, prunedThrough } from './prune-events.ts'

type Answers = {
  readonly [Name in QueryName]: (
    database: Database,
    dialect: Dialect,
    input: Queries[Name]['input'],
    now: number,
    cache: RowCache,
  ) => Promise<Queries[Name]['output']>
}
import type { RowCache } from './row-cache.ts'

/** The named reads of `Storage`. */
const answers: Answers = {
  ...listQueries,
  claimable: (database, dialect, input, now, cache) =>
    claimable(database, dialect, input, now, cache.of(input.projectId)),
  expired,
  mergeQueue,
  queues: (database, dialect, { projectId }, now) => queueCounts(database, dialect, projectId, now),
  ready: (database, dialect, { projectId }) => ready(database, dialect, projectId),
  load: (database, dialect, { projectId }, _now, cache) =>
    load(database, dialect, projectId, cache.of(projectId)),
  batches: (database, dialect, { projectId, moving }, _now, cache) =>
    batchSummaries(database, dialect, projectId, cache.of(projectId), moving),
  nextTime: (database, dialect, { projectId }, now) => nextTime(database, dialect, projectId, now),
  lastSequence: (database, dialect, { projectId }) => lastSequence(database, dialect, projectId),
  prunedThrough: (database, dialect, { projectId }) => prunedThrough(database, dialect, projectId),
  logBase: (database, dialect, { projectId }) => logBase(database, dialect, projectId),
}

export function runQuery<Name extends QueryName>(
  database: Database,
  dialect: Dialect,
  name: Name,
  input: Queries[Name]['input'],
  now: number,
  cache: RowCache,
): Promise<Queries[Name]['output']> {
  return answers[name](database, dialect, input, now, cache)
}

/** The answer without a question, where what is known of the project tells it; else undefined. */
export function knownAnswer<Name extends QueryName>(
  name: Name,
  input: Queries[Name]['input'],
  now: number,
  cache: RowCache,
): Queries[Name]['output'] | undefined
export function knownAnswer(
  name: QueryName,
  input: Queries[QueryName]['input'],
  now: number,
  cache: RowCache,
): unknown {
  const { projectId } = input as { readonly projectId: ProjectId }
  switch (name) {
    case 'load':
      return cache.of(projectId).queue.load()
    case 'nextTime':
      return cache.of(projectId).queue.nextTime(now)
    case 'batches':
      return knownBatches(cache.of(projectId), (input as Queries['batches']['input']).moving)
    case 'claimable':
      return knownClaimable(input as Queries['claimable']['input'], now, cache.of(projectId))
    case 'projectOf':
      return cache.projectOfBatch((input as Queries['projectOf']['input']).id)
    default:
      return undefined
  }
}
