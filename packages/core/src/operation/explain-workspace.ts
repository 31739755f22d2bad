import type { WorkspaceView } from './workspace-view.ts'

export interface WorkspaceExplanation extends WorkspaceView {
  /** Why it stands, or why something of it is kept. */
  readonly why: string
  /** What will happen to it, and who does that. */
  readonly next: string
}

/** Says so of one, in words for people. */
export function explainWorkspace(view: WorkspaceView): WorkspaceExplanation {
  return { ...view, ...explain(view) }
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
