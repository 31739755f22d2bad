import type { SliceKeys } from './slice.ts'

/**
 * The rows that several commands of one project name, for reading them in one go. Sets that only
 * the database can tell - tasks of batches, all that waits - are left to the command that wants them.
 */
export function allKeys(several: readonly SliceKeys[]): Omit<SliceKeys, 'projectId'> {
  return {
    tasks: several.flatMap(({ tasks = [] }) => tasks),
    dependenciesOf: several.flatMap(({ dependenciesOf = [] }) => dependenciesOf),
    dependentsOf: several.flatMap(({ dependentsOf = [] }) => dependentsOf),
    batches: several.flatMap(({ batches = [] }) => (batches === 'all' ? [] : batches)),
    workOrders: several.flatMap(({ workOrders = [] }) => workOrders),
    attempts: several.flatMap(({ attempts = [] }) => attempts),
    requests: several.flatMap(({ requests = [] }) => requests),
    sessions: several.flatMap(({ sessions = [] }) => sessions),
    workers: several.flatMap(({ workers = [] }) => workers),
    openRequests: several.some(({ openRequests }) => openRequests === true),
    holds: several.some(({ holds }) => holds === true),
  }
}
