import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import { CuelineError } from '../error.ts'
import type { ProjectId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

async function doneWorld() {
  const world = await tinyWorld({
    tasks: { A: [], B: ['A'], C: ['A'], D: ['B', 'C'] },
    runner: async () => {},
  })
  await world.cueline.run({ projectId: world.projectId })
  await world.clock.advance(1_000)
  return world
}

async function lastOf(storage: Storage, projectId: ProjectId): Promise<number> {
  return storage.transaction((transaction) => transaction.query('lastSequence', { projectId }))
}

describe('pruning the event log [X-11]', () => {
  it('leaves state, report, timeline and replay as they were, and says so in the log', async () => {
    const { cueline, projectId } = await doneWorld()
    const state = await cueline.projects.snapshot({ projectId })
    const report = await cueline.reports.build({ projectId })
    const timeline = await cueline.reports.timeline({ projectId })
    expect(await cueline.events.prune({ projectId, before: 1 })).toMatchObject({ events: 0 })
    const pruned = await cueline.events.prune({ projectId, keepEvents: 3, actor: 'ada' })
    expect(pruned).toMatchObject({
      events: state.cursor - 3,
      from: 1,
      to: state.cursor - 3,
      firstSequence: state.cursor - 2,
    })
    expect(await cueline.projects.snapshot({ projectId })).toEqual({
      ...state,
      cursor: state.cursor + 1,
    })
    expect(await cueline.reports.build({ projectId })).toEqual(report)
    expect(await cueline.reports.timeline({ projectId })).toBe(timeline)
    expect(await cueline.doctor.check({ projectId })).toEqual({
      ok: true,
      events: state.cursor + 1,
      pruned: state.cursor - 3,
      findings: [],
    })
    const left = await cueline.events.after({ projectId, cursor: state.cursor - 3 })
    expect(left).toHaveLength(4)
    expect(left.at(-1)).toMatchObject({
      type: 'log.pruned',
      through: state.cursor - 3,
      events: state.cursor - 3,
      actor: 'ada',
    })
  })

  it('prunes in the middle of the work, again and again, and the work goes on', async () => {
    const world = await tinyWorld({
      tasks: { A: [], B: ['A'], C: ['B'], D: ['C'] },
      runner: async () => {
        await world.cueline.events.prune({ projectId: world.projectId, keepEvents: 0 })
      },
    })
    const { cueline, projectId } = world
    const result = await cueline.run({ projectId })
    expect(result.tasks.done).toBe(4)
    expect(await cueline.reports.build({ projectId })).toMatchObject({
      tasks: { done: 4 },
      attempts: 4,
      workers: 4,
    })
    expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
  })

  it('keeps the events of so many days by the clock of the storage', async () => {
    const { cueline, clock, projectId, storage } = await doneWorld()
    const last = await lastOf(storage, projectId)
    await clock.advance(3 * 24 * 3_600_000)
    await cueline.projects.pause({ projectId })
    expect(await cueline.events.prune({ projectId, keepDays: 4 })).toMatchObject({
      events: 0,
      from: null,
      to: null,
      bytes: 0,
      firstSequence: 1,
    })
    expect(await cueline.events.prune({ projectId, keepDays: 2 })).toMatchObject({
      events: last,
      to: last,
    })
  })

  it.each([{ keepEvents: 3 }, { keepEvents: 0 }, { keepDays: 0 }])(
    'lets a project rest that nothing but prunes happen to: %o',
    async (kept) => {
      const { cueline, clock, projectId, storage } = await doneWorld()
      expect((await cueline.events.prune({ projectId, ...kept })).events).toBeGreaterThan(0)
      const last = await lastOf(storage, projectId)
      for (let day = 0; day < 3; day += 1) {
        await clock.advance(24 * 3_600_000)
        const { events, firstSequence } = await cueline.events.prune({ projectId, ...kept })
        expect({ events, firstSequence }).toEqual({
          events: 0,
          firstSequence: last - (kept.keepEvents ?? 0),
        })
        expect(await lastOf(storage, projectId)).toBe(last)
      }
      await cueline.projects.pause({ projectId })
      await clock.advance(1)
      expect((await cueline.events.prune({ projectId, ...kept })).events).toBeGreaterThan(0)
      // Who names the first event that stays gets it.
      const through = await lastOf(storage, projectId)
      await cueline.events.prune({ projectId, before: through + 1 })
      expect(await lastOf(storage, projectId)).toBe(through + 1)
      expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
    },
  )

  it('changes nothing in a dry run', async () => {
    const { cueline, projectId } = await doneWorld()
    const before = await cueline.events.after({ projectId })
    const dry = await cueline.events.prune({ projectId, before: 6, dryRun: true })
    expect(dry).toMatchObject({ events: 5, from: 1, to: 5, firstSequence: 6, dryRun: true })
    const text = before.slice(0, 5).map((event) => JSON.stringify(event))
    expect(dry.bytes).toBe(text.join('').length)
    expect(await cueline.events.after({ projectId })).toEqual(before)
  })

  it('refuses what lies beyond the log, and two answers at once', async () => {
    const { cueline, projectId, storage } = await doneWorld()
    const last = await lastOf(storage, projectId)
    await expect(cueline.events.prune({ projectId, before: last + 2 })).rejects.toThrow(
      `Name ${last + 1} or less`,
    )
    await expect(cueline.events.prune({ projectId })).rejects.toThrow('one of before')
    await expect(
      cueline.events.prune({ projectId, keepDays: 1, keepEvents: 1 }),
    ).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(cueline.events.prune({ projectId: 'nobody', keepDays: 1 })).rejects.toMatchObject({
      code: 'not-found',
    })
    expect(await cueline.events.prune({ projectId, before: last + 1 })).toMatchObject({
      events: last,
    })
  })

  it('refuses a log that does not fold to the stored state, and takes nothing out', async () => {
    const { cueline, projectId, storage } = await doneWorld()
    const [task] = await cueline.tasks.list({ projectId })
    await storage.transaction((transaction) =>
      transaction.write(
        projectId,
        [{ table: 'task', kind: 'update', key: task!.id, set: { title: 'by hand' } }],
        [],
        'nobody',
      ),
    )
    await expect(cueline.events.prune({ projectId, keepEvents: 0 })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('by hand'),
    })
    expect(await cueline.events.after({ projectId, limit: 1 })).toHaveLength(1)
  })

  it('lets only one of several that prune at once win, without harm', async () => {
    const { cueline, projectId } = await doneWorld()
    const report = await cueline.reports.build({ projectId })
    const outcomes = await Promise.allSettled([
      cueline.events.prune({ projectId, keepEvents: 5 }),
      cueline.events.prune({ projectId, keepEvents: 3 }),
      cueline.events.prune({ projectId, keepEvents: 1 }),
    ])
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(outcomes.length - lost.length).toBeGreaterThan(0)
    for (const { reason } of lost) {
      expect(reason).toBeInstanceOf(CuelineError)
      expect(['conflict', 'pruned']).toContain((reason as CuelineError).code)
    }
    expect(await cueline.reports.build({ projectId })).toEqual(report)
    expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
  })

  it('changes no report and no diagnosis, between whichever two reads of them another process prunes', async () => {
    const { cueline, projectId, storage } = await doneWorld()
    const report = await cueline.reports.build({ projectId })
    const other = await createCueline({ storage })
    let left = 0
    let reads = 0
    /** Before the read with this number, somebody adds an event and prunes all. */
    const pruneBefore = async () => {
      reads += 1
      left -= 1
      if (left !== 0) return
      await other.projects.pause({ projectId })
      await other.projects.resume({ projectId })
      await other.events.prune({ projectId, keepEvents: 0 })
    }
    const reader = await createCueline({
      storage: {
        ...storage,
        async transaction(work, project) {
          await pruneBefore()
          return storage.transaction(work, project)
        },
        async eventsAfter(...given) {
          await pruneBefore()
          return storage.eventsAfter(...given)
        },
      },
    })
    let at = 0
    do {
      at += 1
      left = at
      reads = 0
      expect(await reader.reports.build({ projectId })).toEqual(report)
    } while (reads >= at)
    expect(at).toBeGreaterThan(2)
    at = 0
    const outcomes = new Set<string>()
    do {
      at += 1
      left = at
      reads = 0
      const checked = await reader.doctor
        .check({ projectId })
        .then(({ findings }) => JSON.stringify(findings))
        .catch((error: unknown) => (error instanceof CuelineError ? error.code : String(error)))
      outcomes.add(checked)
    } while (reads >= at)
    // What was read of the state may be history by then; that is said, never taken for damage.
    expect([...outcomes].toSorted()).toEqual(['[]', 'conflict'])
  })

  it('tells of a log with a gap instead of folding over it', async () => {
    const { projectId, storage } = await doneWorld()
    const cueline = await createCueline({
      storage: {
        ...storage,
        eventsAfter: async (...given) =>
          (await storage.eventsAfter(...given)).filter(({ sequence }) => sequence !== 4),
      },
    })
    const diagnosis = await cueline.doctor.check({ projectId })
    expect(diagnosis).toMatchObject({ ok: false, findings: [{ kind: 'replay' }] })
    expect(diagnosis.findings[0]!.message).toContain('lacks the events 4 to 4')
    await expect(cueline.events.prune({ projectId, keepEvents: 0 })).rejects.toThrow('lacks')
  })
})
