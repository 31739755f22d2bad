import type { ProjectId } from '../id.ts'
import { lackingOf } from '../limit/admission.ts'
import { neededFor } from '../merge/merge-rounds.ts'
import type { Methods } from '../operation/operation.ts'
import type { Operations } from '../operation/registry.ts'
import type { Obstacle } from '../staging/readiness.ts'
import type { Storage } from '../storage/storage.ts'

export interface BlockedTask {
  readonly task: string
  readonly obstacles: readonly Obstacle[]
}

/** More blocked tasks than this say nothing new. */
const mostBlocked = 100

/** What is staged in a project that rests and cannot start, and why; not more than say something new. */
export async function blockedTasks(
  storage: Storage,
  methods: Methods<Operations>,
  projectId: ProjectId,
  capabilities: readonly string[] | undefined,
): Promise<readonly BlockedTask[]> {
  const staged = (await methods.tasks.list({ projectId, status: ['staged'] })).slice(0, mostBlocked)
  const { project, workOrders } = await storage.transaction((transaction) =>
    transaction.load({ projectId, tasks: staged.map(({ id }) => id) }),
  )
  return Promise.all(
    staged.map(async (task) => {
      const { obstacles } = await methods.tasks.why({ projectId, task: task.id })
      const order = task.workOrderId === null ? undefined : workOrders.get(task.workOrderId)
      const needed = project === null ? task : neededFor(task, order, project.settings)
      const lacking = capabilities === undefined ? [] : lackingOf(needed, new Set(capabilities))
      return { task: task.code, obstacles: [...obstacles, ...obstacleOf(lacking)] }
    }),
  )
}

function obstacleOf(lacking: readonly string[]): readonly Obstacle[] {
  if (lacking.length === 0) return []
  const names = lacking.map((name) => `"${name}"`).join(', ')
  const message = `no worker of this run has ${names}; run with capabilities that include it, where there is one`
  return [{ kind: 'no-capability', message }]
}
