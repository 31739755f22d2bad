import { join } from 'node:path'

import { askGit } from './ask-git.ts'
import { judgeReplay, type Judged } from './judge-replay.ts'
import { readWindow } from './read-window.ts'
import { replayWindow } from './replay-window.ts'

export interface ReplayRequest {
  readonly repository: string
  readonly size: number
  readonly from?: string | undefined
  readonly lanes: number
  readonly msPerMinute: number
  /** A folder of the replay's own. */
  readonly scratch: string
  readonly signal: AbortSignal
  progress(text: string): void
}

/** Replays a window of a repository's history in a clone of it; the repository itself is only read. */
export async function replay(request: ReplayRequest): Promise<Judged> {
  const { repository, size, from, lanes, msPerMinute, scratch, signal, progress } = request
  progress('Reading the history ...')
  const window = await readWindow(repository, { size, from, signal })
  const clone = join(scratch, 'clone.git')
  await askGit(scratch, ['clone', '-q', '--bare', '--', repository, clone], { signal })
  const replayed = await replayWindow(window, {
    clone,
    root: join(scratch, 'workspaces'),
    lanes,
    msPerMinute,
    signal,
    progress: (done, total) => progress(`${done} of ${total} commits have landed ...`),
  })
  progress('Holding the branch against the history ...')
  return judgeReplay(clone, window, replayed, { lanes, msPerMinute }, signal)
}
