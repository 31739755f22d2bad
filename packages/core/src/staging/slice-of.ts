import type { Command } from './command.ts'
import type { SliceKeys } from './slice.ts'

/**
 * The rows that `decide` needs for a command: what it can touch, never the whole project. Storages
 * load and lock exactly these.
 */
export function sliceOf(command: Command): SliceKeys {
  const { projectId } = command
  switch (command.type) {
    case 'project.create':
    case 'project.update':
    case 'project.pause':
    case 'project.resume':
    case 'delivery.record':
    case 'log.prune':
    case 'workspace.record':
      return { projectId }
    case 'account.release':
      return { projectId, holds: true }
    case 'worker.register':
    case 'worker.revive':
    case 'worker.change':
      return { projectId, workers: [command.workerId] }
    case 'tasks.add':
      return {
        projectId,
        tasks: [
          ...command.tasks.map((task) => task.id),
          ...command.dependencies.map((edge) => edge.dependsOn),
        ],
      }
    case 'task.update':
      return { projectId, tasks: [command.taskId] }
    case 'task.depend':
      return {
        projectId,
        tasks: [command.taskId, ...command.dependencies.map((edge) => edge.dependsOn)],
        dependenciesOf: [command.taskId],
        allDependentsOf: [command.taskId],
      }
    case 'tasks.plan':
      return { projectId, tasks: command.tasks.map((task) => task.id) }
    case 'tasks.stage':
      return {
        projectId,
        tasks: command.tasks.map((task) => task.id),
        batches: [command.batchId],
      }
    case 'tasks.unstage':
      return { projectId, tasks: command.taskIds, openRequests: true }
    case 'tasks.retry':
      return { projectId, tasks: command.taskIds }
    case 'task.cancel':
      return { projectId, tasks: [command.taskId], openRequests: true }
    case 'task.complete':
      return {
        projectId,
        tasks: [command.taskId],
        dependentsOf: [command.taskId],
        openRequests: true,
      }
    case 'batch.create':
      return { projectId, batches: [command.batch.id] }
    case 'batch.update':
    case 'batch.pause':
    case 'batch.resume':
      return { projectId, batches: [command.batchId] }
    case 'batch.delete':
      return {
        projectId,
        batches: [command.batchId],
        tasksOfBatches: [command.batchId],
        openRequests: true,
      }
    case 'batch.promote':
      return {
        projectId,
        batches: [command.batchId],
        tasksOfBatches: [command.batchId, ...(command.awaitedBy ?? [])],
        edgesOfBatches: command.awaitedBy ?? [],
      }
    case 'batch.open-layer':
      return { projectId, batches: [command.batchId], tasksOfBatches: [command.batchId] }
    case 'batches.reorder':
      return { projectId, batches: 'all' }
    case 'batch.unstick':
      return {
        projectId,
        batches: [command.batchId],
        tasksOfBatches: [command.batchId],
        edgesOfBatches: [command.batchId],
        openRequests: true,
      }
    case 'work.claim':
      return { projectId, workOrders: command.candidates, workers: command.workers, holds: true }
    case 'work.reclaim':
      return {
        projectId,
        workOrders: command.workOrderIds,
        dependentsOf: command.landed.map((entry) => entry.taskId),
        openRequests: true,
      }
    case 'attempt.wait':
    case 'attempt.yield':
      return { projectId, attempts: [command.attemptId], openRequests: true }
    case 'attempt.verify':
    case 'attempt.merge':
    case 'attempt.succeed':
      return {
        projectId,
        attempts: [command.attemptId],
        dependentsOf: [command.taskId],
        openRequests: true,
      }
    case 'attempt.fail':
      return {
        projectId,
        attempts: [command.attemptId],
        openRequests: true,
        holds: true,
      }
    case 'attempt.survive':
    case 'attempt.resume':
    case 'attempt.interrupt':
    case 'attempt.overlap':
    case 'attempt.group':
    case 'attempt.output':
      return { projectId, attempts: [command.attemptId] }
    case 'session.use':
      return { projectId, attempts: [command.attemptId], sessionsOfTasks: true }
    case 'session.end':
      return { projectId, sessions: [command.sessionId], openRequests: true }
    case 'sessions.expire':
      return { projectId, sessions: command.sessionIds, openRequests: true }
    case 'request.answer':
      return { projectId, requests: [command.requestId] }
  }
}
