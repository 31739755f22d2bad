import * as z from 'zod'
import { replay } from '../staging/evolve.ts'
import { countOpenDependencies, readiness } from '../staging/readiness.ts'
import type { Slice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import { actor, projectId } from './input.ts'
import { operation } from './operation.ts'
import { allEvents } from './reports.ts'
import { requireProject } from './resolve.ts'

export interface Finding {
  readonly kind: 'replay' | 'counter' | 'ready-set' | 'lease'
  readonly message: string
  readonly repaired: boolean
}

export interface Diagnosis {
  readonly ok: boolean
  readonly events: number
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
      const { slice, ready, expired, sequence } = await storage.transaction(
        async (transaction) => ({
          // First, so that nothing is never found to be sound.
          project: await requireProject(transaction, input.projectId),
          slice: await transaction.load({ projectId: input.projectId, everything: true }),
          ready: await transaction.query('ready', { projectId: input.projectId }),
          expired: await transaction.query('expired', { projectId: input.projectId, limit: 1_000 }),
          sequence: await transaction.query('lastSequence', { projectId: input.projectId }),
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
        const log = await allEvents(storage, input.projectId)
        const upToThen = log.filter((event) => event.sequence <= sequence)
        findings.push(...replayFindings(slice, replay(upToThen)))
      }
      return { ok: findings.every((finding) => finding.repaired), events: sequence, findings }
    },
  }),
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

const tables = [
  'tasks',
  'batches',
  'workOrders',
  'attempts',
  'requests',
  'holds',
  'workers',
  'dependencies',
] as const

function replayFindings(stored: Slice, replayed: Slice): Finding[] {
  const findings: Finding[] = []
  const differ = (message: string) => findings.push({ kind: 'replay', message, repaired: false })
  if (canonical(stored.project) !== canonical(replayed.project)) differ('The project differs.')
  for (const table of tables) {
    const there: ReadonlyMap<string, unknown> = stored[table]
    const again: ReadonlyMap<string, unknown> = replayed[table]
    for (const key of new Set([...there.keys(), ...again.keys()])) {
      const one = canonical(comparable(there.get(key)))
      const other = canonical(comparable(again.get(key)))
      if (one !== other) differ(`In ${table}, "${key}" is ${one}, but the log says ${other}.`)
    }
  }
  return findings
}

/** Edge lists have no order of their own, and an empty one is none. */
function comparable(row: unknown): unknown {
  if (!Array.isArray(row)) return row
  return row.length === 0 ? undefined : row.map(canonical).toSorted()
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, field: unknown) =>
      field !== null && typeof field === 'object' && !Array.isArray(field)
        ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : field,
    ) ?? 'absent'
  )
}
