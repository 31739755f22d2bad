import type { BatchId, ProjectId, TaskId } from '../id.ts'
import type { NewTask } from './command.ts'
import type { Dependency, ProjectSettings, ReleaseOn } from './state.ts'

/** The project that the tests of staging tell of; ids of its rows are the names that tests give them. */
export const projectId = 'garden' as ProjectId
export const taskId = (code: string) => code as TaskId
export const batchId = (name: string) => name as BatchId

export const settings: ProjectSettings = {
  barrier: 'none',
  maxParallelTasks: 100,
  releaseOn: 'verified',
  maxAttempts: 3,
  maxInterruptions: 3,
  retryBaseMs: 1_000,
  retryMaxMs: 60_000,
  stuckAfterMs: 600_000,
  stuckPolicy: 'hold',
}

/** A line of a test: `code` or `code <- dependency, dependency:releaseOn`, and what else is said of it. */
export type TaskLine = string | (Partial<NewTask> & { readonly line: string })

/** The tasks of such lines, the first of them at this position. */
export function tasksOf(
  lines: readonly TaskLine[],
  position: number,
): { readonly tasks: readonly NewTask[]; readonly dependencies: readonly Dependency[] } {
  const tasks: NewTask[] = []
  const dependencies: Dependency[] = []
  for (const given of lines) {
    const { line, ...rest } = typeof given === 'string' ? { line: given } : given
    const [code = '', needs = ''] = line.split('<-').map((part) => part.trim())
    tasks.push(newTask(code, position + tasks.length, rest))
    for (const need of needs.split(',').map((part) => part.trim())) {
      if (need === '') continue
      const [target = '', releaseOn = 'verified'] = need.split(':')
      dependencies.push(edge(code, target, releaseOn as ReleaseOn))
    }
  }
  return { tasks, dependencies }
}

export function edge(code: string, target: string, releaseOn: ReleaseOn = 'verified'): Dependency {
  return {
    projectId,
    taskId: taskId(code),
    dependsOn: taskId(target),
    releaseOn,
    source: 'declared',
    confidence: 1,
    evidence: null,
  }
}

export function newTask(code: string, position: number, given: Partial<NewTask> = {}): NewTask {
  return {
    id: taskId(code),
    code,
    position,
    title: `Grow ${code}`,
    description: '',
    type: 'feature',
    priority: 'normal',
    epic: null,
    sprint: null,
    parent: null,
    estimate: null,
    touches: [],
    resources: {},
    repository: null,
    baseBranch: null,
    account: null,
    capabilities: [],
    context: null,
    contextReady: true,
    status: 'todo',
    ...given,
  }
}
