import { type Cueline, CuelineError, type StoredEvent } from '@cueline/core'

const portion = 10_000

/** The log of a project after `cursor`, or of a task or worker; of one that was pruned, what is left. */
export async function readEvents(
  cueline: Cueline,
  projectId: string,
  filter: { readonly task?: string; readonly worker?: string; readonly cursor?: number } = {},
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  let cursor = filter.cursor ?? 0
  for (;;) {
    try {
      const given = { projectId, ...filter, cursor, limit: portion }
      const more = await cueline.events.after(given)
      for (const event of more) events.push(event)
      if (more.length < portion) return events
      cursor = more.at(-1)?.sequence ?? cursor
    } catch (error) {
      if (!(error instanceof CuelineError) || error.code !== 'pruned') throw error
      // What was read before a prune is no beginning of what is left.
      events.length = 0
      cursor = Number(error.details.firstSequence) - 1
    }
  }
}
