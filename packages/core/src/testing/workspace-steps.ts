import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '../id.ts'
import type { Landed, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import { within } from './contract.ts'
import type { WorkspaceSubject } from './workspace-suite.ts'

export const patienceMs = 15_000
export const never = new AbortController().signal
export const confirmed = async () => {}

let serial = 0

/** A request nobody has made before; codes are as hostile as trackers allow. */
export function request(code = 'task', fence = 1) {
  serial += 1
  return {
    projectId: 'project_suite' as ProjectId,
    taskId: `task_${serial}` as TaskId,
    workOrderId: `order_${serial}` as WorkOrderId,
    code,
    title: `${code} in words`,
    attemptId: `attempt_suite-${serial}` as AttemptId,
    fence,
  }
}

export async function started(
  { provider, write }: WorkspaceSubject,
  files: Readonly<Record<string, string | null>> = {},
): Promise<Workspace> {
  const workspace = await provider.prepare(request(), never)
  for (const [path, content] of Object.entries(files)) await write(workspace, path, content)
  return workspace
}

export async function tried(provider: WorkspaceProvider, workspace: Workspace) {
  const trial = await within(patienceMs, provider.tryMerge(workspace, never), 'tryMerge')
  if (!trial.ok) throw new Error(`Unexpected conflicts: ${trial.conflicts.join(', ')}`)
  return trial
}

/** Each with a file of its own. */
export async function startedApart(subject: WorkspaceSubject, count: number): Promise<Workspace[]> {
  const works: Workspace[] = []
  for (let at = 0; at < count; at += 1) works.push(await started(subject, { [`${at}.txt`]: '1' }))
  return works
}

/** Upon the work of these, as it is now. */
export async function startedUpon(
  { provider, write }: WorkspaceSubject,
  works: readonly Workspace[],
  files: Readonly<Record<string, string>> = {},
): Promise<Workspace> {
  const upon = works.map(({ attemptId, fence }) => {
    return { attemptId, fence, code: 'parent of the suite' }
  })
  const workspace = await provider.prepare({ ...request(), upon }, never)
  for (const [path, content] of Object.entries(files)) await write(workspace, path, content)
  return workspace
}

export async function triedGroup(provider: WorkspaceProvider, workspaces: readonly Workspace[]) {
  if (provider.tryMergeGroup === undefined) throw new Error('It merges no groups.')
  const trying = provider.tryMergeGroup(workspaces, never)
  const trial = await within(patienceMs, trying, 'tryMergeGroup')
  if (!trial.ok) throw new Error(`Unexpected conflicts: ${trial.conflicts.join(', ')}`)
  return trial
}

export async function landedWith(
  subject: WorkspaceSubject,
  files: Readonly<Record<string, string | null>>,
): Promise<{ readonly workspace: Workspace; readonly landed: Landed }> {
  const workspace = await started(subject, files)
  const trial = await tried(subject.provider, workspace)
  return { workspace, landed: await subject.provider.land(trial, confirmed) }
}
