// A worker: start as many as you like, on any host that reaches the database. SIGTERM ends it.
import { hostname } from 'node:os'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

import { createCueline } from '@cueline/core'

import { openSharedDispatcher, openSharedStorage, projectName } from './fleet.ts'

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())

// #region worker
const cueline = await createCueline({
  storage: await openSharedStorage(),
  ...openSharedDispatcher(),
  // Here stands the agent; this one takes its time and says who it was.
  runner: async (_attempt, { signal }) => {
    await delay(150, undefined, { signal })
    return `by ${hostname()}, process ${process.pid}`
  },
  times: { leaseMs: 3_000 },
})
const projectId = await findProject()
if (projectId !== null) {
  await cueline.run({ projectId, workers: 2, stay: true, signal: stop.signal, drainMs: 5_000 })
}
await cueline.close()
// #endregion worker

/** Workers may be there before there is anything to do. */
async function findProject(): Promise<string | null> {
  while (!stop.signal.aborted) {
    const projects = await cueline.projects.list({})
    const found = projects.find(({ name }) => name === projectName)
    if (found !== undefined) return found.id
    await delay(200, undefined, { signal: stop.signal }).catch(() => {})
  }
  return null
}
