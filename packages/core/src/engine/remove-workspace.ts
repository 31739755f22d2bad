import { CuelineError } from '../error.ts'
import type { AttemptId, ProjectId, TaskId } from '../id.ts'
import type { EngineContext } from './context.ts'

/** Whose workspace it is. */
export interface WorkspaceOwner {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly attemptId: AttemptId
}

/**
 * Removes a workspace that nobody works in any more, and says so in the log; what goes wrong is reported.
 * Never rejects.
 */
export async function removeWorkspace(
  { workspace, ledger, onError }: EngineContext,
  { projectId, taskId, attemptId }: WorkspaceOwner,
): Promise<void> {
  const doing = `removing the workspace of attempt ${attemptId}`
  try {
    const removed = await workspace?.remove({ attemptId })
    for (const problem of removed?.problems ?? []) {
      onError(new CuelineError('refused', problem, { details: { attemptId } }), doing)
    }
    // Another process was first, and has said so.
    if (removed === undefined || removed.gone === true) return
    const happened = { what: 'removed', salvaged: removed.salvaged } as const
    await ledger.execute({ type: 'workspace.record', projectId, attemptId, taskId, happened })
  } catch (error) {
    onError(error, doing)
  }
}
