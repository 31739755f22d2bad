import type { SliceKeys } from './slice.ts'

type Named =
  | 'tasks'
  | 'dependenciesOf'
  | 'dependentsOf'
  | 'workOrders'
  | 'attempts'
  | 'requests'
  | 'sessions'
  | 'workers'
type Keys = { -readonly [Name in Named | 'batches' | 'openRequests' | 'holds']?: SliceKeys[Name] }

/**
 * The rows that several commands of one project name, for reading them in one go. Sets that only
 * the database can tell - tasks of batches, all that waits - are left to the command that wants them.
 */
export function allKeys(several: readonly SliceKeys[]): Omit<SliceKeys, 'projectId'> {
  const all: Keys = {}
  for (const keys of several) {
    add(all, 'tasks', keys.tasks)
    add(all, 'dependenciesOf', keys.dependenciesOf)
    add(all, 'dependentsOf', keys.dependentsOf)
    add(all, 'batches', keys.batches === 'all' ? undefined : keys.batches)
    add(all, 'workOrders', keys.workOrders)
    add(all, 'attempts', keys.attempts)
    add(all, 'requests', keys.requests)
    add(all, 'sessions', keys.sessions)
    add(all, 'workers', keys.workers)
    if (keys.openRequests === true) all.openRequests = true
    if (keys.holds === true) all.holds = true
  }
  return all
}

function add<Name extends Named | 'batches'>(
  all: Keys,
  name: Name,
  ids: readonly string[] | undefined,
): void {
  if (ids === undefined || ids.length === 0) return
  const known = all[name] as readonly string[] | undefined
  // Commands on one attempt name the same few.
  if (known !== undefined && ids.length === 1 && known.includes(ids[0] as string)) return
  all[name] = (known === undefined ? ids : [...new Set([...known, ...ids])]) as Keys[Name]
}
