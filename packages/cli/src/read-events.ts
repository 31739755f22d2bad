import type { Cueline, StoredEvent } from '@cueline/core'

/** The whole log of a project so far. */
export async function readEvents(cueline: Cueline, projectId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const cursor = events.at(-1)?.sequence ?? 0
    const more = await cueline.events.after({ projectId, cursor, limit: 10_000 })
    for (const event of more) events.push(event)
    if (more.length === 0) return events
  }
}
