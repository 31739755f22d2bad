import { describe, expect, it } from 'vitest'
import { honestSlice } from './honest-slice.arbitrary.ts'
import { whyNotReady } from './why-not-ready.ts'
import { batchId, projectId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('why a task does not start [S0-04, X-01]', () => {
  it('names everything at once, the durable facts first', () => {
    const world = new World().add('soil', 'seed', {
      line: 'fruit <- soil, seed',
      contextReady: false,
    })
    world.stage('spring', ['fruit', 'seed'])
    world.do({ type: 'batch.pause', batchId: batchId('spring') })
    world.do({ type: 'project.pause' })
    world.do({ type: 'task.cancel', taskId: taskId('seed'), reason: 'rotten' })

    expect(world.obstacles('fruit').map((obstacle) => obstacle.kind)).toEqual([
      'not-promoted',
      'project-paused',
      'batch-paused',
      'waiting-on',
      'dependency-failed',
      'incomplete-context',
    ])
  })

  it('gives the codes of the tasks as data too', () => {
    const world = new World().add('soil', 'seed', 'fruit <- soil, seed')
    world.stage('spring', ['fruit'])
    world.promote('spring')

    expect(world.obstacles('fruit')).toEqual([
      { kind: 'waiting-on', message: 'waiting on soil, seed', tasks: ['soil', 'seed'] },
    ])
  })

  it('says that a task runs, or has settled', () => {
    const world = new World().add('seed', 'weed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const claim = world.start('seed')
    world.do({ type: 'task.cancel', taskId: taskId('weed'), reason: 'weeds' })

    expect(world.why('weed')).toEqual(['it is cancelled'])
    expect(world.why('seed')).toEqual(['it is being worked on (doing)'])
    world.write(claim, { type: 'attempt.verify', summary: 'sown' })
    expect(world.why('seed')).toEqual(['it is being worked on (review)'])
  })

  it('does not call a task ready whose counter has drifted', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const slice = honestSlice(world.state, { projectId, dependenciesOf: [taskId('seed')] })
    const drifted = { ...world.task('seed'), openDependencies: 1 }

    const [obstacle] = whyNotReady(drifted, slice, world.load(), world.now)

    expect(obstacle?.message).toContain('let the doctor repair it')
  })
})
