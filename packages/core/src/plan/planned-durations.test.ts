import { describe, expect, it } from 'vitest'

import type { PlanTask } from './plan.ts'
import { plannedDurations } from './planned-durations.ts'

type Estimate = PlanTask['estimate']

function planned(...estimates: readonly (Estimate | null)[]) {
  const tasks = estimates.map((estimate, nth) => ({ id: `t${nth}`, estimate }) as PlanTask)
  const { durations, estimated, problems } = plannedDurations(tasks)
  return { durations: [...durations], estimated: [...estimated], problems }
}

describe('the duration that is planned with [S3-03]', () => {
  it('is that of a task without an estimate where there is no task at all', () => {
    expect([...plannedDurations([null as never, { id: 'a', estimate: 7 }]).durations]).toEqual([
      7, 7,
    ])
  })

  it('is the estimate, or the mean of a range', () => {
    expect(planned(30, { min: 10, max: 25 }, { min: 4, max: 4 }, 0, { min: 0, max: 1 })).toEqual({
      durations: [30, 17.5, 4, 0, 0.5],
      estimated: [1, 1, 1, 1, 1],
      problems: [],
    })
  })

  it('is the median of the given ones for a task without an estimate', () => {
    expect(planned(60, undefined, 5, 20)).toMatchObject({
      durations: [60, 20, 5, 20],
      estimated: [1, 0, 1, 1],
    })
    expect(planned(100, 10, null, 30, 20)).toMatchObject({ durations: [100, 10, 25, 30, 20] })
  })

  it('is one minute each when nobody estimates anything', () => {
    expect(planned(undefined, null)).toEqual({
      durations: [1, 1],
      estimated: [0, 0],
      problems: [],
    })
  })

  it('does not count what is no estimate into the median', () => {
    expect(planned(-5, 8, undefined).durations).toEqual([8, 8, 8])
  })

  it('reaches up to a thousand million minutes', () => {
    expect(planned(1e9, { min: 0, max: 2e9 }).problems).toEqual([])
    expect(planned(1e9 + 1).problems).toHaveLength(1)
  })

  it.each([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['3', '"3"'],
    [{ min: 3, max: 2 }, '{ min: 3, max: 2 }'],
    [{ min: -1, max: 2 }, '{ min: -1, max: 2 }'],
    [{ min: 0, max: Infinity }, '{ min: 0, max: Infinity }'],
    [{ min: '1', max: 2 }, '{ min: "1", max: 2 }'],
    [{ min: 1, max: '2' }, '{ min: 1, max: "2" }'],
    [{ min: 1 }, '{ min: 1, max: undefined }'],
  ])('refuses %j and shows it', (estimate, seen) => {
    expect(planned(10, estimate as never)).toEqual({
      durations: [10, 10],
      estimated: [1, 0],
      problems: [
        {
          kind: 'invalid-estimate',
          tasks: ['t1'],
          message: `Task "t1" has the estimate ${seen}. An estimate is minutes from 0 to 1000000000, or { min, max } of such with min not above max.`,
        },
      ],
    })
  })

  it('blames no task by an id that is none', () => {
    const { problems } = plannedDurations([{ id: 7 as never, estimate: -1 }])

    expect(problems).toMatchObject([
      { tasks: [], message: expect.stringContaining('Task 1 of the input has the estimate -1.') },
    ])
  })
})
