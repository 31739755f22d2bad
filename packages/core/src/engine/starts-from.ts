import { CuelineError } from '../error.ts'
import type { Attempt, Dependency, Task } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import type { BaseWork, WorkspaceProvider, WorkspaceRequest } from '../workspace/workspace.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'

/**
 * What the workspace of a task has to start from, of the work that it has waited for: what has landed, where
 * that is the place that its workspace starts from (`after`), and where the provider can, what has not landed
 * yet (`upon`). Tasks that a person has completed have landed nothing that is known.
 *
 * @throws CuelineError `refused`, with the time to ask again, while work that it has waited for is being done
 *   again; for good where that task has failed or was cancelled.
 */
export async function startsFrom(
  { storage }: Pick<EngineContext, 'storage'>,
  claim: Pick<Claim, 'projectId' | 'taskId' | 'number'>,
  provider: WorkspaceProvider,
): Promise<Pick<WorkspaceRequest, 'after' | 'upon'>> {
  if (!provider.merges) return { after: [] }
  const found = await storage.transaction((transaction) => waitedFor(transaction, claim))
  const landings = found.flatMap(({ attempts }) => attempts.findLast(isLanded) ?? [])
  const open = provider.stacks === true ? found.filter((each) => !hasEnded(each)) : []
  const upon = open.map((each) => baseWork(each, claim))
  const target = landings.length === 0 ? '' : await provider.mergeTarget()
  return {
    after: landings.flatMap(({ merged, mergeTarget }) =>
      merged !== null && mergeTarget === target ? [merged] : [],
    ),
    ...(upon.length > 0 && { upon }),
  }
}

interface Waited {
  readonly edge: Dependency
  readonly task: Task
  readonly attempts: readonly Attempt[]
}

async function waitedFor(
  transaction: StorageTransaction,
  { projectId, taskId }: Pick<Claim, 'projectId' | 'taskId'>,
): Promise<readonly Waited[]> {
  const keys = { projectId, tasks: [taskId], dependenciesOf: [taskId] }
  const edges = (await transaction.load(keys)).dependencies.get(taskId) ?? []
  if (edges.length === 0) return []
  const ids = edges.map(({ dependsOn }) => dependsOn)
  const { tasks } = await transaction.load({ projectId, tasks: ids })
  const found: Waited[] = []
  for (const edge of edges) {
    const task = tasks.get(edge.dependsOn)
    if (task === undefined) continue
    const given = { projectId, taskId: task.id }
    found.push({ edge, task, attempts: await transaction.query('attempts', given) })
  }
  return found
}

function isLanded({ status }: Attempt): boolean {
  return status === 'succeeded'
}

function hasEnded({ edge, task, attempts }: Waited): boolean {
  return edge.releaseOn === 'merged' || task.status === 'done' || attempts.some(isLanded)
}

/** Its last attempt, as far as its work is still on its way. */
function baseWork({ task, attempts }: Waited, { number }: Pick<Claim, 'number'>): BaseWork {
  const last = attempts.at(-1)
  if (last?.status === 'verifying' || last?.status === 'merging') {
    return { attemptId: last.id, fence: last.fence, code: task.code }
  }
  const given = `Task "${task.code}", which this one has waited for,`
  if (task.status === 'failed' || task.status === 'cancelled') {
    const next = 'Retry it first, or take the dependency out.'
    throw new CuelineError('refused', `${given} is ${task.status}, and nothing has landed. ${next}`)
  }
  throw notYet(`${given} is being worked on again.`, number)
}

/** What an attempt would start from is not there yet; it is not charged, and asks less and less often. */
export function notYet(message: string, number: number): CuelineError {
  const retryAfterMs = Math.min(longestMs, shortestMs * 2 ** Math.min(number - 1, 10))
  return new CuelineError('refused', message, { retryable: true, details: { retryAfterMs } })
}

const [shortestMs, longestMs] = [2_000, 60_000]
