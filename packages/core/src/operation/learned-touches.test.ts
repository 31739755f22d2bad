import { describe, expect, it } from 'vitest'

import { CuelineError } from '../error.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

const cron = [
  'Parse cron expressions',
  'Cron expressions with ranges',
  'Cron expressions with steps',
  'Cron parser for weekdays',
]
const paint = ['Paint the shed', 'Shed: second coat of paint', 'Paint the shed door', 'Shed roof']
const files = ['src/cron/expression.ts', 'src/shed.ts', 'src/other.ts', 'README.md']

/** Eight tasks that are done by the run, and what is still to be done when it rests. */
async function halfDone(later: readonly { id: string; title: string; touches?: string[] }[]) {
  const workspace = memoryWorkspaces(files.map((path) => [path, 'base']))
  const world = await tinyWorld({
    tasks: [
      ...cron.map((title, nth) => ({ id: `C${nth}`, title, estimate: 10 })),
      ...paint.map((title, nth) => ({ id: `P${nth}`, title, estimate: 10 })),
      ...later.map((task) => ({ ...task, estimate: 10, capabilities: ['later'] })),
    ],
    workspace,
    runner: async ({ attemptId, task: { code } }) => {
      const path = code.startsWith('C') ? 'src/cron/expression.ts' : 'src/shed.ts'
      workspace.files(attemptId).set(path, `by ${code}`)
    },
  })
  const { cueline, projectId } = world
  const before = await cueline.plans.build({ projectId, files })
  await cueline.run({ projectId, workers: 1, capabilities: [] })
  return { ...world, before }
}

const alike = [
  { id: 'X', title: 'Cron expressions with names of months' },
  { id: 'Y', title: 'Cron parser: tell where the expressions are wrong' },
  { id: 'Z', title: 'Write a letter' },
]

describe('a plan after some of its work has landed [S4-02]', () => {
  it('expects of open tasks what those that read alike really touched, and says which', async () => {
    const { cueline, projectId, before } = await halfDone(alike)
    expect(JSON.stringify(before.conflicts)).not.toContain('really touched')
    const after = await cueline.plans.build({ projectId, files })
    expect(after.conflicts.map(({ tasks }) => tasks)).toEqual([['X', 'Y']])
    const evidence = after.conflicts[0]?.evidence.join('\n')
    expect(evidence).toContain('src/cron/expression.ts')
    expect(evidence).toMatch(/C\d really touched it/)
  })

  it('corrects its conflicts in a revision that reads no files', async () => {
    const { cueline, projectId } = await halfDone(alike)
    const { plan } = await cueline.plans.revise({
      projectId,
      patch: { change: [{ task: 'Z', estimate: 20 }] },
    })
    expect(plan.conflicts.map(({ tasks }) => tasks)).toEqual([['X', 'Y']])
  })

  it('does not learn twice what the history of the repository tells as well', async () => {
    const { cueline, projectId } = await halfDone(alike)
    const history = cron.map((title, nth) => ({
      title: `C${nth}: ${title}`,
      files: ['src/cron/expression.ts'],
    }))
    const both = await cueline.plans.build({ projectId, files, history })
    expect(both.conflicts.map(({ tasks }) => tasks)).toEqual([['X', 'Y']])
    expect(both.conflicts[0]?.evidence.join('\n')).not.toContain('C3 really touched it')
  })

  it('keeps work that came back apart by what it really touched, not by what was guessed', async () => {
    const workspace = memoryWorkspaces([['src/shared.ts', 'base']])
    const both = Promise.withResolvers<void>()
    let started = 0
    const { cueline, projectId, statuses } = await tinyWorld({
      tasks: [
        { id: 'A', title: 'One', estimate: 10 },
        { id: 'B', title: 'Two', estimate: 10, touches: ['src/guessed.ts'] },
        { id: 'C', title: 'Three', touches: ['src/shared.ts'], capabilities: ['later'] },
        { id: 'D', title: 'Four', touches: ['src/guessed.ts'], capabilities: ['later'] },
      ],
      workspace,
      runner: async ({ attemptId, task, number }) => {
        if (number > 1) throw new CuelineError('refused', 'It gives up.')
        workspace.files(attemptId).set('src/shared.ts', task.code)
        started += 1
        if (started === 2) both.resolve()
        await both.promise
        // B comes second, whatever the order in which they began.
        if (task.code === 'B') while ((await statuses()).A !== 'done') await Promise.resolve()
      },
    })
    await cueline.run({ projectId, workers: 2, capabilities: [] })
    expect(await statuses()).toMatchObject({ A: 'done', B: 'failed' })
    const plan = await cueline.plans.build({ projectId })
    expect(plan.conflicts).toEqual([
      expect.objectContaining({
        tasks: ['B', 'C'],
        evidence: ['src/shared.ts: B really touched it; C declares src/shared.ts'],
      }),
    ])
    // Whoever declares anew what B touches knows better.
    const patch = { change: [{ task: 'B', touches: ['src/guessed.ts', 'src/new.ts'] }] }
    const { plan: revised } = await cueline.plans.revise({ projectId, patch })
    expect(revised.conflicts.map(({ tasks }) => tasks)).toEqual([['B', 'D']])
    const { task } = await cueline.tasks.get({ projectId, task: 'B' })
    expect(task.touched).toBeNull()
    const again = await cueline.plans.build({ projectId })
    expect(again.conflicts.map(({ tasks }) => tasks)).toEqual([['B', 'D']])
  })

  it('is followed by a report of how well the files were known', async () => {
    const { cueline, projectId } = await halfDone([])
    const { touches, perTask } = await cueline.reports.build({ projectId })
    expect(touches).toMatchObject({ tasks: 8, precision: expect.any(Number) })
    expect(perTask.find(({ task }) => task === 'P0')?.touches).toMatchObject({
      touched: 1,
      hit: ['src/shed.ts'],
      missed: [],
    })
  })
})
