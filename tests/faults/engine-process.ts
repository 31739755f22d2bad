// One engine, as a process of its own: the thing that gets killed, stopped and lied to.
// Usage: node engine-process.ts <EngineOptions as JSON>; SIGTERM stops it in good order.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { directoryWorkspaces } from '@cueline/adapter-agents/directory'
import { bullmqDispatcher } from '@cueline/adapter-bullmq'
import { gitWorkspaces } from '@cueline/adapter-git'
import {
  createCueline,
  functionRunner,
  type Gate,
  type Runner,
  type WorkspaceProvider,
} from '@cueline/core'
import type { EngineOptions, Work } from './engine-options.ts'
import { faultsAt } from './fault-points.ts'
import { gitAgent, greenGate } from './git-agent.ts'
import { openStorage } from './place.ts'

const { folder, address, projectId, workers, kill, leaseMs, redis, work } = JSON.parse(
  process.argv[2] ?? '{}',
) as EngineOptions
const faults = faultsAt(kill?.point ?? null, kill?.occurrence ?? 1)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

const cueline = await createCueline({
  storage: faults.storage(await openStorage(address)),
  runner: faults.runner(runnerOf(work)),
  ...(work.kind !== 'nothing' && { workspace: faults.workspace(workspacesOf(work)) }),
  ...(work.kind === 'git' && { gates: [gateOf(work)], mergeGroup: work.mergeGroup }),
  ...(redis !== undefined && { dispatcher: bullmqDispatcher({ url: redis }) }),
  times: { leaseMs, sweepMs: Math.max(40, leaseMs / 6), stopGraceMs: 100 },
  onError: (error, where) => console.error(where, error),
})
process.stdout.write('ready\n')
const result = await cueline.run({ projectId, workers, signal: stop.signal, drainMs: 20 })
await cueline.close()
process.stdout.write(`${JSON.stringify({ ended: result.ended, tasks: result.tasks })}\n`)

/** Where work is merged in groups its gate takes long enough for some to wait. */
function gateOf({ mergeGroup }: Extract<Work, { readonly kind: 'git' }>): Gate {
  if (mergeGroup === 1) return greenGate
  return {
    ...greenGate,
    async judge(subject, signal) {
      await delay(300, undefined, { signal })
      return await greenGate.judge(subject, signal)
    },
  }
}

function workspacesOf(given: Work): WorkspaceProvider {
  const root = join(folder, 'workspaces')
  return given.kind === 'git'
    ? gitWorkspaces({ repository: join(folder, 'repository'), root, policy: given.policy })
    : directoryWorkspaces({ result: join(folder, 'result'), root, silenceMs: 1_500 })
}

function runnerOf(kind: Work): Runner {
  if (kind.kind === 'git') return gitAgent(kind.seed, join(folder, 'commits.txt'))
  return functionRunner(async (attempt, { signal }) => {
    const { code } = attempt.task
    if (kind.kind === 'nothing') return
    if (kind.kind === 'poison' && code === kind.code) process.kill(process.pid, 'SIGKILL')
    if (kind.kind === 'busy' && attempt.number === 1) {
      for (const until = Date.now() + kind.ms; Date.now() < until;);
    }
    await delay(kind.kind === 'slow' ? kind.ms : 2 + (code.length % 5), undefined, { signal })
    await writeFile(join(attempt.workspace.path ?? folder, `${code}.txt`), `${code}\n`)
    if (kind.kind !== 'slow' && Number(code.slice(1)) % 3 === 0 && attempt.feedback.length === 0) {
      throw new Error('the first attempt fails on purpose')
    }
  })
}
