import * as z from 'zod'
import { toSnapshot } from '../staging/snapshot.ts'
import type { ProjectId } from '../id.ts'
import type { Project } from '../staging/state.ts'
import { actor, name, projectId, projectSettings } from './input.ts'
import { operation, type OperationContext } from './operation.ts'
import { requireProject } from './resolve.ts'

export const projects = {
  create: operation({
    summary: 'Create a project',
    kind: 'command',
    method: 'POST',
    path: '/projects',
    input: z.strictObject({ name, settings: projectSettings.optional(), actor }),
    async run({ ledger, ids, defaults, ...context }, input): Promise<Project> {
      const id = ids('project')
      const settings = { ...defaults, ...withoutUndefined(input.settings ?? {}) }
      await ledger.execute(
        { type: 'project.create', projectId: id, name: input.name, settings },
        input.actor,
      )
      return getProject({ ledger, ids, defaults, ...context }, id)
    },
  }),
  list: operation({
    summary: 'List the projects',
    kind: 'query',
    method: 'GET',
    path: '/projects',
    input: z.strictObject({}).default({}),
    run: ({ storage }) => storage.transaction((transaction) => transaction.query('projects', {})),
  }),
  get: operation({
    summary: 'Read a project',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}',
    input: z.strictObject({ projectId }),
    run: (context, input) => getProject(context, input.projectId),
  }),
  snapshot: operation({
    summary: 'Read a whole project at one moment, with the cursor to follow its events from',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/snapshot',
    input: z.strictObject({ projectId }),
    run: ({ storage }, input) =>
      storage.transaction(async (transaction) => {
        const project = await requireProject(transaction, input.projectId)
        const slice = await transaction.load({ projectId: input.projectId, everything: true })
        const cursor = await transaction.query('lastSequence', { projectId: input.projectId })
        return toSnapshot(project, slice, cursor)
      }),
  }),
  update: operation({
    summary: 'Rename a project or change its settings',
    kind: 'command',
    method: 'PATCH',
    path: '/projects/{projectId}',
    input: z.strictObject({
      projectId,
      name: name.optional(),
      settings: projectSettings.optional(),
      actor,
    }),
    async run(context, input) {
      await context.ledger.execute(
        {
          type: 'project.update',
          projectId: input.projectId,
          ...(input.name !== undefined && { name: input.name }),
          ...(input.settings !== undefined && { settings: withoutUndefined(input.settings) }),
        },
        input.actor,
      )
      return getProject(context, input.projectId)
    },
  }),
  pause: operation({
    summary: 'Start no task of the project until it is resumed',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/pause',
    input: z.strictObject({ projectId, actor }),
    async run({ ledger }, input) {
      await ledger.execute({ type: 'project.pause', projectId: input.projectId }, input.actor)
    },
  }),
  resume: operation({
    summary: 'Let a paused project go on',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/resume',
    input: z.strictObject({ projectId, actor }),
    async run({ ledger }, input) {
      await ledger.execute({ type: 'project.resume', projectId: input.projectId }, input.actor)
    },
  }),
}

function getProject({ storage }: OperationContext, id: ProjectId): Promise<Project> {
  return storage.transaction((transaction) => requireProject(transaction, id))
}

/** `exactOptionalPropertyTypes`: an absent field stays absent. */
function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
