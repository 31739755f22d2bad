import { describe, expect, it } from 'vitest'
import { advance, type ProjectProgress } from './advance.ts'
import type { BatchSummary } from './batch-summary.ts'
import { newBatch } from './new-batch.ts'
import type { Barrier, Batch } from './state.ts'
import { batchId, projectId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const now = 1_700_000_600_000
const promoted = { promotedAt: now - 600_000 } as const

/** A batch with nothing in it, not promoted, but for what is given. */
function summary(
  name: string,
  batch: Partial<Batch> = {},
  counts: Partial<Omit<BatchSummary, 'batch'>> = {},
): BatchSummary {
  const id = batchId(name)
  return {
    batch: newBatch({ id, projectId, name, order: 1, createdAt: now - 900_000, ...batch }),
    total: 0,
    todo: 0,
    staged: 0,
    queued: 0,
    doing: 0,
    review: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
    lowestOpenLayer: null,
    lastProgressAt: now - 300_000,
    ...counts,
  }
}

/** The commands, each as its kind, its batch and what matters about it. */
function steps(
  barrier: Barrier,
  batches: readonly BatchSummary[],
  progress: Partial<ProjectProgress> = {},
) {
  const { project } = new World({ barrier, maxParallelTasks: 4 })
  const rest = { running: 0, claimable: 0, freeSlots: 0, now }
  return advance({ project, batches, ...rest, ...progress }).map((command) => {
    if (command.type === 'batch.open-layer') return `open ${command.batchId} ${command.layer}`
    if (command.type === 'batch.unstick') {
      return `unstick ${command.batchId} ${command.silentMs}${command.idle ? ' idle' : ''}`
    }
    if (command.type !== 'batch.promote') return command.type
    const awaitedBy = command.awaitedBy === undefined ? '' : ` for ${command.awaitedBy.join(', ')}`
    return `promote ${command.batchId}${awaitedBy}`
  })
}

describe('opening layers [S0-05]', () => {
  const layered = { ...promoted, openLayer: 1 }
  const working = { doing: 1, staged: 1 }

  it('is due once everything up to the open one has settled', () => {
    const after = (lowestOpenLayer: number | null) =>
      steps('layer', [summary('spring', layered, { ...working, lowestOpenLayer })])

    expect(after(3)).toEqual(['open spring 3'])
    expect(after(1)).toEqual([])
    expect(after(0)).toEqual([])
    expect(after(null)).toEqual([])
  })

  it.each<[string, Partial<Batch>]>([
    ['is not promoted', { openLayer: 1, promotedAt: null }],
    ['is paused', { ...layered, pausedAt: now }],
    ['has no layers', { ...promoted, openLayer: null }],
  ])('is not due in a batch that %s', (_, batch) => {
    const spring = summary('spring', batch, { doing: 1, lowestOpenLayer: 3 })

    expect(steps('layer', [spring])).toEqual([])
  })

  it('waits for no other batch', () => {
    const busy = summary('summer', promoted, { doing: 2 })
    const spring = summary('spring', layered, { staged: 1, lowestOpenLayer: 2 })

    expect(steps('layer', [spring, busy])).toEqual(['open spring 2'])
  })
})

describe('the next promotion [S0-05, X-03]', () => {
  const ready = summary('summer', {}, { staged: 2 })
  const filled = (batch: Partial<Batch>, counts: Partial<BatchSummary>) =>
    summary('spring', { ...promoted, ...batch }, counts)

  it('fills a slot only where the work that may start does not', () => {
    const spring = filled({ maxParallelTasks: 3 }, { staged: 3, queued: 3, doing: 1, review: 1 })
    const asked = (freeSlots: number, claimable = 3) =>
      steps('none', [spring, ready], { freeSlots, claimable, running: 2 })

    // The batch lets one more start, beside the one that runs and the one that is judged.
    expect(asked(1)).toEqual([])
    expect(asked(2)).toEqual(['promote summer'])
    expect(asked(1, 0)).toEqual(['promote summer'])
    expect(asked(0)).toEqual([])
  })

  it('does not count on work of a batch that is paused or not promoted', () => {
    const counts = { staged: 1, queued: 1 }
    const progress = { freeSlots: 1, claimable: 9 }

    expect(steps('none', [filled({}, counts), ready], progress)).toEqual([])
    expect(steps('none', [filled({ pausedAt: now }, counts), ready], progress)).toEqual([
      'promote summer',
    ])
    expect(
      steps('none', [summary('spring', { autoPromote: false }, counts), ready], progress),
    ).toEqual(['promote summer'])
  })

  it('does not exceed what the project may run at once', () => {
    expect(steps('none', [ready], { freeSlots: 9, running: 4 })).toEqual([])
    expect(steps('none', [ready], { freeSlots: 9, running: 3 })).toEqual(['promote summer'])
  })

  it('needs no free slot behind a barrier, but the end of everything before', () => {
    const before = (counts: Partial<BatchSummary>) =>
      steps('stage', [filled({}, counts), ready], { freeSlots: 0 })

    expect(before({ done: 2 })).toEqual(['promote summer'])
    expect(before({ review: 1 })).toEqual([])
    expect(before({ todo: 1 })).toEqual([])
  })
})

describe('promotion against the order [S0-05, X-03]', () => {
  const resting = summary('spring', promoted, { staged: 1, failed: 1 })
  const later = summary('summer', {}, { staged: 1 })
  const offers = (batches: readonly BatchSummary[], barrier: Barrier = 'stage') =>
    steps(barrier, batches).filter((step) => step.startsWith('promote'))

  it('is offered to every later batch when all rests behind a barrier', () => {
    const autumn = summary('autumn', {}, { staged: 2 })

    expect(offers([resting, later, autumn])).toEqual([
      'promote summer for spring',
      'promote autumn for spring',
    ])
    expect(offers([resting, later], 'layer')).toEqual(['promote summer for spring'])
    expect(offers([resting, later], 'none')).toEqual([])
  })

  it.each<[string, Partial<Batch>, Partial<BatchSummary>]>([
    ['empty', {}, {}],
    ['paused', { pausedAt: now }, { staged: 1 }],
    ['promoted already', promoted, { staged: 1 }],
    ['promoted by a person', { autoPromote: false }, { staged: 1 }],
  ])('is not offered to a batch that is %s', (_, batch, counts) => {
    expect(offers([resting, summary('winter', batch, counts)])).toEqual([])
  })

  it('names only those that rest: promoted, not paused, with something left', () => {
    const done = summary('autumn', promoted, { done: 1 })
    const paused = summary('winter', { ...promoted, pausedAt: now }, { staged: 1 })

    expect(offers([resting, done, paused, later])).toEqual(['promote summer for spring'])
    expect(offers([done, paused, later])).toEqual([])
  })

  it.each<[string, BatchSummary]>([
    ['runs', summary('autumn', promoted, { doing: 1 })],
    ['is judged', summary('autumn', promoted, { review: 1 })],
    ['runs as much as is judged', summary('autumn', promoted, { doing: 1, review: 1 })],
    ['could be claimed', summary('autumn', promoted, { staged: 1, queued: 1 })],
    ['runs in a paused batch', summary('autumn', { ...promoted, pausedAt: now }, { doing: 1 })],
    [
      'runs and is judged in a paused batch',
      summary('autumn', { ...promoted, pausedAt: now }, { doing: 1, review: 1 }),
    ],
  ])('is not offered while something %s', (_, busy) => {
    expect(offers([resting, busy, later])).toEqual([])
  })

  it('does not take the queue of a paused batch for something that moves', () => {
    const paused = summary('autumn', { ...promoted, pausedAt: now }, { staged: 1, queued: 1 })

    expect(offers([resting, paused, later])).toEqual(['promote summer for spring'])
  })
})

describe('looking for batches that are stuck [S0-06]', () => {
  const looks = (...batches: readonly BatchSummary[]) =>
    steps('none', batches).filter((step) => step.startsWith('unstick'))
  const resting = { staged: 1 }

  it('is due where tasks are left and nothing of the batch moves, with the time it has been so', () => {
    expect(looks(summary('spring', promoted, resting))).toEqual(['unstick spring 300000 idle'])
    expect(looks(summary('spring', { promotedAt: now - 5 }, resting))).toEqual([
      'unstick spring 5 idle',
    ])
    expect(looks(summary('spring', promoted, { ...resting, lastProgressAt: now + 7 }))).toEqual([
      'unstick spring 0 idle',
    ])
  })

  it('is not due where nothing is left, where something moves, nor where nothing was promoted', () => {
    expect(looks(summary('spring', promoted, { done: 1 }))).toEqual([])
    expect(looks(summary('spring', promoted, { ...resting, queued: 1 }))).toEqual([])
    expect(looks(summary('spring', promoted, { ...resting, doing: 1 }))).toEqual([])
    expect(looks(summary('spring', {}, resting))).toEqual([])
    expect(looks(summary('spring', { ...promoted, pausedAt: now }, resting))).toEqual([])
  })

  it('is due once more where the batch was stuck and moves again', () => {
    const stuck = { ...promoted, stuckSince: now - 1 }

    expect(looks(summary('spring', stuck, { ...resting, doing: 1 }))).toEqual([
      'unstick spring 300000',
    ])
    expect(looks(summary('spring', stuck, { done: 1 }))).toEqual(['unstick spring 300000 idle'])
  })

  it('waits while others run, unless something has failed that it may wait for', () => {
    const spring = summary('spring', promoted, resting)
    const runs = (counts: Partial<BatchSummary>) => summary('summer', promoted, counts)

    expect(looks(spring, runs({ doing: 1 }))).toEqual([])
    expect(looks(spring, runs({ review: 1 }))).toEqual([])
    expect(looks(spring, runs({ doing: 1, review: 1 }))).toEqual([])
    expect(looks(spring, runs({ doing: 1, failed: 1 }))).toEqual(['unstick spring 300000'])
    expect(looks(spring, runs({ doing: 1, cancelled: 1 }))).toEqual(['unstick spring 300000'])
    expect(looks(spring, runs({ doing: 1, failed: 1, cancelled: 1 }))).toEqual([
      'unstick spring 300000',
    ])
  })
})
