import { describe, expect, it } from 'vitest'

import { planTasks } from '../timed-plan.ts'
import { planSchema } from './plan-schema.ts'

/** What the plan says of options, some of which no type allows. */
function saidOf(options: object): string[] {
  const result = planTasks([{ id: 'a' }], options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  expect(planSchema.parse(result.plan)).toEqual(result.plan)
  return result.plan.warnings
    .filter(({ kind }) => kind === 'unknown-option')
    .map(({ message }) => message)
}

describe('an option that the planner does not have [S3-03, X-12]', () => {
  it.each([
    ['worker', 'workers'],
    ['work', 'workers'],
    ['Workers', 'workers'],
    ['wrokers', 'workers'],
    ['workerss', 'workers'],
    ['wirkers', 'workers'],
    ['orkers', 'workers'],
    ['workersAtMost', 'workers'],
    ['budget', 'budgetMs'],
    ['resource', 'resources'],
    ['seeds', 'seed'],
  ])('is a warning with what was probably meant: %s', (given, meant) => {
    expect(saidOf({ [given]: 2 })).toEqual([
      `options has "${given}", which is no option and changes nothing. Did you mean ${meant}?`,
    ])
  })

  it.each(['concurrency', 'wo', 'rokwers', '', '__proto__', 'constructor', 'x'.repeat(99)])(
    'is a warning with the names there are when it resembles none: %j',
    (given) => {
      const [message, ...others] = saidOf(JSON.parse(`{ ${JSON.stringify(given)}: 2 }`) as object)
      expect(others).toEqual([])
      expect(message).toMatch(
        'which is no option and changes nothing. Leave it out, or give one of',
      )
      expect(message).toMatch(
        'workers, barrier, rounds, budgetMs, now, seed, resources, conflicts,',
      )
      expect(message).toMatch('inferred, allow, lanes.')
    },
  )

  it('is named five times and counted from then on', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`no${n}`, n]))
    const said = saidOf(many)
    expect(said).toHaveLength(6)
    expect(said.at(-1)).toBe('options has 995 more that are no options. Leave them out.')
    expect(saidOf({ a1: 1, a2: 1, a3: 1, a4: 1, a5: 1 })).toHaveLength(5)
  })

  it('is none of those that there are, given or undefined', () => {
    expect(
      saidOf({
        workers: 2,
        barrier: 'none',
        rounds: 1,
        budgetMs: 1,
        now: () => 0,
        seed: 1,
        resources: {},
        conflicts: [],
        inferred: undefined,
        allow: [],
        lanes: 1,
      }),
    ).toEqual([])
    expect(saidOf({})).toEqual([])
  })
})
