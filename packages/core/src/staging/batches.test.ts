import { describe, expect, it } from 'vitest'
import { batchLabel, batchOutcome } from './batch-label.ts'
import { batchId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('batches [S0-02]', () => {
  it('run ten tasks at once and follow each other unless told otherwise', () => {
    const world = new World().create('spring')

    expect(world.batch('spring')).toMatchObject({
      name: 'spring',
      description: '',
      order: 1,
      maxParallelTasks: 10,
      autoPromote: true,
      promotedAt: null,
      generation: 0,
    })
  })

  it('can be changed, and one id names one batch', () => {
    const world = new World().create('spring')
    const { batch } = world.summary(world.batch('spring'))

    world.do({
      type: 'batch.update',
      batchId: batch.id,
      set: { name: 'Early spring', maxParallelTasks: 2, autoPromote: false },
    })

    expect(world.batch('spring')).toMatchObject({
      name: 'Early spring',
      maxParallelTasks: 2,
      autoPromote: false,
    })
    expect(world.refuse({ type: 'batch.create', batch }).code).toBe('conflict')
    expect(world.refuse({ type: 'batch.update', batchId: batchId('winter'), set: {} }).code).toBe(
      'not-found',
    )
  })

  it('return their staged tasks to todo when deleted, and lose none', () => {
    const world = new World().add('seed', 'water', 'sun', 'soil')
    world.stage('spring', ['seed', 'water', 'sun'])
    world.stage('summer', ['soil'])
    world.promote('spring')
    world.succeed(world.start('seed'))

    world.do({ type: 'batch.delete', batchId: batchId('spring') })

    expect(world.statuses()).toEqual({ seed: 'done', water: 'todo', sun: 'todo', soil: 'staged' })
    expect(world.task('water')).toMatchObject({ batchId: null, workOrderId: null })
    expect(world.batches().map(({ batch }) => batch.id)).toEqual(['summer'])
    world.stage('summer', ['water', 'sun'])
    world.promote('summer')
    expect(world.claim(5)).toHaveLength(3)
  })

  it('cannot be deleted while a task of theirs runs', () => {
    const world = new World().add('seed', 'water')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    world.start('seed')

    const refusal = world.refuse({ type: 'batch.delete', batchId: batchId('spring') })

    expect(refusal).toEqual({
      code: 'not-allowed',
      message:
        'Batch "spring" has 1 running task(s) ("seed"); pause it and wait, or cancel them, before you delete it.',
    })
    expect(world.statuses()).toEqual({ seed: 'doing', water: 'staged' })
  })

  it('send a task that is retried after their deletion to todo, not into nowhere', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'permanent' })
    world.do({ type: 'batch.delete', batchId: batchId('spring') })

    world.do({ type: 'tasks.retry', taskIds: [taskId('seed')] })

    expect(world.task('seed')).toMatchObject({ status: 'todo', batchId: null })
  })
})

describe('the order of batches [S0-02]', () => {
  it('is as named; batches that are not named follow in the order they had', () => {
    const world = new World().create('a').create('b').create('c').create('d')

    world.do({ type: 'batches.reorder', order: [batchId('d'), batchId('b')] })

    expect(world.batches().map(({ batch }) => [batch.id, batch.order])).toEqual([
      ['d', 1],
      ['b', 2],
      ['a', 3],
      ['c', 4],
    ])
  })

  it('is refused when a batch is named twice or does not exist, and stays as it was', () => {
    const world = new World().create('a').create('b')

    const twice = { type: 'batches.reorder', order: [batchId('b'), batchId('b')] } as const
    expect(world.refuse(twice).message).toBe('Batch "b" is named twice in the new order.')
    const unknown = { type: 'batches.reorder', order: [batchId('z')] } as const
    expect(world.refuse(unknown).code).toBe('not-found')
    expect(world.batches().map(({ batch }) => batch.id)).toEqual(['a', 'b'])
  })
})

describe('the label of a batch [S4-05]', () => {
  it('follows the batch from open to done', () => {
    const world = new World().add('seed', 'fruit <- seed', 'sun').create('spring').create('summer')
    const label = (name: string) => batchLabel(world.summary(world.batch(name)))
    expect(label('spring')).toBe('open')
    world.stage('spring', ['fruit'])
    expect(label('spring')).toBe('ready')
    world.promote('spring')
    expect(label('spring')).toBe('waiting')
    world.stage('summer', ['seed'])
    world.promote('summer')
    expect(label('summer')).toBe('running')
    world.do({ type: 'batch.pause', batchId: batchId('summer') })
    expect(label('summer')).toBe('paused')
    world.do({ type: 'batch.resume', batchId: batchId('summer') })
    world.fail(world.start('seed'), { class: 'permanent' })
    expect(label('summer')).toBe('done')
    world.advance()
    expect(label('spring')).toBe('stuck')
  })

  it('comes with the outcome, since a batch whose tasks failed is done too', () => {
    const world = new World().add('seed', 'sun').create('spring')
    const outcome = () => batchOutcome(world.summary(world.batch('spring')))
    expect(outcome()).toBeNull()
    world.stage('spring', ['seed', 'sun'])
    world.promote('spring')
    world.succeed(world.start('sun'))
    expect(outcome()).toBeNull()
    const tasks = world.summary(world.batch('spring'))
    const ended = { ...tasks, staged: 0, queued: 0 }
    expect(batchOutcome({ ...ended, done: 2 })).toBe('succeeded')
    expect(batchOutcome({ ...ended, cancelled: 1 })).toBe('cancelled')
    world.fail(world.start('seed'), { class: 'permanent' })
    expect(outcome()).toBe('failed')
  })
})
