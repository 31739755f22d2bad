import { describe, expect, it } from 'vitest'

import { memoryDeliveries } from '../delivery/memory-deliveries.ts'
import { CuelineError } from '../error.ts'
import { renderDelivery } from '../report/render-delivery.ts'
import { renderReportText } from '../report/render-report-text.ts'
import { replay } from '../staging/evolve.ts'
import { tinyWorld, type TinyWorldOptions } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

async function landed(options: Partial<TinyWorldOptions> = {}) {
  const workspace = memoryWorkspaces()
  const delivery = memoryDeliveries()
  const world = await tinyWorld({
    tasks: [
      { id: 'A', title: 'First' },
      { id: 'B', title: 'Second', dependsOn: ['A'] },
      { id: 'C', title: 'Third', capabilities: ['later'] },
    ],
    workspace,
    delivery,
    runner: async ({ attemptId, task }) => {
      workspace.files(attemptId).set(task.code, 'work')
    },
    ...options,
  })
  await world.cueline.run({ projectId: world.projectId, capabilities: [] })
  return { ...world, delivery, workspace }
}

describe('deliveries of a project [S4-06, S4-13]', () => {
  it('offer what landed last, with what the report says of it', async () => {
    const { cueline, projectId, delivery, task, events } = await landed()
    const opened = await cueline.deliveries.open({ projectId })
    const { attempts } = await cueline.projects.snapshot({ projectId })
    const last = attempts.find(({ taskId }) => taskId === 'task-2') ?? attempts.at(-1)
    expect(opened).toMatchObject({
      number: 1,
      provider: 'memory',
      base: 'main',
      commit: last?.merged,
      state: 'open',
      checks: 'none',
    })
    expect(opened.branch).toMatch(/^cueline\/deliver\/tiny-[a-z0-9-]+-1$/)
    const offered = delivery.offered.get(opened.id)
    expect(offered?.title).toBe('Tiny: 2 tasks')
    expect(offered?.body).toContain('- **A** First (no gates)')
    expect(offered?.body).toContain('## Not in it')
    expect(offered?.body).toContain('- **C** Third (staged)')
    expect((await task('A')).status).toBe('done')
    expect(events.at(-1)?.type).toBe('delivery.opened')
    expect(replay(events).project?.deliveries).toEqual([opened])
  })

  it('bring the open offer up to date instead of making another', async () => {
    const { cueline, projectId, delivery } = await landed()
    const first = await cueline.deliveries.open({ projectId })
    expect(await cueline.deliveries.open({ projectId })).toEqual(first)
    await cueline.run({ projectId })
    const second = await cueline.deliveries.open({ projectId, title: 'All of it' })
    expect(second).toMatchObject({ number: 1, id: first.id, url: first.url })
    expect(second.commit).not.toBe(first.commit)
    expect(delivery.offered.size).toBe(1)
    expect(delivery.offered.get(first.id)).toMatchObject({
      title: 'All of it',
      commit: second.commit,
    })
  })

  it('are followed to their end, and the next one is another', async () => {
    const { cueline, projectId, delivery, events } = await landed()
    const { id } = await cueline.deliveries.open({ projectId })
    delivery.change(id, { checks: 'pending' })
    expect(await cueline.deliveries.refresh({ projectId })).toMatchObject([{ checks: 'pending' }])
    const before = events.length
    await cueline.deliveries.refresh({ projectId })
    expect(events.length).toBe(before)
    delivery.change(id, { checks: 'passing', state: 'merged' })
    await cueline.deliveries.refresh({ projectId })
    const report = await cueline.reports.build({ projectId })
    expect(report.deliveries).toMatchObject([{ number: 1, state: 'merged', checks: 'passing' }])
    expect(renderReportText(report)).toMatch(/Delivered +to main: merged, checks passing, memory:/)
    // Nothing has landed since, so there is nothing to offer.
    expect(await cueline.deliveries.open({ projectId })).toMatchObject({ number: 1 })
    await cueline.run({ projectId })
    expect(await cueline.deliveries.open({ projectId })).toMatchObject({ number: 2, state: 'open' })
    expect(await cueline.deliveries.list({ projectId })).toHaveLength(2)
  })

  it('are found again when the program died before it could store them', async () => {
    const delivery = memoryDeliveries()
    let dies = true
    const { cueline, projectId, events } = await landed({
      delivery: {
        ...delivery,
        async deliver(request, signal) {
          const offered = await delivery.deliver(request, signal)
          if (dies) throw new Error('the power went out')
          return offered
        },
      },
    })
    await expect(cueline.deliveries.open({ projectId })).rejects.toThrow('the power went out')
    expect(events.some(({ type }) => type === 'delivery.opened')).toBe(false)
    dies = false
    expect(await cueline.deliveries.open({ projectId })).toMatchObject({ number: 1, id: '1' })
    expect(delivery.offered.size).toBe(1)
  })

  it('that the provider puts off change nothing, so that they can be tried again', async () => {
    const delivery = memoryDeliveries()
    const limit = new CuelineError('limit', 'Too many requests.', { retryable: true })
    const { cueline, projectId, events } = await landed({
      delivery: {
        ...delivery,
        async deliver() {
          throw limit
        },
      },
    })
    const before = events.length
    await expect(cueline.deliveries.open({ projectId })).rejects.toBe(limit)
    expect(events.length).toBe(before)
    expect((await cueline.reports.build({ projectId })).tasks.failed).toBe(0)
  })

  it('say what is missing: a provider, work that landed, the project', async () => {
    const world = await tinyWorld({ tasks: { A: [] } })
    const { cueline, projectId } = world
    await expect(cueline.deliveries.open({ projectId })).rejects.toMatchObject({
      code: 'unsupported',
    })
    expect(await cueline.deliveries.list({ projectId })).toEqual([])
    const idle = await tinyWorld({ tasks: { A: [] }, delivery: memoryDeliveries() })
    const given = { projectId: idle.projectId }
    await expect(idle.cueline.deliveries.open(given)).rejects.toMatchObject({ code: 'refused' })
    await expect(idle.cueline.deliveries.open({ projectId: 'nowhere' })).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  it('write text from outside as text: no link, no mention, no closed issue', async () => {
    const title = 'Fixes #12 for @octocat, see https://evil.example and [x](y) <img src=x> GH-7'
    const workspace = memoryWorkspaces()
    const { cueline, projectId } = await landed({
      tasks: [{ id: 'A', title }],
      workspace,
      runner: async () => {},
    })
    const body = renderDelivery(await cueline.reports.build({ projectId }))
    for (const live of ['#12', '@octocat', '://', ' [x]', ' <img', 'GH-7']) {
      expect(body).not.toContain(live)
    }
    expect(body).toContain('octocat')
  })

  it('fit into what forges take, however many tasks there are', async () => {
    const { cueline, projectId } = await landed()
    const report = await cueline.reports.build({ projectId })
    const many = Array.from({ length: 1_000 }, (_, nth) => ({
      ...report.perTask[0]!,
      task: `T${nth}`,
      title: 'long '.repeat(200),
    }))
    const body = renderDelivery({ ...report, perTask: many })
    expect(body.length).toBeLessThan(61_000)
    expect(body).toContain('more than fits here')
    const short = many.map((task) => ({ ...task, title: 'x' }))
    expect(renderDelivery({ ...report, perTask: short })).toContain('… and 800 more')
  })
})
