import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks } from './task-graph.arbitrary.ts'

const anyWorkers = fc.integer({ min: 1, max: 6 })
const anyEpic = fc.constantFrom(undefined, 'board', 'store', '__proto__')

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

const withEpics = anyTasks({ maxTasks: 16 }).chain((tasks) =>
  fc
    .array(anyEpic, { minLength: tasks.length, maxLength: tasks.length })
    .map((epics) => tasks.map((task, at): PlanTask => ({ ...task, epic: epics[at] }))),
)

describe('lanes [S4-01] [S4-03] [S3-03]', () => {
  it('are four when nobody says how many, and the rest queues', () => {
    const tasks = Array.from({ length: 10 }, (_, at) => ({ id: `t${at}`, estimate: 10 }))
    const { laneCap, lanes, makespan, schedule } = planOf(tasks)
    expect([laneCap, lanes.length, makespan]).toEqual([4, 4, 30])
    expect(schedule.filter(({ start }) => start === 0)).toHaveLength(4)
    expect(planOf(tasks, { lanes: 4, workers: 10 })).toMatchObject({ laneCap: 4, makespan: 30 })
  })

  it('hold every task once and one at a time, and are as many as tasks run at once at most', () => {
    fc.assert(
      fc.property(withEpics, anyWorkers, fc.constantFrom(0, 20), (tasks, workers, rounds) => {
        const { lanes, schedule, laneCap } = planOf(tasks, { workers, rounds })
        const byTask = new Map(schedule.map((entry) => [entry.task, entry]))
        expect(laneCap).toBe(workers)
        expect(lanes.flatMap((lane) => lane.tasks).toSorted()).toEqual(
          [...byTask.keys()].toSorted(),
        )
        for (const { lane, tasks: own, busy, epics } of lanes) {
          const entries = own.map((id) => byTask.get(id)!)
          expect(entries.every((entry) => entry.lane === lane)).toBe(true)
          entries.slice(1).forEach((entry, nth) => {
            expect(entries[nth]!.finish).toBeLessThanOrEqual(entry.start)
          })
          expect(busy).toBeCloseTo(
            entries.reduce((sum, { start, finish }) => sum + finish - start, 0),
            -2,
          )
          const named = own.flatMap((id) => tasks.find((task) => task.id === id)!.epic ?? [])
          expect(epics).toEqual([...new Set(named)])
        }
        const most = Math.max(
          0,
          ...schedule.map(
            ({ start: time }) =>
              schedule.filter(({ start, finish }) => start <= time && time < finish).length,
          ),
        )
        expect(lanes.length).toBeGreaterThanOrEqual(most)
        expect(lanes.length).toBeLessThanOrEqual(laneCap)
        // What takes no time needs a free lane beside those that run.
        if (schedule.every(({ start, finish }) => start < finish)) expect(lanes.length).toBe(most)
      }),
    )
  })

  it('cap what runs at once as so many workers would, whatever the epics', () => {
    fc.assert(
      fc.property(withEpics, anyWorkers, anyWorkers, (tasks, workers, lanes) => {
        const capped = planOf(tasks, { workers, lanes })
        const fewer = planOf(tasks, { workers: Math.min(workers, lanes) })
        expect({ ...capped, workers: fewer.workers }).toEqual(fewer)
        const times = ({ schedule, makespan }: Plan) => [
          makespan,
          schedule.map(({ task, start, finish }) => [task, start, finish]),
        ]
        const plain = tasks.map((task): PlanTask => ({ ...task, epic: undefined }))
        expect(times(planOf(plain, { workers, lanes }))).toEqual(times(capped))
      }),
    )
  })

  it('keep a chain of one epic on one lane while there are workers for all chains', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.nat(2),
        (chains, spare) => {
          const tasks = chains.flatMap((chain, nth) =>
            chain.map((estimate, at): PlanTask => ({
              id: `${nth}.${at}`,
              epic: `epic ${nth}`,
              estimate,
              dependsOn: at === 0 ? [] : [`${nth}.${at - 1}`],
            })),
          )
          const { lanes } = planOf(tasks, { workers: chains.length + spare })
          expect(lanes).toHaveLength(chains.length)
          for (const { epics } of lanes) expect(epics).toHaveLength(1)
        },
      ),
    )
  })

  it('give a freed lane to its own epic, and else the one left longest ago', () => {
    const tasks: PlanTask[] = [
      { id: 'a', epic: 'one', estimate: 4 },
      { id: 'b', epic: 'two', estimate: 4 },
      { id: 'c', epic: 'two', estimate: 3 },
      { id: 'd', epic: 'one', estimate: 2 },
    ]
    const { lanes } = planOf(tasks, { workers: 2, rounds: 0 })
    expect(lanes).toEqual([
      { lane: 0, tasks: ['a', 'd'], epics: ['one'], busy: 6 },
      { lane: 1, tasks: ['b', 'c'], epics: ['two'], busy: 7 },
    ])
  })

  it('do not depend on the order in which a task names what it waits for', () => {
    fc.assert(
      fc.property(withEpics, anyWorkers, (tasks, workers) => {
        const turned = tasks.map((task) => ({ ...task, dependsOn: task.dependsOn!.toReversed() }))
        expect(planOf(turned, { workers })).toEqual(planOf(tasks, { workers }))
      }),
    )
  })

  it('refuse a cap that is no number of lanes', () => {
    for (const lanes of [0, -1, 1.5, Number.NaN]) {
      expect(planTasks([{ id: 'a' }], { lanes })).toMatchObject({
        ok: false,
        problems: [{ kind: 'invalid-option', message: expect.stringContaining('lanes is ') }],
      })
    }
  })
})
