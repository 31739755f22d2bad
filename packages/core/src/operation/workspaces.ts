import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { AttemptId, ProjectId, TaskId } from '../id.ts'
import type { WorkspaceState } from '../staging/state.ts'
import type {
  KeptWork,
  PrunableWork,
  WorkspaceInspection,
  WorkspaceProvider,
} from '../workspace/workspace.ts'
import type { CommandOf } from '../staging/command.ts'
import { actor, attemptId, projectId } from './input.ts'
import { operation, type OperationContext } from './operation.ts'
import { requireProject } from './resolve.ts'

/** What the removal of a workspace came to. */
export interface RemovedWorkspace {
  /** All that is kept of it. */
  readonly kept: readonly KeptWork[]
  /** What went wrong beside it, such as a command that gives back a database. */
  readonly problems: readonly string[]
}

/** What was let go of old records and kept work. */
export interface PrunedWorkspaces {
  /** What went, or would go: kept work first, then records, the oldest first. */
  readonly pruned: readonly PrunableWork[]
  /** Kept work that is old enough but of an attempt that this project does not know; it stays. */
  readonly foreign: readonly PrunableWork[]
  readonly dryRun: boolean
}

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

export interface WorkspaceExplanation extends WorkspaceView {
  /** Why it stands, or why something of it is kept. */
  readonly why: string
  /** What will happen to it, and who does that. */
  readonly next: string
}

const days = z.number().min(0).max(36_500)
const ofAttempt = z.strictObject({ projectId, attemptId })

export const workspaces = {
  list: operation({
    summary: 'List the workspaces that stand, with what in them has not landed, oldest first',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/workspaces',
    input: z.strictObject({
      projectId,
      /** Also those that are gone, of which something is kept. */
      kept: z.boolean().default(false),
      /** Also compare them with each other and with what has landed, where that can be done. */
      overlaps: z.boolean().default(false),
    }),
    async run(context, input): Promise<readonly WorkspaceView[]> {
      const provider = providerOf(context)
      const standing = await provider.list()
      const kept = await provider.kept()
      const ids = new Set(standing.map((each) => each.attemptId))
      const gone = input.kept ? kept.map((each) => each.attemptId) : []
      for (const id of gone) ids.add(id)
      const views = await viewsOf(context, provider, input.projectId, [...ids], kept)
      return input.overlaps ? withOverlaps(provider, views) : views
    },
  }),
  show: operation({
    summary: 'Explain one workspace: what is in it, why it stands, what will happen to it',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/workspaces/{attemptId}',
    input: ofAttempt,
    async run(context, input): Promise<WorkspaceExplanation> {
      const view = await viewOf(context, input.projectId, input.attemptId)
      return { ...view, ...explain(view) }
    },
  }),
  remove: operation({
    summary: 'Remove a workspace that no attempt works in; what has not landed is kept first',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/workspaces/{attemptId}/remove',
    input: z.strictObject({ projectId, attemptId, actor }),
    async run(context, input): Promise<RemovedWorkspace> {
      const view = await viewOf(context, input.projectId, input.attemptId)
      if (view.state === 'removed') return { kept: view.kept, problems: [] }
      if (view.inUse) throw inUse(view)
      if (view.task === null) throw unknownHere(view.attemptId)
      const provider = providerOf(context)
      const { problems = [], salvaged, gone = false } = await provider.remove(view)
      if (!gone) await record(context, input, view, { what: 'removed', salvaged })
      const kept = (await provider.kept()).filter((each) => each.attemptId === view.attemptId)
      return { kept, problems }
    },
  }),
  restore: operation({
    summary: 'Make a branch of what is kept of a workspace, for a person; no checkout is touched',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/workspaces/{attemptId}/restore',
    input: z.strictObject({
      projectId,
      attemptId,
      /** Which of the kept things; the content that had not landed comes before commits. */
      name: z.string().min(1).max(1_000).optional(),
      branch: z.string().max(1_000).optional(),
      actor,
    }),
    async run(context, input) {
      const view = await viewOf(context, input.projectId, input.attemptId)
      const provider = providerOf(context)
      const kept =
        input.name === undefined
          ? (view.kept.find(({ kind }) => kind === 'salvage') ?? view.kept[0])
          : view.kept.find(({ name }) => name === input.name)
      if (kept === undefined) throw nothingKept(view, input.name)
      if (provider.restore === undefined) {
        throw new CuelineError(
          'unsupported',
          `Workspaces of kind "${provider.name}" have no branches. The kept files are in ${kept.name}; copy what you need. Work in a git repository gets branches: gitWorkspaces({ repository }), or \`cueline run --repository\`.`,
          { details: { name: kept.name } },
        )
      }
      const { branch } = input
      const restored = await provider.restore({
        name: kept.name,
        ...(branch !== undefined && { branch }),
      })
      const happened = { what: 'restored', kept: kept.name, branch: restored.branch } as const
      await record(context, input, view, happened)
      return { ...restored, kept }
    },
  }),
  prune: operation({
    summary: 'Let go old records of workspaces and, where asked to, old kept work',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/workspaces/prune',
    input: z.strictObject({
      projectId,
      /** Records that something else makes up for, so many days old. */
      olderThanDays: days.default(30),
      /** Kept work that nothing else names, so many days old; all of it stays when left out. */
      keptOlderThanDays: days.optional(),
      /** Only says what would go. */
      dryRun: z.boolean().default(false),
      actor,
    }),
    async run(context, input): Promise<PrunedWorkspaces> {
      const { projectId: project, olderThanDays, keptOlderThanDays, dryRun } = input
      const provider = providerOf(context)
      await context.storage.transaction((transaction) => requireProject(transaction, project))
      if (provider.prunable === undefined || provider.prune === undefined) {
        throw new CuelineError(
          'unsupported',
          `Workspaces of kind "${provider.name}" keep no records that could be let go. What is kept of them are folders, which the list with \`kept\` names; delete those that nobody needs. Work in a git repository has such records: gitWorkspaces({ repository }), or \`cueline run --repository\`.`,
        )
      }
      const found = await provider.prunable({
        olderThanMs: olderThanDays * dayMs,
        lastCopiesOlderThanMs: keptOlderThanDays === undefined ? null : keptOlderThanDays * dayMs,
      })
      const owners = await ownersOf(context, project, found)
      const isForeign = ({ lastCopy, attemptId: id }: PrunableWork) =>
        lastCopy && (id === null || !owners.has(id))
      const foreign = found.filter(isForeign)
      const pruned = found.filter((each) => !isForeign(each))
      if (!dryRun) {
        // Named in the log before it goes, so that nothing ever goes without a trace.
        for (const [id, taskId] of owners) {
          const kept = pruned
            .filter(({ attemptId: of, lastCopy }) => lastCopy && of === id)
            .map(({ name, commit }) => ({ name, commit }))
          if (kept.length === 0) continue
          await record(context, input, { attemptId: id, taskId }, { what: 'pruned', kept })
        }
        await provider.prune(pruned)
      }
      return { pruned, foreign, dryRun }
    },
  }),
}

