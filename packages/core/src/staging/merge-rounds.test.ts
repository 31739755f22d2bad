import { describe, expect, it } from 'vitest'

import type { ErrorClass } from './state.ts'
import { type Claim, World } from './world.arbitrary.ts'

const touched = { paths: ['src/a.ts'], total: 1 }

function oneTask() {
  const world = new World({ mergeRounds: 1, maxAttempts: 2 }).add('seed', 'water')
  world.stage('spring', ['seed', 'water'])
  world.promote('spring')
  return world
}

function merging(world: World): Claim {
  const claim = world.start('seed')
  world.write(claim, { type: 'attempt.verify', summary: 'sown' })
  world.write(claim, { type: 'attempt.merge', verdicts: [], target: 'main' })
  return claim
}

function fails(world: World, claim: Claim, failure: ErrorClass) {
  const decision = world.fail(claim, { class: failure, message: 'a.ts has changed.' })
  return decision.events.find((event) => event.type === 'attempt.failed')!
}

describe('work that comes back from the merge queue [S4-02, X-08]', () => {
  it.each(['merge-conflict', 'gate-failed'] as const)(
    'after %s is one round more, charged to nobody, and goes back at once',
    (failure) => {
      const world = oneTask()

      const failed = fails(world, merging(world), failure)

      expect(failed).toMatchObject({ charged: false, mergeRounds: 1, retryAt: world.now })
      expect(world.order('seed')).toMatchObject({ mergeRounds: 1, chargedAttempts: 0 })
      expect(world.effects.slice(-2)).toMatchObject([
        { type: 'release-lease' },
        { type: 'dispatch', orders: [{ notBefore: world.now }] },
      ])
      expect(world.state.requests.size).toBe(0)
    },
  )

  it('is asked about after the last round, once, and comes back with the answer', () => {
    const world = oneTask()
    fails(world, merging(world), 'merge-conflict')

    const failed = fails(world, merging(world), 'merge-conflict')

    expect(failed).toMatchObject({ charged: false, mergeRounds: 2 })
    expect(world.effects.at(-1)).toMatchObject({ type: 'release-lease' })
    expect([...world.state.requests.values()]).toMatchObject([
      {
        kind: 'question',
        options: [],
        status: 'open',
        text: 'Task "seed" came back from the merge queue 2 times, the last time from a review: a.ts has changed. What should be done? The next attempt is told your answer.',
      },
    ])
    expect(world.why('seed')).not.toEqual([])
    expect(world.task('seed').status).toBe('staged')
  })

  it('is no round where something else failed, or something failed elsewhere', () => {
    const world = oneTask()

    const crashed = fails(world, merging(world), 'agent-crash')

    expect(crashed).toMatchObject({ charged: true })
    expect(crashed).not.toHaveProperty('mergeRounds')
    const red = world.start('water')
    expect(fails(world, red, 'gate-failed')).not.toHaveProperty('mergeRounds')
    expect(world.order('water')).toMatchObject({ mergeRounds: 0, chargedAttempts: 1 })
  })
})

describe('what the work of an attempt touched [S4-02]', () => {
  it.each([
    ['succeeded', { type: 'attempt.succeed', verdicts: [], merged: null }],
    [
      'failed',
      {
        type: 'attempt.fail',
        verdicts: [],
        failure: { class: 'gate-failed', message: 'red', evidence: '' },
      },
    ],
  ] as const)('is said with the end of one that %s, where it is known', (end, write) => {
    const endOf = (more: { readonly touched?: typeof touched }) => {
      const world = oneTask()
      const claim = world.start('seed')
      world.write(claim, { type: 'attempt.verify', summary: 'sown' })
      const { events } = world.write(claim, { ...write, ...more })
      return events.find(({ type }) => type === `attempt.${end}`)
    }
    expect(endOf({ touched })).toMatchObject({ touched })
    expect(endOf({})).not.toHaveProperty('touched')
  })

  it('that others touch, too, is handed on and changes no row', () => {
    const world = oneTask()
    const claim = world.start('seed')
    const overlap = { with: null, paths: ['src/a.ts'], message: 'src/a.ts has landed' } as const

    const decision = world.write(claim, { type: 'attempt.overlap', ...overlap })

    const { attemptId, taskId } = claim
    expect(decision.events).toEqual([
      { type: 'attempt.overlapping', at: world.now, attemptId, taskId, ...overlap },
    ])
    expect(decision.changes).toEqual([])
    world.now += 1
    world.succeed(claim)
    expect(world.tryWrite(claim, { type: 'attempt.overlap', ...overlap }).ok).toBe(false)
  })
})
