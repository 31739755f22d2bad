import * as z from 'zod'
import type { DeliveryProvider } from '../delivery/delivery.ts'
import { CuelineError } from '../error.ts'
import type { ProjectId } from '../id.ts'
import { reportOf } from '../report/fold-report.ts'
import { deliveryTitle, renderDelivery } from '../report/render-delivery.ts'
import type { Slice } from '../staging/slice.ts'
import type { Project, ProjectDelivery } from '../staging/state.ts'
import { foldLog } from './fold-log.ts'
import { actor, name, projectId } from './input.ts'
import { operation, type OperationContext } from './operation.ts'
import { requireProject } from './resolve.ts'

/** Handing finished work over to people, as pull requests for instance. */
export const deliveries = {
  open: operation({
    summary: 'Offer what has landed for a branch of people, or bring the open offer up to date',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/deliveries',
    input: z.strictObject({
      projectId,
      /** The branch that it is meant for. */
      base: name.default('main'),
      /** One line; the project and its finished tasks when left out. */
      title: name.optional(),
      actor,
    }),
    async run(context, input): Promise<ProjectDelivery> {
      const provider = requireProvider(context)
      const { base, actor: by } = input
      const fold = await foldLog(context.storage, input.projectId)
      const { project } = fold.world
      if (project === null) {
        const known = await readProject(context, input.projectId)
        throw nothingLanded(known)
      }
      const commit = lastLanded(fold.world)
      if (commit === null) throw nothingLanded(project)
      const mine = project.deliveries.filter((each) => each.provider === provider.name)
      const open = mine.findLast((each) => each.base === base && each.state === 'open')
      const last = mine.findLast((each) => each.base === base)
      if (open === undefined && last?.state === 'merged' && last.commit === commit) return last
      const number =
        open?.number ?? 1 + Math.max(0, ...project.deliveries.map((each) => each.number))
      const report = reportOf(fold)
      const branch = open?.branch ?? branchOf(project, number)
      const offered = await provider.deliver(
        {
          key: `${project.id}-${number}`,
          branch,
          commit,
          base,
          title: input.title ?? deliveryTitle(report),
          body: renderDelivery(report),
        },
        new AbortController().signal,
      )
      // One that has settled meanwhile was not changed: it holds what it held.
      const held = offered.state === 'open' ? commit : (open?.commit ?? commit)
      const delivery = { ...offered, number, provider: provider.name, branch, base, commit: held }
      await record(context, project.id, delivery, by)
      return deliveryOf(await readProject(context, project.id), number)
    },
  }),
  refresh: operation({
    summary: 'Ask what has become of the open deliveries, and remember it',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/deliveries/refresh',
    input: z.strictObject({ projectId, actor }),
    async run(context, input): Promise<readonly ProjectDelivery[]> {
      const provider = requireProvider(context)
      const { deliveries: known } = await readProject(context, input.projectId)
      for (const { openedAt: _opened, changedAt: _changed, ...delivery } of known) {
        if (delivery.state !== 'open' || delivery.provider !== provider.name) continue
        const found = await provider.status(delivery.id, new AbortController().signal)
        await record(context, input.projectId, { ...delivery, ...found }, input.actor)
      }
      return (await readProject(context, input.projectId)).deliveries
    },
  }),
  list: operation({
    summary: 'List the deliveries of a project as they were last seen, the oldest first',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/deliveries',
    input: z.strictObject({ projectId }),
    run: async (context, input): Promise<readonly ProjectDelivery[]> =>
      (await readProject(context, input.projectId)).deliveries,
  }),
}

function readProject({ storage }: OperationContext, id: ProjectId): Promise<Project> {
  return storage.transaction((transaction) => requireProject(transaction, id))
}

async function record(
  { ledger }: OperationContext,
  owner: ProjectId,
  delivery: Omit<ProjectDelivery, 'openedAt' | 'changedAt'>,
  by: string,
): Promise<void> {
  await ledger.execute({ type: 'delivery.record', projectId: owner, delivery }, by)
}

function deliveryOf({ deliveries: all, id }: Project, number: number): ProjectDelivery {
  const found = all.find((each) => each.number === number)
  if (found !== undefined) return found
  throw new CuelineError('internal', `Delivery ${number} of project "${id}" was not stored.`)
}

/** Serial merges: the one that landed last contains all others. */
function lastLanded({ attempts }: Slice): string | null {
  let last: { readonly merged: string; readonly at: number } | null = null
  for (const { merged, endedAt } of attempts.values()) {
    if (merged === null || endedAt === null) continue
    if (last === null || endedAt >= last.at) last = { merged, at: endedAt }
  }
  return last?.merged ?? null
}

/** A name of letters a-z, digits and dashes below Cueline's own, so that it is legal everywhere. */
function branchOf({ name: called, id }: Project, number: number): string {
  const plain = (text: string) =>
    text
      .normalize('NFKD')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 40)
      .replaceAll(/^-|-$/g, '')
  return `cueline/deliver/${[plain(called), plain(id), number].filter((part) => part !== '').join('-')}`
}

function requireProvider({ delivery }: OperationContext): DeliveryProvider {
  if (delivery !== null) return delivery
  throw new CuelineError(
    'unsupported',
    'This Cueline delivers nowhere: finished work stays where it has landed. Give createCueline a `delivery`, such as commandPullRequests of @cueline/adapter-git.',
  )
}

function nothingLanded({ name: called, id }: Project): CuelineError {
  return new CuelineError(
    'refused',
    `Nothing of project "${called}" has landed yet, so there is nothing to deliver. Run it first, in workspaces that merge.`,
    { details: { projectId: id } },
  )
}
