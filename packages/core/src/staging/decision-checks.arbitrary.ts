import { expect } from 'vitest'
import { copySlice, type MutableSlice } from './apply-changes.ts'
import type { Decision } from './decide.ts'
import { applyEvent } from './evolve.ts'
import { type Change, emptySlice, type Slice } from './slice.ts'
import {
  attemptTransitions,
  isAllowed,
  sessionTransitions,
  taskTransitions,
  workOrderTransitions,
} from './transitions.ts'
import type { Accepted, Checks } from './world.arbitrary.ts'

/**
 * Holds every decision against what must be true of all of them: equal arguments give equal
 * decisions, only transitions of the tables happen, fences grow, and the events alone give the same
 * rows again.
 */
export class DecisionChecks implements Checks {
  /** The state as the log tells it, on no slice but the whole. */
  readonly folded: MutableSlice = copySlice(emptySlice)
  /** How many commands were decided. */
  decisions = 0

  isPure(slice: Slice, decision: Decision, decideAgain: () => Decision): void {
    this.decisions += 1
    const before = entriesOf(slice)
    const again = JSON.stringify(decideAgain())
    const first = JSON.stringify(decision)
    if (again !== first) expect(again).toBe(first)
    const after = entriesOf(slice)
    if (after.some((entry, index) => entry !== before[index])) {
      throw new Error('A decision changed its slice.')
    }
  }

  beforeWrite(state: Slice, { changes }: Accepted): void {
    const known = new Map<string, { status: string; fence: number }>()
    for (const change of changes) this.#checkChange(change, known, state)
  }

  afterWrite(state: Slice, { changes, events }: Accepted): void {
    for (const event of events) applyEvent(this.folded, event)
    for (const change of changes) this.#checkFolded(change, state)
  }

  /** The whole of both states is equal; `afterWrite` looks only at what a decision has touched. */
  checkReplay(state: Slice): void {
    expect(plain(this.folded)).toEqual(plain(state))
  }

  #checkChange(
    change: Change,
    known: Map<string, { status: string; fence: number }>,
    state: Slice,
  ): void {
    if (
      change.table !== 'task' &&
      change.table !== 'workOrder' &&
      change.table !== 'attempt' &&
      change.table !== 'session'
    ) {
      return
    }
    if (change.kind === 'delete') throw new Error(`A ${change.table} was deleted.`)
    if (change.kind === 'insert') {
      const { id, status } = change.row
      if (known.has(id) || storedRow(state, change.table, id) !== undefined) {
        throw new Error(`${id} was inserted twice.`)
      }
      known.set(id, { status, fence: 0 })
      return
    }
    const row = known.get(change.key) ?? storedRow(state, change.table, change.key)
    if (row === undefined) throw new Error(`${change.key} was changed before it was inserted.`)
    known.set(change.key, row)
    const to = change.set.status ?? row.status
    const table = {
      task: taskTransitions,
      workOrder: workOrderTransitions,
      attempt: attemptTransitions,
      session: sessionTransitions,
    }[change.table]
    if (!isAllowed(table as Record<string, readonly string[]>, row.status, to)) {
      throw new Error(`${change.table} ${change.key} went from ${row.status} to ${to}.`)
    }
    row.status = to
    if (change.table !== 'workOrder' || to !== 'claimed' || change.set.fence === undefined) return
    if (change.set.fence <= row.fence) throw new Error(`The fence of ${change.key} did not grow.`)
    row.fence = change.set.fence
  }

  #checkFolded(change: Change, state: Slice): void {
    const rowsOf = (slice: Slice): unknown => {
      switch (change.table) {
        case 'project':
          return slice.project
        case 'dependency': {
          const { taskId } = change.kind === 'insert' ? change.row : change.key
          return slice.dependencies.get(taskId)
        }
        case 'hold': {
          const { account } = change.kind === 'insert' ? change.row : change.key
          return slice.holds.get(account)
        }
        case 'plan':
        case 'artifact':
          return undefined
        default: {
          const id = change.kind === 'insert' ? change.row.id : change.key
          const rows: Readonly<Record<string, ReadonlyMap<string, unknown>>> = {
            task: slice.tasks,
            batch: slice.batches,
            workOrder: slice.workOrders,
            attempt: slice.attempts,
            request: slice.requests,
            worker: slice.workers,
            session: slice.sessions,
          }
          return rows[change.table]?.get(id)
        }
      }
    }
    const stored = JSON.stringify(rowsOf(state))
    const told = JSON.stringify(rowsOf(this.folded))
    if (stored !== told) expect(told).toBe(stored)
  }
}

function storedRow(
  state: Slice,
  table: 'task' | 'workOrder' | 'attempt' | 'session',
  id: string,
): { status: string; fence: number } | undefined {
  const maps = {
    task: state.tasks,
    workOrder: state.workOrders,
    attempt: state.attempts,
    session: state.sessions,
  }
  const row = (maps[table] as ReadonlyMap<string, { status: string; fence?: number }>).get(id)
  return row && { status: row.status, fence: row.fence ?? 0 }
}

/** Every row and list of a slice, by identity. */
function entriesOf(slice: Slice): unknown[] {
  const { project, ...maps } = slice
  return [project, ...Object.values(maps).flatMap((map) => [map.size, ...map.values()])]
}

/** A state without the empty lists of edges that were removed. */
export function plain(slice: Slice): unknown {
  const { dependencies, dependents, ...rest } = slice
  const filled = (lists: Slice['dependencies']) =>
    new Map([...lists].filter(([, list]) => list.length > 0))
  return { ...rest, dependencies: filled(dependencies), dependents: filled(dependents) }
}
