import type { CommandType } from './command.ts'
import type { Decide } from './decide.ts'
import { emit } from './draft.ts'

type ProjectCommand = Extract<
  CommandType,
  | `project.${string}`
  | `worker.${string}`
  | 'account.release'
  | 'delivery.record'
  | 'log.prune'
  | 'workspace.record'
>

export const projectDecisions: { readonly [Type in ProjectCommand]: Decide<Type> } = {
  'project.create': (draft, { projectId, name, settings }) => {
    if (draft.slice.project !== null) {
      return { code: 'conflict', message: `Project "${projectId}" exists already.` }
    }
    emit(draft, {
      type: 'project.created',
      project: { id: projectId, name, settings, pausedAt: null, createdAt: draft.now },
    })
  },
  'project.update': (draft, { projectId, name, settings }) => {
    emit(draft, {
      type: 'project.updated',
      projectId,
      ...(name !== undefined && { name }),
      ...(settings !== undefined && { settings }),
    })
    if (
      settings?.maxParallelTasks !== undefined ||
      settings?.accountLimits !== undefined ||
      settings?.resources !== undefined
    ) {
      draft.effects.push({ type: 'dispatch', orders: [] })
    }
  },
  'delivery.record': (draft, { projectId, delivery }) => {
    const { number, commit, url, state, checks } = delivery
    const known = draft.slice.project?.deliveries.find((each) => each.number === number)
    if (known === undefined) {
      emit(draft, { type: 'delivery.opened', projectId, delivery })
      return
    }
    const set = {
      ...(commit !== known.commit && { commit }),
      ...(url !== known.url && { url }),
      ...(state !== known.state && { state }),
      ...(checks !== known.checks && { checks }),
    }
    if (Object.keys(set).length === 0) return
    emit(draft, { type: 'delivery.changed', projectId, number, set })
  },
  'log.prune': (draft, { projectId, through, events }) => {
    emit(draft, { type: 'log.pruned', projectId, through, events })
  },
  'workspace.record': (draft, { attemptId, taskId, happened }) => {
    const of = { attemptId, taskId }
    switch (happened.what) {
      case 'created':
        emit(draft, {
          type: 'workspace.created',
          ...of,
          base: happened.base,
          path: happened.path,
        })
        return
      case 'removed':
        emit(draft, { type: 'workspace.removed', ...of, salvaged: happened.salvaged })
        return
      case 'restored': {
        const { kept, branch } = happened
        emit(draft, { type: 'workspace.restored', ...of, kept, branch })
        return
      }
      case 'pruned':
        emit(draft, { type: 'workspace.pruned', ...of, kept: happened.kept })
    }
  },
  'project.pause': (draft, { projectId }) => {
    if (draft.slice.project?.pausedAt === null) emit(draft, { type: 'project.paused', projectId })
  },
  'project.resume': (draft, { projectId }) => {
    if (draft.slice.project?.pausedAt === null) return
    emit(draft, { type: 'project.resumed', projectId })
    draft.effects.push({ type: 'dispatch', orders: [] })
  },
  'account.release': (draft, { projectId, account }) => {
    if (!draft.slice.holds.has(account)) return
    emit(draft, { type: 'account.released', projectId, account })
    draft.effects.push({ type: 'dispatch', orders: [] })
  },
  'worker.register': (draft, { projectId, workerId, name }) => {
    if (draft.slice.workers.has(workerId)) {
      return {
        code: 'conflict',
        message: `Worker "${workerId}" is registered already. Every start needs an id of its own.`,
      }
    }
    emit(draft, { type: 'worker.registered', projectId, workerId, name })
  },
  'worker.revive': (draft, { workerId }) => {
    if (draft.slice.workers.get(workerId)?.status !== 'offline') return
    const reason = 'it was heard of again'
    emit(draft, { type: 'worker.changed', workerId, status: 'idle', reason })
  },
  'worker.change': (draft, { workerId, status, reason }) => {
    const worker = draft.slice.workers.get(workerId)
    if (worker === undefined) {
      return { code: 'not-found', message: `Worker "${workerId}" is not registered.` }
    }
    if (worker.status !== status) emit(draft, { type: 'worker.changed', workerId, status, reason })
  },
}
