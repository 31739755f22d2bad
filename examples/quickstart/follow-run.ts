import { setTimeout as sleep } from 'node:timers/promises'

import { createRunView, type Cueline, type StoredEvent } from '@cueline/core'

import type { Options } from './command-line.ts'
import { openScreen } from './screen.ts'

/** What is asked, as far as an answer needs it. */
interface Asked {
  readonly id: string
  readonly options: readonly string[]
}

export interface Following {
  /** Shows a line between the lanes and what came before. */
  tell(text: string): void
  close(): void
}

/** Shows a run from what its log holds already on, and answers what the agents ask. */
export async function followRun(
  cueline: Cueline,
  projectId: string,
  options: Options,
): Promise<Following> {
  const view = createRunView(options.workers)
  for (const event of await eventsOf(cueline, projectId)) view.apply(event)
  const screen = openScreen(process.stdout, view, Date.now)
  const closing = new AbortController()

  const answer = async ({ id, options: choices }: Asked) => {
    // A person takes a moment: long enough to see that the worker does something else meanwhile.
    await sleep(Math.min(2_000, 10_000 * options.scale), undefined, { signal: closing.signal })
    await cueline.requests.answer({ requestId: id, answer: answerTo(choices, options.answer) })
  }
  const answerSoon = (asked: Asked) => {
    answer(asked).catch((error: unknown) => {
      // What is open when a run stops is answered by the next one.
      if (!closing.signal.aborted) console.error('The answer did not arrive:', error)
    })
  }
  cueline.on('event', (event) => {
    screen.lines(view.apply(event))
    if (event.type === 'request.opened') answerSoon(event.request)
  })
  const open = await cueline.requests.list({ projectId, status: ['open'] })
  for (const request of open) answerSoon(request)
  return {
    tell: (text) => screen.lines([{ text, kind: 'plain', step: false }]),
    close() {
      closing.abort()
      screen.close()
    },
  }
}

/** The whole log of a project so far. */
export async function eventsOf(cueline: Cueline, projectId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const cursor = events.at(-1)?.sequence ?? 0
    const more = await cueline.events.after({ projectId, cursor })
    if (more.length === 0) return events
    events.push(...more)
  }
}

/** The option that starts with what was said on the command line, else the first one. */
function answerTo(choices: readonly string[], said: string | null): string {
  const chosen = said === null ? choices[0] : choices.find((choice) => choice.startsWith(said))
  return chosen ?? said ?? 'Decide yourself, and take the simplest way that meets the criteria.'
}
