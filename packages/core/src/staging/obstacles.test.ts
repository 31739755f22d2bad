import { describe, expect, it } from 'vitest'
import { emptyLoad } from '../limit/admission.ts'
import { copySlice } from './apply-changes.ts'
import { honestSlice } from './honest-slice.arbitrary.ts'
import { emptySlice } from './slice.ts'
import { whyNotReady } from './why-not-ready.ts'
import { projectId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('each obstacle of a task [S0-04, X-01]', () => {
  it('has a kind that programs can rely on, whatever its words', () => {
    const world = new World().add('seed', 'weed', 'soil')
    world.do({ type: 'task.cancel', taskId: taskId('weed'), reason: 'weeds' })
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.start('seed')

    expect(world.obstacles('weed')).toEqual([{ kind: 'settled', message: 'it is cancelled' }])
    expect(world.obstacles('seed')).toEqual([
      { kind: 'running', message: 'it is being worked on (doing)' },
    ])
    expect(world.obstacles('soil')).toEqual([
      { kind: 'not-staged', message: 'it is not staged in a batch' },
    ])
  })

  it('is that it is not staged, for a task whose batch is gone and for one that went back to todo', () => {
    const world = new World().add('seed').create('spring')
    const notStaged = [{ kind: 'not-staged', message: 'it is not staged in a batch' }]
    const lost = { ...world.task('seed'), status: 'staged', batchId: 'winter' as never } as const
    const back = { ...world.task('seed'), batchId: world.batch('spring').id }
    const slice = honestSlice(world.state, { projectId, batches: 'all' })

    expect(whyNotReady(lost, slice, emptyLoad, world.now)).toEqual(notStaged)
    expect(whyNotReady(back, slice, emptyLoad, world.now)).toEqual(notStaged)
  })

  it('is none where nobody knows the project', () => {
    const world = new World().add('seed')

    expect(whyNotReady(world.task('seed'), emptySlice, emptyLoad, world.now)).toEqual([])
  })

  it('is the barrier, for a task of a layer behind the open one and for no other', () => {
    const world = new World({ barrier: 'layer' }).add('seed', 'fruit', 'soil')
    const tasks = ['seed', 'soil', 'fruit'].map((code, layer) => ({
      id: taskId(code),
      layer,
      tail: 0,
    }))
    world.do({ type: 'tasks.plan', planId: 'plan' as never, revision: 1, hash: '', tasks })
    world.stage('spring', ['seed', 'soil', 'fruit'])
    world.promote('spring')

    expect(world.obstacles('seed')).toEqual([])
    expect(world.obstacles('fruit')).toEqual([
      {
        kind: 'layer-closed',
        message: 'layer 2 opens when layer 0 of batch "spring" has settled',
      },
    ])
    world.succeed(world.start('seed'))
    world.advance()
    expect(world.why('soil')).toEqual([])
  })

  it('is a counter that has drifted, with no task to wait for', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const slice = honestSlice(world.state, { projectId, dependenciesOf: [taskId('seed')] })
    const drifted = { ...world.task('seed'), openDependencies: 2 }

    expect(whyNotReady(drifted, slice, emptyLoad, world.now)).toEqual([
      {
        kind: 'waiting-on',
        message:
          'its counter says that 2 dependencies are open, although none is; let the doctor repair it',
        tasks: [],
      },
    ])
  })

  it('is a dependency that nobody has loaded, by its id', () => {
    const world = new World().add('seed', 'fruit <- seed')
    world.stage('spring', ['fruit'])
    world.promote('spring')
    const slice = copySlice(
      honestSlice(world.state, { projectId, dependenciesOf: [taskId('fruit')] }),
    )
    slice.tasks.delete(taskId('seed'))

    expect(whyNotReady(world.task('fruit'), slice, emptyLoad, world.now)).toEqual([
      { kind: 'waiting-on', message: 'waiting on seed', tasks: ['seed'] },
    ])
  })

  it('names all that have failed, as text and as data', () => {
    const world = new World().add('seed', 'soil', 'fruit <- seed, soil')
    world.stage('spring', ['fruit'])
    world.promote('spring')
    for (const code of ['seed', 'soil']) {
      world.do({ type: 'task.cancel', taskId: taskId(code), reason: 'frost' })
    }

    expect(world.obstacles('fruit')).toEqual([
      {
        kind: 'dependency-failed',
        message: 'seed, soil will not finish; retry it, or remove the dependency',
        tasks: ['seed', 'soil'],
      },
    ])
  })
})

describe('a retry [S3-10]', () => {
  it('is due at its time, not a millisecond before, whatever others are asked', () => {
    const world = new World().add('seed', 'water')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    world.random = () => 0
    world.fail(world.start('water'), { class: 'human-needed', message: 'Which pot?' })
    world.fail(world.start('seed'), { class: 'transient' })

    expect(world.obstacles('seed')).toEqual([
      { kind: 'retry-later', message: 'it is retried in 1 s' },
    ])
    world.now += 499
    expect(world.why('seed')).toEqual(['it is retried in 1 s'])
    // On all rows, so that the question of the other task is among them.
    expect(whyNotReady(world.task('seed'), world.state, emptyLoad, world.now)).toEqual([
      { kind: 'retry-later', message: 'it is retried in 1 s' },
    ])
    world.now += 1
    expect(world.why('seed')).toEqual([])
  })

  it('names the open question it waits for, not one that was withdrawn or answered', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'human-needed', message: 'Which pot?' })
    const [first] = world.requests('seed')
    if (first === undefined) throw new Error('Something was asked.')
    world.answer(first.id, 'the red one')
    world.fail(world.start('seed'), { class: 'human-needed', message: 'Which soil?' })
    const second = world.requests('seed')[1]

    // All rows, the questions that are closed among them.
    expect(whyNotReady(world.task('seed'), world.state, emptyLoad, world.now)).toEqual([
      {
        kind: 'retry-later',
        message: `it waits for the answer to request "${second?.id}": Which soil?`,
      },
    ])
  })
})
