import { CuelineError } from '../error.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { EngineContext } from './context.ts'

/** Removes a workspace that nobody works in any more; what goes wrong is reported. Never rejects. */
export async function removeWorkspace(
  { workspace, onError }: EngineContext,
  { attemptId }: Pick<Workspace, 'attemptId'>,
): Promise<void> {
  const doing = `removing the workspace of attempt ${attemptId}`
  try {
    const removed = await workspace?.remove({ attemptId })
    for (const problem of removed?.problems ?? []) {
      onError(new CuelineError('refused', problem, { details: { attemptId } }), doing)
    }
  } catch (error) {
    onError(error, doing)
  }
}
