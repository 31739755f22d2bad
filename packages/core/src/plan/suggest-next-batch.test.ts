import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { PlanTask } from './plan.ts'
import { suggestNextBatch, type SuggestionOptions } from './suggest-next-batch.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

function suggested(tasks: readonly PlanTask[], done: string[] = [], options?: SuggestionOptions) {
  const result = suggestNextBatch(tasks, done, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.suggestion
}

const ids = (list: readonly { task: string }[]) => list.map(({ task }) => task)

const site: readonly PlanTask[] = [
  { id: 'logo', estimate: 10 },
  { id: 'imprint', estimate: 10 },
  { id: 'schema', estimate: 10 },
  { id: 'api', estimate: 30, dependsOn: ['schema'] },
  { id: 'page', estimate: 20, dependsOn: ['api', 'logo'] },
]

describe('suggestNextBatch [S0-08, S4-03]', () => {
  it.each([
    [{ conflicts: [null] }],
    [{ conflicts: [{}] }],
    [{ conflicts: [{ tasks: ['logo'] }] }],
    [{ conflicts: 'logo' }],
    [{ conflicts: [{ tasks: ['logo', 'api'] }], allow: 5 }],
  ])('names conflicts that cannot be understood, and forgets none silently: %j', (options) => {
    const result = suggestNextBatch(site, [], options as unknown as SuggestionOptions)
    expect(!result.ok && result.problems).toHaveLength(1)
  })

  it('takes the ready tasks that the finish hangs on, and says why', () => {
    const { tasks, finish, finishInInputOrder, leftOut, duration, text } = suggested(site, [], {
      workers: 1,
      size: 1,
    })
    expect(ids(tasks)).toEqual(['schema'])
    expect(tasks[0]).toMatchObject({ tail: 60, critical: true, unlocks: ['api'], behind: 2 })
    expect([finish, finishInInputOrder, duration]).toEqual([80, 80, 10])
    expect(leftOut).toEqual(['logo', 'imprint'])
    expect(text).toContain(
      '- schema: the longest way to the end begins with it: 60 minutes; 2 tasks stand behind it, and api can start after this batch.',
    )
  })

  it('says how much sooner everything is finished than in input order', () => {
    const two = suggested(site, [], { workers: 2, size: 2 })
    expect(ids(two.tasks)).toEqual(['schema', 'logo'])
    expect(two).toMatchObject({ finish: 60, finishInInputOrder: 70, exhaustive: true })
    expect(two.text).toContain('10 minutes sooner than in input order')
  })

  it('counts only tasks whose dependencies are done, and leaves out what runs', () => {
    const next = suggested(site, ['schema'], { workers: 2, running: ['logo'] })
    expect(ids(next.tasks)).toEqual(['api', 'imprint'])
    expect(next.tasks[0]!.unlocks).toEqual([])
    expect(next.finish).toBe(50)
  })

  it('keeps conflicting tasks apart, in the batch and beside what runs', () => {
    const conflicts = [{ tasks: ['schema', 'logo'] }, { tasks: ['gone', 'api'] }] as const
    const beside = suggested(site, [], { workers: 2, conflicts })
    expect(ids(beside.tasks)).toEqual(['schema', 'imprint'])
    expect(beside).toMatchObject({
      keptApart: [{ task: 'logo', from: 'schema' }],
      exhaustive: true,
    })
    expect(beside.text).toContain('Kept apart: logo conflicts with schema.')
    const running = suggested(site, [], { workers: 2, conflicts, running: ['schema'] })
    expect(ids(running.tasks)).toEqual(['imprint'])
    expect(running.leftOut).toEqual(['logo'])
    const none = suggested([{ id: 'A' }, { id: 'B' }], [], {
      running: ['A'],
      conflicts: [{ tasks: ['A', 'B'] }],
    })
    expect(none.tasks).toEqual([])
    expect(none.text).toContain('Kept apart: B conflicts with A.')
  })

  it('says when nothing is left, and when everything waits for what runs', () => {
    expect(suggested([{ id: 'A' }], ['A']).text).toBe('No task is left to promote.')
    expect(
      suggested([{ id: 'A' }, { id: 'B', dependsOn: ['A'] }], [], { running: ['A'] }).text,
    ).toBe('No task is ready: the rest waits for what is running.')
  })

  it('plans the rest with the minutes that all tasks together let it assume', () => {
    const tasks = [{ id: 'A', estimate: 30 }, { id: 'B' }]
    expect(suggested(tasks, ['A']).finish).toBe(30)
  })

  it('names every problem', () => {
    const result = suggestNextBatch([{ id: 'A' }], ['B'], { workers: 0, size: 1.5, running: ['C'] })
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('workers is 0'),
      expect.stringContaining('size is 1.5'),
      expect.stringContaining('"B" is named as done or running'),
      expect.stringContaining('"C" is named as done or running'),
    ])
  })

  it('exchanges tasks one by one where there are too many batches to compare them all', () => {
    const many = Array.from({ length: 40 }, (_, nth) => ({
      id: `T${nth}`,
      estimate: 1 + (nth % 7),
    }))
    const found = suggested(many, [], { workers: 5, size: 12 })
    expect(found.exhaustive).toBe(false)
    expect(found.tasks).toHaveLength(12)
    expect(found.finish).toBeLessThanOrEqual(found.finishInInputOrder)
  })

  it('expects conflicting tasks one after the other later on, too, unless they are allowed to meet', () => {
    const tasks = [
      { id: 'first', estimate: 1 },
      { id: 'left', estimate: 5, dependsOn: ['first'] },
      { id: 'right', estimate: 5, dependsOn: ['first'] },
    ]
    const conflicts = [{ tasks: ['left', 'right'] as const }, { tasks: ['left', 'gone'] as const }]
    const finishWith = (allow: readonly (readonly [string, string])[]) => {
      const result = suggestNextBatch(tasks, [], { workers: 2, conflicts, allow })
      return result.ok ? result.suggestion.finish : Number.NaN
    }
    expect(finishWith([])).toBe(11)
    expect(finishWith([['right', 'left']])).toBe(6)
    const after = suggestNextBatch(tasks, ['first'], { conflicts, allow: [['right', 'left']] })
    expect(after.ok && after.suggestion.tasks.map(({ task }) => task)).toEqual(['left', 'right'])
  })
})

