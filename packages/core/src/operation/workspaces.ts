import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { AttemptId, ProjectId, TaskId } from '../id.ts'
import type { CommandOf } from '../staging/command.ts'
import type { KeptWork, PrunableWork } from '../workspace/workspace.ts'
import { explainWorkspace, type WorkspaceExplanation } from './explain-workspace.ts'
import { actor, attemptId, projectId } from './input.ts'
import { operation, type OperationContext } from './operation.ts'
import { requireProject } from './resolve.ts'
import { providerOf, viewOf, viewsOf, withOverlaps, type WorkspaceView } from './workspace-view.ts'

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
      return explainWorkspace(await viewOf(context, input.projectId, input.attemptId))
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
