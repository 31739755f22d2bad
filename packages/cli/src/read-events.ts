import { type Cueline, CuelineError, type StoredEvent } from '@cueline/core'

/** The whole log of a project so far; of one that was pruned, what is left. */
export async function readEvents(cueline: Cueline, projectId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  let cursor = 0
  for (;;) {
    try {
      const more = await cueline.events.after({ projectId, cursor, limit: 10_000 })
      for (const event of more) events.push(event)
      if (more.length === 0) return events
      cursor = more.at(-1)?.sequence ?? cursor
    } catch (error) {
      if (!(error instanceof CuelineError) || error.code !== 'pruned') throw error
      // What was read before a prune is no beginning of what is left.
      events.length = 0
      cursor = Number(error.details.firstSequence) - 1
    }
  }
}
