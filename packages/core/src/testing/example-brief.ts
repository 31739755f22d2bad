import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '../id.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'

/** An attempt's brief for tests: complete and small, with the parts that matter replaced. */
export function exampleBrief(
  change: Partial<Omit<AttemptBrief, 'task'>> & {
    readonly task?: Partial<AttemptBrief['task']>
  } = {},
): AttemptBrief {
  const { task, ...rest } = change
  return {
    projectId: 'project_example' as ProjectId,
    taskId: 'task_example' as TaskId,
    workOrderId: 'order_example' as WorkOrderId,
    attemptId: 'attempt_example' as AttemptId,
    number: 1,
    fence: 1,
    workspace: {},
    role: 'owner',
    feedback: [],
    answers: [],
    ...rest,
    task: {
      code: 'example',
      title: 'An example',
      description: 'Does what examples do.',
      type: 'feature',
      priority: 'normal',
      estimateMinutes: 1,
      touches: [],
      account: null,
      context: null,
      ...task,
    },
  }
}

/** A runner's context that keeps all reports. Questions get `answer`, in turn. */
export function recordedContext(answers: readonly string[] = []) {
  const controller = new AbortController()
  const progress: string[] = []
  const output: { readonly text: string; readonly stream: 'stdout' | 'stderr' }[] = []
  const questions: string[] = []
  const sessions: string[] = []
  return {
    controller,
    progress,
    output,
    questions,
    sessions,
    context: {
      signal: controller.signal,
      report: {
        progress(text: string) {
          progress.push(text)
        },
        output(text: string, stream: 'stdout' | 'stderr') {
          output.push({ text, stream })
        },
        session(agentSessionId: string) {
          sessions.push(agentSessionId)
        },
        async ask({ text }: { readonly text: string }) {
          const answer = answers[questions.push(text) - 1]
          if (answer === undefined) throw new Error(`Nobody answers "${text}" here.`)
          return answer
        },
      },
    },
  }
}
