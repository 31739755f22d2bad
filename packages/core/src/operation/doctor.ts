import * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { ProjectId } from '../id.ts'
import { countOpenDependencies, readiness } from '../staging/readiness.ts'
import type { Slice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import type { Storage } from '../storage/storage.ts'
import { foldLog } from './fold-log.ts'
import { actor, projectId } from './input.ts'
import { operation } from './operation.ts'
import { replayDifferences } from './replay-differences.ts'
import { requireProject } from './resolve.ts'

export interface Finding {
  readonly kind: 'replay' | 'counter' | 'ready-set' | 'lease'
  readonly message: string
  readonly repaired: boolean
}

export interface Diagnosis {
  readonly ok: boolean
  /** How many there were ever. */
  readonly events: number
  /** How many of them were pruned, the first ones; a replay starts from what stands for them. */
  readonly pruned: number
  readonly findings: readonly Finding[]
}

export const doctor = {
  check: operation({
    summary: 'Check that state, log and counters agree, and mend counters that do not',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/doctor',
    input: z.strictObject({
      projectId,
      /** Also fold the whole log and compare it with the stored state. */
      replay: z.boolean().default(true),
      repair: z.boolean().default(false),
      actor,
    }),
    async run({ storage, ledger }, input): Promise<Diagnosis> {
      const findings: Finding[] = []
      const { slice, ready, expired, sequence, pruned } = await storage.transaction(
        async (transaction) => ({
          // First, so that nothing is never found to be sound.
          project: await requireProject(transaction, input.projectId),
          slice: await transaction.load({ projectId: input.projectId, everything: true }),
          ready: await transaction.query('ready', { projectId: input.projectId }),
          expired: await transaction.query('expired', { projectId: input.projectId, limit: 1_000 }),
          sequence: await transaction.query('lastSequence', { projectId: input.projectId }),
          pruned: await transaction.query('prunedThrough', { projectId: input.projectId }),
        }),
      )
      for (const task of drifted(slice)) {
        if (input.repair) {
          await ledger.execute(
            {
              type: 'task.depend',
              projectId: input.projectId,
              taskId: task.id,
              dependencies: slice.dependencies.get(task.id) ?? [],
            },
            input.actor,
          )
        }
        findings.push({
          kind: 'counter',
          message: `Task "${task.code}" counts ${task.openDependencies} open dependencies, its edges say ${countOpenDependencies(task, slice)}.`,
          repaired: input.repair,
        })
      }
      findings.push(...readySetFindings(slice, ready))
      for (const id of expired) {
        findings.push({
          kind: 'lease',
          message: `The lease of work order "${id}" has lapsed; the next run returns it to the queue.`,
          repaired: false,
        })
      }
      if (input.replay) {
        for (const message of await replayed(storage, input.projectId, slice, sequence)) {
          findings.push({ kind: 'replay', message, repaired: false })
        }
      }
      return {
        ok: findings.every((finding) => finding.repaired),
        events: sequence,
        pruned,
        findings,
      }
    },
  }),
}

/** Folds the log through `sequence` and compares; a log with a gap is a finding too. */
async function replayed(
  storage: Storage,
  projectId: ProjectId,
  stored: Slice,
  sequence: number,
): Promise<readonly string[]> {
  try {
    const fold = await foldLog(storage, projectId, sequence)
    if (fold.sequence === sequence) return replayDifferences(stored, fold.world)
    // Pruned beyond what was read of the state: that state is no more than history.
    if (fold.sequence > sequence) throw busy(projectId)
    return [`The log ends with event ${fold.sequence}, but ${sequence} were written.`]
  } catch (error) {
    if (error instanceof CuelineError && error.code === 'internal') return [error.message]
    throw error
  }
}

function busy(projectId: ProjectId): CuelineError {
  return new CuelineError(
    'conflict',
    `The log of project "${projectId}" was pruned while it was checked. Check it again.`,
    { retryable: true, details: { projectId } },
  )
}

/** Unsettled tasks whose counter is not what their edges say. */
function drifted(slice: Slice): Task[] {
  return [...slice.tasks.values()].filter(
    (task) =>
      (task.status === 'todo' || task.status === 'staged') &&
      task.openDependencies !== countOpenDependencies(task, slice),
  )
}

function readySetFindings(slice: Slice, ready: readonly string[]): Finding[] {
  const said = new Set<string>(ready)
  return [...slice.tasks.values()].flatMap((task): Finding[] => {
    const batch = task.batchId === null ? undefined : slice.batches.get(task.batchId)
    const is = slice.project !== null && readiness(task, batch, slice.project)
    if (is === said.has(task.id)) return []
    return [
      {
        kind: 'ready-set',
        message: `Task "${task.code}" is ${is ? '' : 'not '}ready, but the query says the opposite.`,
        repaired: false,
      },
    ]
  })
}
