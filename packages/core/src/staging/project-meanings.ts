import type { EventType } from '../event/event.ts'
import type { Meaning } from './meaning.ts'
import type { ProjectId } from '../id.ts'
import { worker } from './row-changes.ts'
import type { Change } from './slice.ts'
import type { Project } from './state.ts'

type ProjectEvent = Extract<
  EventType,
  | `project.${string}`
  | `delivery.${string}`
  | `account.${string}`
  | `worker.${string}`
  | `workspace.${string}`
  | 'log.pruned'
>

/** What events of projects, accounts and workers mean for the rows. */
export const projectMeanings: { readonly [Type in ProjectEvent]: Meaning<Type> } = {
  'project.created': (_, event) => [
    { table: 'project', kind: 'insert', row: { ...event.project, deliveries: [] } },
  ],
  'project.updated': (slice, { projectId, name, settings }) => [
    project(projectId, {
      ...(name !== undefined && { name }),
      ...(settings !== undefined &&
        slice.project !== null && { settings: { ...slice.project.settings, ...settings } }),
    }),
  ],
  'project.paused': (_, { projectId, at }) => [project(projectId, { pausedAt: at })],
  'project.resumed': (_, { projectId }) => [project(projectId, { pausedAt: null })],
  'delivery.opened': (slice, { projectId, delivery, at }) => {
    const before = slice.project?.deliveries ?? []
    const opened = { ...delivery, openedAt: at, changedAt: at }
    return [project(projectId, { deliveries: [...before, opened].slice(-mostDeliveries) })]
  },
  'delivery.changed': (slice, { projectId, number, set, at }) => [
    project(projectId, {
      deliveries: (slice.project?.deliveries ?? []).map((delivery) =>
        delivery.number === number ? { ...delivery, ...set, changedAt: at } : delivery,
      ),
    }),
  ],
  'log.pruned': () => [],
  'workspace.created': () => [],
  'workspace.removed': () => [],
  'workspace.restored': () => [],
  'workspace.pruned': () => [],
  'account.held': (_, { projectId, account, until, reason }) => [
    { table: 'hold', kind: 'delete', key: { projectId, account } },
    { table: 'hold', kind: 'insert', row: { projectId, account, until, reason } },
  ],
  'account.released': (_, { projectId, account }) => [
    { table: 'hold', kind: 'delete', key: { projectId, account } },
  ],
  'worker.registered': (_, { projectId, workerId, name, at }) => [
    {
      table: 'worker',
      kind: 'insert',
      row: { id: workerId, projectId, name, status: 'idle', registeredAt: at },
    },
  ],
  'worker.changed': (_, { workerId, status }) => [worker(workerId, status)],
}

/** The log keeps the others. */
const mostDeliveries = 50

function project(key: ProjectId, set: Partial<Project>): Change {
  return { table: 'project', kind: 'update', key, set }
}
