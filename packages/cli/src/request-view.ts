import type { Cueline } from '@cueline/core'

/** A question, choice or approval as the command line shows it. */
export interface RequestView {
  readonly id: string
  /** Code of the task whose agent asks. */
  readonly task: string
  readonly kind: 'question' | 'choice' | 'approval'
  readonly text: string
  readonly options: readonly string[]
  readonly status: 'open' | 'answered' | 'cancelled'
  readonly answer: string | null
  readonly answeredBy: string | null
  readonly askedAt: number
}

/** Oldest first. */
export async function listRequests(
  cueline: Cueline,
  projectId: string,
  status?: ('open' | 'answered' | 'cancelled')[],
): Promise<readonly RequestView[]> {
  const requests = await cueline.requests.list({
    projectId,
    ...(status !== undefined && { status }),
  })
  if (requests.length === 0) return []
  const tasks = await cueline.tasks.list({ projectId })
  const codes = new Map<string, string>(tasks.map((task) => [task.id, task.code]))
  return requests
    .map(({ id, taskId, kind, text, options, status, answer, answeredBy, askedAt }) => ({
      id,
      task: codes.get(taskId) ?? taskId,
      kind,
      text,
      options,
      status,
      answer,
      answeredBy,
      askedAt,
    }))
    .toSorted((a, b) => a.askedAt - b.askedAt)
}
