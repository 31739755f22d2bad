import { describe, expect, it } from 'vitest'
import type { ProjectSettings } from './state.ts'
import { batchId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const stuckEvents = (world: World) =>
  world.events.filter((event) => event.type === 'batch.stuck' || event.type === 'batch.unstuck')

/** `seed` has failed; `water` and, behind it, `fruit` wait for it in the same batch. */
function withFailedSeed(settings: Partial<ProjectSettings>): World {
  const world = new World(settings).add('seed', 'water <- seed', 'fruit <- water')
  world.stage('spring', ['seed', 'water', 'fruit'])
  world.promote('spring')
  world.fail(world.start('seed'), { class: 'permanent', message: 'rotten' })
  return world
}

describe('a batch behind a failed task [S0-06]', () => {
  it('is held for a person at once, with the reason, and said so once', () => {
    const world = withFailedSeed({ stuckPolicy: 'hold' })

    const events = world.advance()
    world.now += 3_600_000
    world.advance()

    expect(events).toMatchObject([
      {
        type: 'batch.stuck',
        batchId: 'spring',
        policy: 'hold',
        reason: '1 task(s) ("water") wait for "seed", which will not finish',
      },
    ])
    expect(world.batch('spring')).toMatchObject({
      stuckCount: 1,
      stuckReason: '1 task(s) ("water") wait for "seed", which will not finish',
    })
    expect(stuckEvents(world)).toHaveLength(1)
  })

  it('counts as stuck no more once a person retries the task', () => {
    const world = withFailedSeed({ stuckPolicy: 'hold' })
    world.advance()

    world.do({ type: 'tasks.retry', taskIds: [taskId('seed')] })
    world.advance()

    expect(world.batch('spring')).toMatchObject({ stuckSince: null, stuckReason: null })
    world.succeed(world.start('seed'))
    expect(world.why('water')).toEqual([])
  })

  it('is reported again when it gets stuck again', () => {
    const world = withFailedSeed({ stuckPolicy: 'hold' })
    world.advance()
    world.do({ type: 'tasks.retry', taskIds: [taskId('seed')] })
    world.advance()

    world.fail(world.start('seed'), { class: 'permanent' })
    world.advance()

    expect(stuckEvents(world).map((event) => event.type)).toEqual([
      'batch.stuck',
      'batch.unstuck',
      'batch.stuck',
    ])
  })

  it('retries the task once, then holds', () => {
    const world = withFailedSeed({ stuckPolicy: 'retry' })

    world.advance()
    expect(world.why('seed')).toEqual([])
    world.fail(world.start('seed'), { class: 'permanent' })
    world.advance()

    expect(stuckEvents(world)).toMatchObject([
      { type: 'batch.stuck', policy: 'retry' },
      { type: 'batch.unstuck' },
      { type: 'batch.stuck', policy: 'hold' },
    ])
    expect(world.task('seed').status).toBe('failed')
  })

  it('does not retry what a person cancelled', () => {
    const world = new World({ stuckPolicy: 'retry' }).add('seed', 'water <- seed')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    world.do({ type: 'task.cancel', taskId: taskId('seed'), reason: 'wrong kind' })

    expect(world.advance()).toMatchObject([{ type: 'batch.stuck', policy: 'hold' }])
    expect(world.task('seed').status).toBe('cancelled')
  })

  it('skips all that wait for the task, also in other batches, and goes on', () => {
    const world = new World({ stuckPolicy: 'skip' }).add(
      'seed',
      'water <- seed',
      'fruit <- water',
      'jam <- fruit',
      'sun',
    )
    world.stage('spring', ['seed', 'water', 'fruit'])
    world.stage('summer', ['jam', 'sun'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'permanent' })

    world.advance()

    expect(world.statuses()).toEqual({
      seed: 'failed',
      water: 'cancelled',
      fruit: 'cancelled',
      jam: 'cancelled',
      sun: 'staged',
    })
    expect(world.events.find((event) => event.type === 'task.cancelled')).toMatchObject({
      reason: 'skipped: it waits for "seed", which will not finish',
    })
    expect(world.batch('spring').stuckSince).toBeNull()
  })

  it('skips although the failed task is in another batch', () => {
    const world = new World({ stuckPolicy: 'skip' }).add('seed', 'water <- seed', 'fruit <- water')
    world.stage('spring', ['seed'])
    world.stage('summer', ['water', 'fruit'])
    world.promote('spring')
    world.promote('summer')
    world.fail(world.start('seed'), { class: 'permanent' })

    world.advance()

    expect(world.statuses()).toEqual({ seed: 'failed', water: 'cancelled', fruit: 'cancelled' })
    expect(world.advance()).toEqual([])
  })

  it('does not skip what needed only as much of the failed task as it has reached', () => {
    const world = new World({ stuckPolicy: 'skip' }).add(
      'seed',
      'sun',
      'water <- seed:completed, sun',
      'fruit <- seed',
    )
    world.stage('spring', ['seed', 'water', 'fruit'])
    world.promote('spring')
    const claim = world.start('seed')
    world.write(claim, { type: 'attempt.verify', summary: 'sown' })
    world.fail(claim, { class: 'permanent' })

    world.advance()

    expect(world.statuses()).toMatchObject({ water: 'staged', fruit: 'cancelled' })
    expect(world.why('water')).toEqual(['waiting on sun'])
  })

  it('is not stuck while others of its tasks run', () => {
    const world = new World().add('seed', 'water <- seed', 'sun')
    world.stage('spring', ['seed', 'water', 'sun'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'permanent' })
    const sun = world.start('sun')

    expect(world.advance()).toEqual([])
    world.succeed(sun)
    expect(world.advance()).toMatchObject([{ type: 'batch.stuck' }])
  })
})

describe('a batch in which nothing moves [S0-06]', () => {
  it('is stuck after the set time, and says what each task waits for', () => {
    const world = new World({ stuckAfterMs: 600_000 }).add('seed', 'water <- seed', {
      line: 'vague',
      contextReady: false,
    })
    world.stage('spring', ['water', 'vague'])
    world.promote('spring')
    world.now += 599_999
    expect(world.advance()).toEqual([])

    world.now += 1
    const events = world.advance()

    expect(events).toMatchObject([
      {
        type: 'batch.stuck',
        policy: 'hold',
        reason:
          'nothing has moved for 10 min: "water": waiting on "seed"; "vague": its context is incomplete; complete it, or stage it with force',
      },
    ])
  })

  it('names the first five tasks and how many more there are', () => {
    const codes = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const world = new World().add('seed', ...codes.map((code) => `${code} <- seed`))
    world.stage('spring', codes)
    world.promote('spring')
    world.now += 600_000
    world.advance()

    expect(world.batch('spring').stuckReason).toMatch(/"e": waiting on "seed"; and 2 more$/)
  })

  it('is not stuck while it is paused, or while the project is', () => {
    const world = new World().add('seed', 'water <- seed')
    world.stage('spring', ['water'])
    world.promote('spring')
    world.do({ type: 'batch.pause', batchId: batchId('spring') })
    world.now += 6_000_000
    expect(world.advance()).toEqual([])

    world.do({ type: 'batch.resume', batchId: batchId('spring') })
    world.do({ type: 'project.pause' })
    expect(world.advance()).toEqual([])
  })

  it('is not stuck while a retry waits for its time or a question for its answer', () => {
    const world = new World().add('seed', 'fruit <- seed')
    world.stage('spring', ['seed', 'fruit'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'human-needed', message: 'Which soil?' })
    world.now += 6_000_000

    expect(world.advance()).toEqual([])
    expect(world.why('seed')).toEqual([expect.stringContaining('Which soil?')])
  })

  it('is not stuck any more when a person resumes it', () => {
    const world = withFailedSeed({ stuckPolicy: 'hold' })
    world.advance()

    world.do({ type: 'batch.resume', batchId: batchId('spring') })

    expect(world.batch('spring').stuckSince).toBeNull()
  })
})
