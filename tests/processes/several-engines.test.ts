import { createCueline, type Cueline, type ProjectSettings } from '@cueline/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endOf, startEngine } from '../faults/engine.ts'
import { openStorage, type Place, sqlitePlace } from '../faults/place.ts'

let place: Place
beforeEach(async () => {
  place = await sqlitePlace()
})
afterEach(() => place.remove())

describe('several engine processes on one database file [S2-02, S2-03, X-02]', () => {
  it('share the work: every task is done once, and each process does some', async () => {
    const cueline = await open()
    const projectId = await projectWith(cueline, 30)
    const engines = [1, 2, 3].map(() => startEngine(place, { projectId }))
    await Promise.all(engines.map(endOf))

    const events = await cueline.events.after({ projectId, limit: 10_000 })
    const succeeded = events.filter((event) => event.type === 'attempt.succeeded')
    expect(new Set(succeeded.map((event) => 'taskId' in event && event.taskId)).size).toBe(30)
    expect(succeeded).toHaveLength(30)
    const workers = new Set(
      events.flatMap((event) => (event.type === 'attempt.started' ? [event.workerId] : [])),
    )
    expect(workers.size).toBeGreaterThan(3)
    expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true, findings: [] })
    await cueline.close()
  })
})

describe('a resource of one unit across processes [S2-02, S2-08, X-02]', () => {
  it('is never held by two attempts at once, however many processes race for it', async () => {
    const cueline = await open()
    const projectId = await projectWith(cueline, 24, { resources: { schema: 1 } }, { schema: 1 })
    const engines = [1, 2, 3].map(() => startEngine(place, { projectId }))
    await Promise.all(engines.map(endOf))

    const events = await cueline.events.after({ projectId, limit: 10_000 })
    const holding = new Set<string>()
    let most = 0
    for (const event of events) {
      if (event.type === 'attempt.started') holding.add(event.attemptId)
      if (
        event.type === 'attempt.succeeded' ||
        event.type === 'attempt.failed' ||
        event.type === 'attempt.interrupted' ||
        event.type === 'attempt.yielded'
      ) {
        holding.delete(event.attemptId)
      }
      most = Math.max(most, holding.size)
    }
    expect(most).toBe(1)
    expect(events.filter((event) => event.type === 'attempt.succeeded')).toHaveLength(24)
    await cueline.close()
  })
})

describe('auto-promotion across processes [S0-05]', () => {
  it('reaches an engine in another process without anyone asking', async () => {
    const cueline = await open()
    const projectId = await projectWith(cueline, 12)
    const engine = startEngine(place, { projectId })
    const stop = new AbortController()
    const seen: string[] = []
    for await (const event of cueline.watch({ projectId, signal: stop.signal })) {
      seen.push(event.type)
      if (
        event.type === 'batch.promoted' &&
        seen.filter((type) => type === event.type).length === 1
      ) {
        // The first batch runs over there; this process adds another one.
        await cueline.tasks.add({ projectId, tasks: [{ id: 'T100', title: 'Late' }] })
        const batch = await cueline.stages.create({ projectId, name: 'Added from outside' })
        await cueline.stages.stage({ batchId: batch.id, tasks: ['T100'], force: true })
      }
      if (event.type === 'worker.changed' && event.status === 'offline') stop.abort()
    }
    await endOf(engine)
    const batches = await cueline.stages.list({ projectId })
    expect(batches.find(({ batch }) => batch.name === 'Added from outside')?.label).toBe('done')
    await cueline.close()
  })
})

async function open(): Promise<Cueline> {
  return createCueline({ storage: await openStorage(place.address) })
}

async function projectWith(
  cueline: Cueline,
  count: number,
  settings: Partial<ProjectSettings> = {},
  resources: Readonly<Record<string, number>> = {},
): Promise<string> {
  const { id: projectId } = await cueline.projects.create({
    name: 'Shared',
    settings: {
      retryBaseMs: 1,
      retryMaxMs: 5,
      releaseOn: 'merged',
      // Leases of a quarter of a second lapse on a busy machine, which says nothing against a task.
      maxInterruptions: 100,
      ...settings,
    },
  })
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `T${index}`,
    title: 'One of many',
    resources,
  }))
  await cueline.tasks.add({ projectId, tasks })
  const plan = await cueline.plans.build({ projectId, workers: 4 })
  await cueline.stages.fromPlan({ planId: plan.id, force: true })
  return projectId
}
