import { describe, expect, it } from 'vitest'

import type { AttemptId } from '../id.ts'
import { renderReportText } from '../report/render-report-text.ts'
import { createRunView } from '../report/run-view.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'
import type { WorkOverlap } from '../workspace/workspace.ts'

/** Two tasks at work for as long as the test wants, under a radar that says what it is told to. */
async function twoAtWork(see: (ids: readonly AttemptId[]) => readonly WorkOverlap[]) {
  const workspace = memoryWorkspaces()
  const briefs: AttemptBrief[] = []
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  let looks = 0
  const world: TinyWorld = await tinyWorld({
    tasks: { A: [], B: [] },
    settings: { maxAttempts: 2, retryBaseMs: 10, retryMaxMs: 10 },
    times: { radarMs: 10_000, leaseMs: 60_000 },
    workspace: {
      ...workspace,
      async radar({ pairs }) {
        looks += 1
        expect(pairs).toBeGreaterThan(0)
        return see((await workspace.list()).map(({ attemptId }) => attemptId).toSorted())
      },
    },
    runner: async (brief) => {
      briefs.push(brief)
      const again = brief.number > 1
      if (!again) await gates[brief.task.code === 'A' ? 0 : 1].promise
      if (brief.task.code === 'A' && !again) {
        return { status: 'failed', class: 'invalid-output', message: 'again' }
      }
    },
  })
  const run = world.cueline.run({ projectId: world.projectId })
  return { world, briefs, gates, run, looks: () => looks }
}

const both = ([first, second]: readonly AttemptId[]): readonly WorkOverlap[] =>
  first === undefined || second === undefined
    ? []
    : [{ attempts: [first, second], paths: ['src/a.ts'], message: 'src/a.ts line 3', evidence: '' }]

describe('the radar of a run [S4-12, X-06]', () => {
  it('tells once of two tasks that contradict each other, while both still work', async () => {
    const { world, gates, run, looks, briefs } = await twoAtWork(both)
    await world.clock.advance(45_000)
    expect(looks()).toBeGreaterThan(2)
    const seen = world.events.filter(({ type }) => type === 'attempt.overlapping')
    const [a, b] = [await world.task('A'), await world.task('B')]
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ paths: ['src/a.ts'], message: 'src/a.ts line 3' })
    const [event] = seen
    const tasks = event?.type === 'attempt.overlapping' ? [event.taskId, event.with?.taskId] : []
    expect(new Set(tasks)).toEqual(new Set([a.id, b.id]))

    gates[0].resolve()
    await world.clock.advance(2_000)
    // The next attempt knows where to be careful; the first of all does not.
    const again = briefs.find(({ number }) => number === 2)
    expect(again?.overlaps).toEqual([{ task: 'B', message: 'src/a.ts line 3' }])
    expect(briefs[0]?.overlaps).toBeUndefined()
    gates[1].resolve()
    await world.clock.advance(10_000)
    const report = await run
    expect(report.tasks.done).toBe(2)
    expect(renderReportText(report, 120)).toMatch(/Overlap seen +A and B: src\/a\.ts line 3/)
    expect(report.overlaps).toEqual([
      { tasks: ['A', 'B'], paths: ['src/a.ts'], message: 'src/a.ts line 3' },
    ])
  })

  it('says so to whoever follows the run', async () => {
    const { world, gates, run } = await twoAtWork(both)
    await world.clock.advance(15_000)
    const view = createRunView(2)
    const lines = world.events.flatMap((event) => view.apply(event))
    expect(lines.map(({ text }) => text)).toContain(
      'A and B contradict each other as they stand: src/a.ts line 3',
    )
    for (const gate of gates) gate.resolve()
    await world.clock.advance(10_000)
    await run
  })

  it('tells of what has landed, and disturbs no work when it breaks', async () => {
    let broken = true
    const { world, gates, run } = await twoAtWork(([first]) => {
      if (broken) throw new Error('no git')
      if (first === undefined) return []
      return [{ attempts: [first], paths: ['b.ts'], message: 'b.ts line 1', evidence: '' }]
    })
    await world.clock.advance(11_000)
    expect(world.errors).toMatchObject([{ message: 'no git' }])
    broken = false
    await world.clock.advance(11_000)
    expect(world.events.filter(({ type }) => type === 'attempt.overlapping')).toMatchObject([
      { with: null, message: 'b.ts line 1' },
    ])
    for (const gate of gates) gate.resolve()
    await world.clock.advance(10_000)
    expect((await run).tasks.done).toBe(2)
  })
})
