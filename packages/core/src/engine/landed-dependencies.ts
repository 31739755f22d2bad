import type { WorkspaceProvider } from '../workspace/workspace.ts'
import type { ClaimIds } from './claim.ts'
import type { EngineContext } from './context.ts'

/**
 * What the tasks that this one has waited for (`releaseOn: merged`) have landed as, where that is the
 * place that its workspace starts from. Tasks that a person has completed have landed nothing that
 * is known.
 */
export async function landedDependencies(
  { storage }: Pick<EngineContext, 'storage'>,
  { projectId, taskId }: Pick<ClaimIds, 'projectId' | 'taskId'>,
  provider: WorkspaceProvider,
): Promise<readonly string[]> {
  if (!provider.merges) return []
  const landings = await storage.transaction(async (transaction) => {
    const keys = { projectId, tasks: [taskId], dependenciesOf: [taskId] }
    const { dependencies } = await transaction.load(keys)
    const waited = (dependencies.get(taskId) ?? []).filter(
      ({ releaseOn }) => releaseOn === 'merged',
    )
    const found = []
    for (const { dependsOn } of waited) {
      const given = { projectId, taskId: dependsOn, status: ['succeeded'] } as const
      const [last] = (await transaction.query('attempts', given)).toReversed()
      if (last !== undefined) found.push(last)
    }
    return found
  })
  if (landings.length === 0) return []
  const target = await provider.mergeTarget()
  return landings.flatMap(({ merged, mergeTarget }) =>
    merged !== null && mergeTarget === target ? [merged] : [],
  )
}
