import { CuelineError } from '../error.ts'
import type { AttemptId, ProjectId, TaskId } from '../id.ts'
import type { WorkspaceState } from '../staging/state.ts'
import type { KeptWork, WorkspaceInspection, WorkspaceProvider } from '../workspace/workspace.ts'
import type { OperationContext } from './operation.ts'
import { requireProject } from './resolve.ts'

/** A workspace, or what is kept of one that is gone, beside the attempt it is of. */
export interface WorkspaceView {
  readonly attemptId: AttemptId
  readonly state: WorkspaceState
  /** Null where this database does not know the attempt: another one may. */
  readonly taskId: TaskId | null
  /** Code of the task, number and status of the attempt; null likewise. */
  readonly task: string | null
  readonly attempt: number | null
  readonly status: string | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** An attempt works in it, by a lease that holds. */
  readonly inUse: boolean
  /** Paths that hold what has not landed. */
  readonly changed: readonly string[]
  readonly commits: number
  readonly branch: string | null
  readonly path: string | null
  readonly base: string | null
  /** What is kept of it, where `remove` keeps work. */
  readonly kept: readonly KeptWork[]
  /** Commands that show a person what is in it. */
  readonly look: readonly string[]
  /** Other work that this one contradicts as both stand now; null where nobody looked. */
  readonly overlaps:
    | readonly {
        /** Null: what has landed. */
        readonly attemptId: AttemptId | null
        readonly task: string | null
        readonly paths: readonly string[]
        readonly message: string
      }[]
    | null
}

/** Throws `unsupported` where the host gave no workspaces. */
export function providerOf({ workspace }: OperationContext): WorkspaceProvider {
  if (workspace !== null) return workspace
  throw new CuelineError(
    'unsupported',
    'There are no workspaces here: give createCueline a `workspace`, such as gitWorkspaces({ repository }).',
  )
}

/** One of them. Throws `not-found` where no workspace stands and nothing is kept of one. */
export async function viewOf(
  context: OperationContext,
  project: ProjectId,
  id: AttemptId,
): Promise<WorkspaceView> {
  const provider = providerOf(context)
  const [view] = await viewsOf(context, provider, project, [id], await provider.kept())
  if (view !== undefined && (view.state !== 'removed' || view.kept.length > 0)) return view
  throw new CuelineError(
    'not-found',
    `Attempt "${id}" has no workspace, and nothing is kept of one. List the workspaces to find its id.`,
    { details: { attemptId: id } },
  )
}

/** Workspaces looked at in one go, so that a hundred of them do not start hundreds of processes. */
const portion = 4

/** These, oldest first; the project must be there. */
export async function viewsOf(
  { storage }: OperationContext,
  provider: WorkspaceProvider,
  project: ProjectId,
  ids: readonly AttemptId[],
  allKept: readonly KeptWork[],
): Promise<readonly WorkspaceView[]> {
  const { attempts, tasks, held } = await storage.transaction(async (transaction) => {
    await requireProject(transaction, project)
    const loaded = await transaction.load({ projectId: project, attempts: ids })
    const all = [...loaded.attempts.values()]
    const taskIds = [...new Set(all.map(({ taskId }) => taskId))]
    const open = all.filter(({ endedAt }) => endedAt === null)
    const claims = open.map(({ workOrderId, fence }) => ({
      projectId: project,
      workOrderId,
      fence,
    }))
    return {
      attempts: loaded.attempts,
      tasks: (await transaction.load({ projectId: project, tasks: taskIds })).tasks,
      held: await transaction.held(claims),
    }
  })
  const views: WorkspaceView[] = []
  for (let at = 0; at < ids.length; at += portion) {
    const some = ids.slice(at, at + portion)
    const found = await Promise.all(some.map((id) => provider.inspect({ attemptId: id })))
    some.forEach((id, index) => {
      const attempt = attempts.get(id)
      const inspection = found[index] ?? null
      const inUse =
        attempt !== undefined && attempt.endedAt === null && held.has(attempt.workOrderId)
      views.push({
        attemptId: id,
        ...contentOf(inspection, inUse && attempt?.status === 'merging'),
        taskId: attempt?.taskId ?? null,
        task: attempt === undefined ? null : (tasks.get(attempt.taskId)?.code ?? null),
        attempt: attempt?.number ?? null,
        status: attempt?.status ?? null,
        startedAt: attempt?.startedAt ?? null,
        endedAt: attempt?.endedAt ?? null,
        inUse: inUse && inspection !== null,
        kept: allKept.filter(({ attemptId: of }) => of === id),
        overlaps: null,
      })
    })
  }
  return views.toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0))
}

/** Pairs that are compared for one list. */
const mostPairs = 50
const never = new AbortController().signal

/** With what contradicts them as they stand, where the provider can tell. */
export async function withOverlaps(
  provider: WorkspaceProvider,
  views: readonly WorkspaceView[],
): Promise<readonly WorkspaceView[]> {
  if (provider.radar === undefined) return views
  const found = await provider.radar({ pairs: mostPairs, signal: never })
  const codes = new Map(views.map(({ attemptId: id, task }) => [id, task]))
  return views.map((view) => ({
    ...view,
    overlaps: found
      .filter(({ attempts }) => attempts.some((id) => id === view.attemptId))
      .map(({ attempts: [first, second], paths, message }) => {
        const other = (first === view.attemptId ? second : first) ?? null
        const task = other === null ? null : (codes.get(other) ?? null)
        return { attemptId: other, task, paths, message }
      }),
  }))
}

function contentOf(inspection: WorkspaceInspection | null, merging: boolean) {
  if (inspection === null) {
    return {
      state: 'removed' as const,
      changed: [],
      commits: 0,
      branch: null,
      path: null,
      base: null,
      look: [],
    }
  }
  const { workspace, state, changed, commits, branch = null, look } = inspection
  return {
    state: merging && state !== 'merged' ? ('queued' as const) : state,
    changed,
    commits,
    branch,
    path: workspace.path ?? null,
    base: workspace.base,
    look,
  }
}
