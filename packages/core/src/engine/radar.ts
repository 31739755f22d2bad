import type { AttemptId, ProjectId, TaskId } from '../id.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Attempt, Task } from '../staging/state.ts'
import type { WorkOverlap } from '../workspace/workspace.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'

/** Pairs of workspaces that are compared in one look. */
const mostPairs = 50

/**
 * Tells while attempts still work which of them contradict each other or what has landed. It looks every
 * `radarMs`, sooner after a landing, beside the work and never in its way; what it finds is an event and
 * advice for the next attempt of the task, nothing else.
 */
export function startRadar(context: EngineContext, projectId: ProjectId) {
  const { clock, times, workspace, emitter, open, onError } = context
  const stopping = new AbortController()
  const told = new Set<string>()
  let lastAt = clock.now()
  let landed = false
  let looking: Promise<void> | null = null
  const silence = emitter.on('event', (event) => {
    if (event.type === 'attempt.succeeded' && event.projectId === projectId) landed = true
  })
  const lookNow = async () => {
    try {
      const { signal } = stopping
      const found = (await workspace?.radar?.({ pairs: mostPairs, signal })) ?? []
      await tell(context, projectId, found, told)
    } catch (error) {
      if (!stopping.signal.aborted) onError(error, 'looking for work that contradicts other work')
    }
  }
  return {
    /** Looks if it is time to; never waits. */
    look() {
      const since = clock.now() - lastAt
      const due = times.radarMs > 0 && since >= (landed ? times.sweepMs : times.radarMs)
      if (!due || looking !== null || open.size === 0 || workspace?.radar === undefined) return
      lastAt = clock.now()
      landed = false
      looking = lookNow().finally(() => {
        looking = null
      })
    },
    async stop() {
      silence()
      stopping.abort(new Error('The run has ended.'))
      await looking
    },
  }
}

async function tell(
  context: EngineContext,
  projectId: ProjectId,
  found: readonly WorkOverlap[],
  told: Set<string>,
): Promise<void> {
  const { storage, open, overlaps } = context
  const ids = [...new Set(found.flatMap(({ attempts }) => [...attempts]))]
  const { attempts, tasks } = await storage.transaction(async (transaction) => {
    const loaded = await transaction.load({ projectId, attempts: ids })
    const taskIds = [...loaded.attempts.values()].map(({ taskId }) => taskId)
    return { ...loaded, tasks: (await transaction.load({ projectId, tasks: taskIds })).tasks }
  })
  for (const { attemptId, taskId } of open.values()) {
    const seen = found.filter((each) => each.attempts.some((id) => id === attemptId))
    const advice = seen.map((each) => adviceOf(each, attemptId, attempts, tasks))
    if (advice.length > 0) overlaps.set(taskId, advice)
    else overlaps.delete(taskId)
  }
  const current = new Set<string>()
  for (const overlap of found) {
    const [first, second] = overlap.attempts
    // Whoever runs the first of the two tells of both, so that it is told once.
    const claim = open.get(first)
    const other = second === undefined ? null : attempts.get(second)
    if (claim?.projectId !== projectId || other === undefined) continue
    const key = [first, second ?? '', ...overlap.paths].join('\0')
    current.add(key)
    if (!told.has(key)) await write(context, claim, overlap, other)
  }
  told.clear()
  for (const key of current) told.add(key)
}

async function write(
  { ledger }: EngineContext,
  claim: Claim,
  { paths, message }: WorkOverlap,
  other: Attempt | null,
): Promise<void> {
  const against = other === null ? null : { attemptId: other.id, taskId: other.taskId }
  await ledger.run(async (transaction) => {
    const held = (await transaction.storage.held([claim])).has(claim.workOrderId)
    const seen = { type: 'attempt.overlap', with: against, paths, message } as const
    // Of an attempt that has ended meanwhile there is nothing to tell: a refusal is not an error.
    await transaction.decide({ ...claim, ...seen, held })
  })
}

function adviceOf(
  { attempts: [first, second], message }: WorkOverlap,
  own: AttemptId,
  attempts: ReadonlyMap<AttemptId, Attempt>,
  tasks: ReadonlyMap<TaskId, Task>,
): NonNullable<AttemptBrief['overlaps']>[number] {
  const other = first === own ? second : first
  const taskId = other === undefined ? undefined : attempts.get(other)?.taskId
  return { task: taskId === undefined ? null : (tasks.get(taskId)?.code ?? null), message }
}