describe('any suggestion [S0-08]', () => {
  it('holds only ready tasks, and no batch of ready tasks finishes sooner', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 8, estimate: fc.integer({ min: 1, max: 9 }) }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        (tasks, workers, size, bits) => {
          const done = doneOf(tasks, bits)
          const found = suggested(tasks, [...done], { workers, size })
          const rest = tasks.filter(({ id }) => !done.has(id))
          const ready = rest.filter((task) => dependencyIds(task).every((id) => done.has(id)))
          expect(new Set([...ids(found.tasks), ...found.leftOut])).toEqual(
            new Set(ready.map(({ id }) => id)),
          )
          expect(found.tasks).toHaveLength(Math.min(size, ready.length))
          expect(finishOf(rest, done, workers, new Set(ids(found.tasks)))).toBe(found.finish)
          for (const batch of subsets(
            ready.map(({ id }) => id),
            found.tasks.length,
          )) {
            expect(found.finish).toBeLessThanOrEqual(finishOf(rest, done, workers, new Set(batch)))
          }
        },
      ),
    )
  })
})

/** Some tasks together with all they wait for. */
function doneOf(tasks: readonly PlanTask[], bits: number): Set<string> {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const done = new Set<string>()
  const open = tasks.filter((_, at) => ((bits >> at) & 3) === 3).map(({ id }) => id)
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    done.add(id)
    open.push(...dependencyIds(byId.get(id)!))
  }
  return done
}

function subsets(list: readonly string[], size: number): string[][] {
  if (size === 0) return [[]]
  return list.flatMap((first, at) =>
    subsets(list.slice(at + 1), size - 1).map((others) => [first, ...others]),
  )
}

/** A clock that moves minute by minute: the batch goes first, then the longest tail, then the input order. */
function finishOf(
  rest: readonly PlanTask[],
  settled: ReadonlySet<string>,
  workers: number,
  batch: ReadonlySet<string>,
): number {
  const tails = new Map<string, number>()
  const tailOf = (task: PlanTask): number => {
    const after = rest.filter((other) => dependencyIds(other).includes(task.id)).map(tailOf)
    return Number(task.estimate) + Math.max(0, ...after)
  }
  for (const task of rest) tails.set(task.id, tailOf(task))
  const done = new Set(settled)
  let running: { id: string; finish: number }[] = []
  const waiting = new Set(rest)
  for (let time = 0; ; time++) {
    for (const { id, finish } of running) if (finish === time) done.add(id)
    running = running.filter(({ finish }) => finish > time)
    const ready = [...waiting]
      .filter((task) => dependencyIds(task).every((id) => done.has(id)))
      .toSorted(
        (left, right) =>
          Number(batch.has(right.id)) - Number(batch.has(left.id)) ||
          tails.get(right.id)! - tails.get(left.id)!,
      )
    for (const task of ready.slice(0, workers - running.length)) {
      waiting.delete(task)
      running.push({ id: task.id, finish: time + Number(task.estimate) })
    }
    if (running.length === 0) return time
  }
}
