import { describe, expect, it } from 'vitest'

import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'

// Task counts, efforts and dependencies of four plans that people published; names are our own.

const hour = 60
const day = 8 * hour

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

function task(id: string, estimate: number, ...dependsOn: string[]): PlanTask {
  return { id, estimate, dependsOn }
}

describe('a telemetry sprint of six tasks [X-03] [X-04] [S3-03]', () => {
  const sprint = [
    task('collect', 6 * hour),
    task('store', 8 * hour, 'collect'),
    task('tools', 10 * hour, 'collect'),
    task('commands', 6 * hour, 'collect'),
    task('streams', 8 * hour, 'collect'),
    task('dashboard', 8 * hour, 'store'),
  ]

  it('takes three workers 22 hours, and 28 with a barrier after each layer', () => {
    const plan = planOf(sprint, { workers: 3 })
    expect(plan.work).toBe(46 * hour)
    expect(plan.criticalPath).toEqual({
      length: 22 * hour,
      tasks: ['collect', 'store', 'dashboard'],
    })
    expect(plan.makespan).toBe(22 * hour)
    expect(plan.barrierMakespan.layer).toBe(28 * hour)
    expect(plan.smallestUsefulWorkers).toBe(3)
  })

  it('gains nothing from a fourth worker, who only softens the barrier', () => {
    const plan = planOf(sprint, { workers: 4 })
    expect(plan.makespan).toBe(22 * hour)
    expect(plan.barrierMakespan.layer).toBe(24 * hour)
  })
})

describe('a backlog of thirteen tasks in sizes S, M and L [X-03] [S3-03]', () => {
  const [small, medium, large] = [1, 3, 5]
  const backlog = [
    task('toolkit', medium),
    task('query', large, 'toolkit'),
    task('export', large, 'toolkit', 'query'),
    task('print', medium, 'export'),
    task('memory', medium, 'toolkit'),
    task('prompts', medium, 'memory', 'toolkit'),
    task('board', large),
    task('shell', medium),
    task('repository', medium),
    task('bridge', small),
    task('runbooks', medium),
    task('journal', small, 'memory'),
    task('hints', small, 'memory', 'prompts'),
  ]

  it('has four layers, and three workers reach its critical path unless layers are barriers', () => {
    const plan = planOf(backlog, { workers: 3 })
    expect(plan.layers.map((layer) => layer.length)).toEqual([6, 2, 3, 2])
    expect(plan.work).toBe(39)
    expect(plan.criticalPath.length).toBe(16)
    expect(plan.makespan).toBe(16)
    expect(plan.barrierMakespan.layer).toBe(19)
  })
})

describe('a plan of twenty tasks that claims 27 hours with four agents [X-03] [X-04] [S3-12]', () => {
  const groups = [[3, 4, 3, 2], [4, 4, 4, 4, 4], [5, 6, 4, 4, 5], [5, 5, 4, 4], [4], [4]]
  const layered = groups.flatMap((hours, layer) =>
    hours.map((estimate, nth) =>
      task(
        `${layer}.${nth}`,
        estimate * hour,
        ...(groups[layer - 1] ?? []).map((_, other) => `${layer - 1}.${other}`),
      ),
    ),
  )

  it('takes 33 hours', () => {
    const plan = planOf(layered, { workers: 4 })
    expect(plan.work).toBe(82 * hour)
    expect(plan.makespan).toBe(33 * hour)
    expect(plan.barrierMakespan.layer).toBe(33 * hour)
  })

  it('takes the claimed 27 only with a fifth agent', () => {
    expect(planOf(layered, { workers: 5 }).makespan).toBe(27 * hour)
    expect(planOf(layered, { workers: 4 }).smallestUsefulWorkers).toBe(5)
  })
})

describe('a day table of twenty tasks that starts three of them too early [S3-03] [X-04]', () => {
  const table = [
    task('architecture', 6 * day),
    task('pipeline', 3 * day),
    task('monitoring', 4 * day),
    task('chat design', 3 * day),
    task('habit design', 2 * day),
    task('state', 2 * day),
    task('journal', 1 * day),
    task('error tracking', 1 * day),
    task('error pages', 1 * day),
    task('schema', 2 * day),
    task('performance', 2 * day),
    task('foundation', 5 * day, 'architecture'),
    task('queries', 3 * day, 'state'),
    task('habits', 3 * day, 'schema', 'foundation'),
    task('endpoints', 3 * day, 'schema'),
    task('assistant', 5 * day, 'foundation'),
    task('heatmap', 3 * day, 'habits'),
    task('charts', 3 * day, 'habits'),
    task('chat', 4 * day, 'chat design'),
    task('patterns', 5 * day, 'assistant'),
  ]
  const publishedStart = { habits: 9, heatmap: 12, charts: 12, chat: 6, endpoints: 4, patterns: 17 }

  it('cannot start them before the days 12 and 15', () => {
    const { schedule } = planOf(table, { workers: table.length })
    const dayOf = new Map(schedule.map(({ task: id, start }) => [id, start / day + 1]))
    const tooEarly = Object.entries(publishedStart).filter(([id, at]) => at < dayOf.get(id)!)
    expect(tooEarly.map(([id]) => [id, dayOf.get(id)])).toEqual([
      ['habits', 12],
      ['heatmap', 15],
      ['charts', 15],
    ])
  })

  it('needs three workers, not ten, for its 21 days', () => {
    const plan = planOf(table, { workers: 3 })
    expect(plan.work).toBe(61 * day)
    expect(plan.criticalPath.tasks).toEqual(['architecture', 'foundation', 'assistant', 'patterns'])
    expect(plan.makespan).toBe(21 * day)
    expect(plan.barrierMakespan.layer).toBe(25 * day)
    expect(plan.smallestUsefulWorkers).toBe(3)
  })

  it('is refused while one of its tasks waits for a task that is not in it', () => {
    const result = planTasks([...table, task('mood charts', 3 * day, 'mood')])
    expect(result).toMatchObject({
      ok: false,
      problems: [{ kind: 'missing', tasks: ['mood charts', 'mood'] }],
    })
  })
})
