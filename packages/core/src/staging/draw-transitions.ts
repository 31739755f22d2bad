import {
  attemptTransitions,
  sessionTransitions,
  taskTransitions,
  workOrderTransitions,
  workspaceTransitions,
} from './transitions.ts'

/** Where each machine begins: the status of a new row. */
const starts = {
  task: 'todo',
  workOrder: 'queued',
  attempt: 'running',
  session: 'active',
  workspace: 'fresh',
} as const

/**
 * The transition tables as Mermaid state diagrams, one per machine, drawn from the data that holds
 * for the code. A status that nothing follows is an end.
 */
export function drawTransitions(): {
  readonly task: string
  readonly workOrder: string
  readonly attempt: string
  readonly session: string
  readonly workspace: string
} {
  return {
    task: draw(taskTransitions, starts.task),
    workOrder: draw(workOrderTransitions, starts.workOrder),
    attempt: draw(attemptTransitions, starts.attempt),
    session: draw(sessionTransitions, starts.session),
    workspace: draw(workspaceTransitions, starts.workspace),
  }
}

function draw(table: Readonly<Record<string, readonly string[]>>, start: string): string {
  const lines = ['stateDiagram-v2', `  [*] --> ${start}`]
  for (const [from, followers] of Object.entries(table)) {
    for (const to of followers) lines.push(`  ${from} --> ${to}`)
    if (followers.length === 0) lines.push(`  ${from} --> [*]`)
  }
  return lines.join('\n')
}