const dayMs = 24 * 60 * 60_000

/** What has become of a workspace, in the log; of an attempt that nobody here knows it says nothing. */
async function record(
  { ledger }: OperationContext,
  { projectId: project, actor: by }: { readonly projectId: ProjectId; readonly actor: string },
  { attemptId: id, taskId }: Pick<WorkspaceView, 'attemptId' | 'taskId'>,
  happened: CommandOf<'workspace.record'>['happened'],
): Promise<void> {
  if (taskId === null) return
  const of = { projectId: project, attemptId: id, taskId }
  await ledger.execute({ type: 'workspace.record', ...of, happened }, by)
}

/** The tasks of those attempts that the project knows. */
async function ownersOf(
  { storage }: OperationContext,
  project: ProjectId,
  found: readonly PrunableWork[],
): Promise<ReadonlyMap<AttemptId, TaskId>> {
  const ids = found.flatMap(({ attemptId: id }) => (id === null ? [] : [id]))
  const { attempts } = await storage.transaction((transaction) =>
    transaction.load({ projectId: project, attempts: [...new Set(ids)] }),
  )
  return new Map([...attempts.values()].map(({ id, taskId }) => [id, taskId] as const))
}

function providerOf({ workspace }: OperationContext): WorkspaceProvider {
  if (workspace !== null) return workspace
  throw new CuelineError(
    'unsupported',
    'There are no workspaces here: give createCueline a `workspace`, such as gitWorkspaces({ repository }).',
  )
}

async function viewOf(
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

async function viewsOf(
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

async function withOverlaps(
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

function explain(view: WorkspaceView): Pick<WorkspaceExplanation, 'why' | 'next'> {
  const { state, inUse, status, task } = view
  const who = task === null ? `Attempt ${view.attemptId}` : `Attempt ${view.attempt} of ${task}`
  if (state === 'removed') {
    return {
      why: `${who} is ${status ?? 'unknown here'}; its workspace is gone, and what had not landed was kept.`,
      next: 'It stays kept until a person deletes it. `restore` makes a branch of it.',
    }
  }
  if (inUse) {
    const doing = status === 'waiting' ? 'waits for a person' : `is ${status}`
    return {
      why: `${who} ${doing}, and its lease holds.`,
      next: 'Nobody removes it before that attempt has ended; then what has not landed is kept and it goes.',
    }
  }
  if (task === null) {
    return {
      why: 'This database does not know its attempt: it is of another project, or of another database.',
      next: 'Whoever runs that project removes it. Nothing here does.',
    }
  }
  const lost = {
    fresh: 'it holds nothing that would be lost.',
    merged: 'all it holds has landed.',
    salvaged: 'all it holds is kept already.',
    dirty: 'it holds changes that have not landed.',
    committed: 'it holds commits that have not landed.',
    queued: 'its merge was cut off; nothing of it has landed.',
  }[state]
  const why =
    view.endedAt === null
      ? `${who} lost its lease before it ended; ${lost}`
      : `${who} has ended (${status}), but its workspace was not removed; ${lost}`
  return {
    why,
    next: 'The next run removes it when it starts, and keeps what has not landed first. `remove` does so now.',
  }
}

function inUse(view: WorkspaceView): CuelineError {
  return new CuelineError(
    'refused',
    `Attempt ${view.attempt} of ${view.task} works in this workspace (${view.status}), and its lease holds. Wait for its end, or cancel the task first.`,
    { retryable: true, details: { attemptId: view.attemptId } },
  )
}

function unknownHere(id: AttemptId): CuelineError {
  return new CuelineError(
    'refused',
    `This project does not know attempt ${id}, so nobody can say whether it still works there. Remove it with the database and project that it is of.`,
    { details: { attemptId: id } },
  )
}

function nothingKept(view: WorkspaceView, name: string | undefined): CuelineError {
  const { attemptId: id, kept, state, path } = view
  if (kept.length > 0) {
    return new CuelineError(
      'not-found',
      `Nothing of attempt ${id} is kept as ${JSON.stringify(name)}; there is ${kept.map((each) => each.name).join(', ')}.`,
      { details: { attemptId: id, name } },
    )
  }
  return new CuelineError(
    'refused',
    `Nothing of attempt ${id} is kept yet: its workspace stands (${state})${path === null ? '' : `, in ${path}`}. Look there; when it is removed, what has not landed is kept.`,
    { details: { attemptId: id } },
  )
}
