import { describe, expect, it } from 'vitest'
import { isStatelessReady } from './stateless-ready.ts'
import type { TaskSpec } from './task-spec.ts'

describe('stateless readiness [S3-02]', () => {
  it('finds nothing missing in a complete task', () => {
    expect(isStatelessReady(complete)).toEqual({ ready: true, score: 1, missing: [] })
  })

  it('lists every part of a bare task in a fixed order with score 0', () => {
    const { ready, score, missing } = isStatelessReady({ id: 'T1' })
    expect({ ready, score }).toEqual({ ready: false, score: 0 })
    expect(missing.map(({ part }) => part)).toEqual([
      'description',
      'projectBackground',
      'architecture',
      'guidance',
      'tdd',
      'acceptanceCriteria',
      'gates',
    ])
  })

  it.each(['feature', 'bugfix', 'test', undefined] as const)(
    'wants a test case for a task of type %s',
    (type) => {
      const task = { ...complete, type, context: { ...complete.context, tdd: { cases: [] } } }
      expect(isStatelessReady(task).missing).toEqual([
        { part: 'tdd', message: expect.stringContaining('Task T1') },
      ])
    },
  )

  it.each(['docs', 'chore'] as const)('wants no test case for a task of type %s', (type) => {
    const task = { ...complete, type, context: { ...complete.context, tdd: { cases: [] } } }
    expect(isStatelessReady(task)).toEqual({ ready: true, score: 1, missing: [] })
  })

  it('counts blank text as missing', () => {
    const task = { ...complete, context: { ...complete.context, architecture: ' \n\t' } }
    expect(isStatelessReady(task).missing.map(({ part }) => part)).toEqual(['architecture'])
  })

  it('names the test case that has no expected result', () => {
    const cases = [{ name: 'is dry', given: 'moisture 3', expected: ' ' }]
    const task = { ...complete, context: { ...complete.context, tdd: { cases } } }
    expect(isStatelessReady(task).missing).toEqual([
      { part: 'tdd', message: expect.stringContaining('"is dry" without an expected result') },
    ])
  })

  it('scores by what is there: half the weight gives one half', () => {
    const { description, architecture, guidance, gates } = {
      description: 'Water the beds.',
      ...complete.context,
    }
    const task: TaskSpec = {
      id: 'T1',
      title: 'Water',
      description,
      context: { architecture, guidance, gates },
    }
    expect(isStatelessReady(task).score).toBeCloseTo(5 / 10)
  })
})

const complete = {
  id: 'T1',
  title: 'Water the beds',
  description: 'Open the valve while the soil is dry.',
  type: 'feature',
  context: {
    projectBackground: 'A greenhouse that looks after itself.',
    architecture: 'One module per device.',
    guidance: 'Never open two valves at once.',
    tdd: { cases: [{ name: 'is dry', given: 'moisture 3', expected: 'the valve is open' }] },
    acceptanceCriteria: ['The valve closes within a second.'],
    gates: [{ name: 'tests', command: ['node', '--test'] }],
  },
} satisfies TaskSpec
