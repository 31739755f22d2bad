import { describe, expect, it } from 'vitest'
import { batchId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('promoting a batch [S0-03, S0-04]', () => {
  it('releases the tasks whose dependencies are satisfied; the others stay staged and say why', () => {
    const world = new World().add('seed', 'water <- seed', 'sun', 'fruit <- water, sun')
    world.stage('spring', ['seed', 'water', 'sun', 'fruit'])

    const { results } = world.promote('spring')

    expect(results).toEqual([
      { taskId: 'seed', ok: true, message: 'released' },
      { taskId: 'water', ok: false, message: 'stays staged: waiting on 1 task(s)' },
      { taskId: 'sun', ok: true, message: 'released' },
      { taskId: 'fruit', ok: false, message: 'stays staged: waiting on 2 task(s)' },
    ])
    expect(new Set(Object.values(world.statuses()))).toEqual(new Set(['staged']))
    expect(world.why('seed')).toEqual([])
    expect(world.why('water')).toEqual(['waiting on seed'])
    expect(world.why('fruit')).toEqual(['waiting on water, sun'])
  })

  it('releases dependents as their dependencies settle, without another promotion', () => {
    const world = new World().add('seed', 'water <- seed', 'fruit <- water')
    world.stage('spring', ['seed', 'water', 'fruit'])
    world.promote('spring')

    world.succeed(world.start('seed'))
    expect(world.why('water')).toEqual([])
    expect(world.why('fruit')).toEqual(['waiting on water'])
    world.succeed(world.start('water'))
    world.succeed(world.start('fruit'))

    expect(world.statuses()).toEqual({ seed: 'done', water: 'done', fruit: 'done' })
    expect(world.events.filter((event) => event.type === 'batch.promoted')).toHaveLength(1)
  })

  it('releases what is staged into the batch later at once', () => {
    const world = new World().add('seed', 'late').create('spring')
    world.promote('spring')

    world.stage('spring', ['late'])

    expect(world.start('late').fence).toBe(1)
  })

  it('tells a person that the batch is promoted already, and repeats an automatic one in silence', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const again = { type: 'batch.promote', batchId: batchId('spring'), reason: '' } as const

    expect(world.refuse({ ...again, auto: false })).toEqual({
      code: 'conflict',
      message: 'Batch "spring" is promoted already.',
    })
    expect(world.do({ ...again, auto: true }).events).toEqual([])
  })

  it('keeps a task with an incomplete context back until it is complete or forced', () => {
    const world = new World().add(
      { line: 'vague', contextReady: false },
      { line: 'rough', contextReady: false },
    )
    world.stage('spring', ['vague', 'rough'])
    const { results } = world.promote('spring')
    expect(results[0]?.message).toBe(
      'stays staged: its context is incomplete; complete it, or stage it with force',
    )
    expect(world.why('vague')).toEqual([
      'its context is incomplete; complete it, or stage it with force',
    ])

    world.do({ type: 'task.update', taskId: taskId('vague'), set: { contextReady: true } })
    world.do({
      type: 'tasks.stage',
      batchId: batchId('spring'),
      tasks: [{ id: taskId('rough'), stagePriority: 0 }],
      force: true,
    })

    expect([world.why('vague'), world.why('rough')]).toEqual([[], []])
    expect(world.claim(2)).toHaveLength(2)
  })

  it('takes the queued work back when the context turns out to be incomplete', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')

    world.do({ type: 'task.update', taskId: taskId('seed'), set: { contextReady: false } })

    expect(world.task('seed').workOrderId).toBeNull()
    expect(world.claim()).toEqual([])
  })
})

describe('what a dependent waits for [S0-04, X-08]', () => {
  it('starts on completed work while the gates still judge it', () => {
    const world = new World().add('seed', 'early <- seed:completed', 'late <- seed:verified')
    world.stage('spring', ['seed', 'early', 'late'])
    world.promote('spring')
    const claim = world.start('seed')

    world.write(claim, { type: 'attempt.verify', summary: 'sown' })

    expect(world.why('early')).toEqual([])
    expect(world.why('late')).toEqual(['waiting on seed'])
  })

  it('waits for merged work although it is verified and done', () => {
    const world = new World().add('seed', 'sprout <- seed:verified', 'fruit <- seed:merged')
    world.stage('spring', ['seed', 'sprout', 'fruit'])
    world.promote('spring')

    world.succeed(world.start('seed'), null)

    expect(world.task('seed').reached).toBe('verified')
    expect(world.why('sprout')).toEqual([])
    expect(world.why('fruit')).toEqual(['waiting on seed (done, but not merged)'])
  })

  it('starts once the work is merged', () => {
    const world = new World().add('seed', 'fruit <- seed:merged')
    world.stage('spring', ['seed', 'fruit'])
    world.promote('spring')

    world.succeed(world.start('seed'), 'c0ffee')

    expect(world.task('seed').reached).toBe('merged')
    expect(world.why('fruit')).toEqual([])
  })

  it('is released once, though an attempt reaches the same point again', () => {
    const world = new World().add('seed', 'sprout <- seed:completed')
    world.stage('spring', ['seed', 'sprout'])
    world.promote('spring')
    const first = world.start('seed')
    world.write(first, { type: 'attempt.verify', summary: 'sown' })
    world.fail(first)

    world.succeed(world.start('seed'))

    expect(world.task('sprout').openDependencies).toBe(0)
    expect(world.order('sprout').status).toBe('queued')
  })

  it('says that a failed dependency will not finish', () => {
    const world = new World().add('seed', 'fruit <- seed')
    world.stage('spring', ['seed', 'fruit'])
    world.promote('spring')

    world.fail(world.start('seed'), { class: 'permanent' })

    expect(world.why('fruit')).toEqual(['seed will not finish; retry it, or remove the dependency'])
  })
})
