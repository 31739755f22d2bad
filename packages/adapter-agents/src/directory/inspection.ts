import { mergeFiles, workspaceState, type WorkspaceInspection } from '@cueline/core'

import { workspaceOf, type ControlFolder, type Manifest } from './control-folder.ts'
import { isThere } from './place.ts'
import { workIn } from './salvage.ts'
import { contentsOf } from './scan-tree.ts'

/** What a workspace holds, and how far it is. `merging`: its trial is under way. */
export async function inspectWorkspace(
  control: ControlFolder,
  manifest: Manifest,
  ignore: ReadonlySet<string>,
  merging: boolean,
): Promise<WorkspaceInspection> {
  const { attemptId, fence, files, path } = manifest
  const filled = files !== null && (await isThere(path))
  const work = filled ? await workIn(path, files, ignore) : new Map<string, string>()
  const changed = filled ? mergeFiles(files, work, files).changed : []
  const state = workspaceState({
    landed: (await control.readLanding(attemptId, fence)) !== null,
    merging,
    changed: changed.length,
    commits: 0,
    uncommitted: changed.length > 0,
    // What a crash left half salvaged is salvaged anew when the workspace is removed.
    kept: false,
  })
  return {
    workspace: workspaceOf(manifest),
    state,
    changed,
    ...contentsOf(changed, work),
    commits: 0,
    look: [],
  }
}
