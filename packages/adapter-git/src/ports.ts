import { createServer } from 'node:net'

import { CuelineError, type AttemptId } from '@cueline/core'

import { claimName, freeName } from './claimed-names.ts'
import { digestOf } from './names.ts'
import type { Repository } from './repository.ts'
import type { CheckedSetup } from './workspace-setup.ts'

/**
 * Ports of loopback for an attempt, by variable: no other workspace of the repository has them, in
 * whatever process, and no program listened on them just now. The search begins at another port for
 * each attempt, so that workspaces of other repositories are seldom met.
 *
 * @throws CuelineError `limit` when none is left.
 */
export async function claimPorts(
  place: Repository,
  { ports: variables, portRange: [first, last] }: CheckedSetup,
  attemptId: AttemptId,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const count = last - first + 1
  const start = Number.parseInt(digestOf(`${place.common}\0${attemptId}`).slice(0, 8), 16) % count
  const found: [string, number][] = []
  for (let step = 0; found.length < variables.length; step += 1) {
    signal.throwIfAborted()
    if (step === count) throw noneLeft(first, last)
    const port = first + ((start + step) % count)
    if (!(await claimName(place, 'ports', String(port), attemptId))) continue
    if (await isFree(port)) found.push([variables[found.length] as string, port])
    else await freeName(place, 'ports', String(port))
  }
  return Object.fromEntries(found)
}

/** Whether one could listen there, by both addresses of loopback. */
async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const problem = await listenProblem(port, host)
    if (problem === 'EADDRINUSE' || problem === 'EACCES') return false
  }
  return true
}

function listenProblem(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

function noneLeft(first: number, last: number): CuelineError {
  return new CuelineError(
    'limit',
    `No port from ${first} to ${last} is free for another workspace. End what listens there, or widen portRange of the set-up.`,
    { retryable: true, details: { first, last } },
  )
}
