import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import { advanceProject } from './advance-project.ts'
import type { EngineContext } from './context.ts'
import type { LedgerTransaction } from './ledger.ts'

/**
 * Whoever looks for work and finds none also has the project advance. Where every worker is at
 * something nobody looks, so a batch that waits for what has failed or was cancelled would count as stuck
 * only hours later: here it is looked at as soon as a task has ended so.
 */
export function startNoticingStuck(
  { emitter, ledger, onError }: Pick<EngineContext, 'emitter' | 'ledger' | 'onError'>,
  projectId: ProjectId,
) {
  let stopped = false
  let looking: Promise<void> | null = null
  let looksAgain = false
  const lookNow = async () => {
    try {
      do {
        looksAgain = false
        const ahead = { keys: { projectId }, claims: [] }
        await ledger.run((transaction) => advanceFar(transaction, projectId), undefined, ahead)
      } while (looksAgain && !stopped)
    } catch (error) {
      // The sweep looks again.
      onError(error, 'looking for batches that are stuck')
    } finally {
      looking = null
    }
  }
  const look = () => {
    if (stopped) return
    looksAgain = true
    looking ??= lookNow()
  }
  const silence = emitter.on('event', (event) => {
    if (event.projectId === projectId && ended.has(event.type)) look()
  })
  return {
    /** Looks after this; never waits. */
    look,
    async stop() {
      stopped = true
      silence()
      await looking
    },
  }
}

/** What others wait for will not come. */
const ended: ReadonlySet<StoredEvent['type']> = new Set(['task.failed', 'task.cancelled'])

async function advanceFar(transaction: LedgerTransaction, projectId: ProjectId): Promise<void> {
  const { total } = await transaction.storage.query('load', { projectId })
  while ((await advanceProject(transaction, projectId, total, 0)).progressed);
}
