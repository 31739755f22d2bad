import { describe, expect, it } from 'vitest'
import type { WorkOrderId } from '../id.ts'
import { batchId } from './garden.arbitrary.ts'
import { oneTask, World } from './world.arbitrary.ts'

describe('claiming work [S2-02, X-02]', () => {
  it('gives each work order to one worker, in the order of the candidates', () => {
    const world = new World().add('seed', 'water', 'sun')
    world.stage('spring', ['seed', 'water', 'sun'])
    world.promote('spring')
    const [first] = world.claimable()
    if (first === undefined) throw new Error('Three orders are queued.')

    const claims = world.claim(5, [first, first, ...world.claimable()])

    expect(claims.map((claim) => claim.taskId)).toEqual(['seed', 'water', 'sun'])
    expect(world.claim(5, [first])).toEqual([])
    expect(world.task('seed')).toMatchObject({ status: 'doing', attemptCount: 1 })
    expect(world.order('seed')).toMatchObject({ status: 'claimed', fence: 1 })
  })

  it('starts no more than the project and the batch allow, and says which limit stops the rest', () => {
    const world = new World({ maxParallelTasks: 3 }).add('a', 'b', 'c', 'd', 'e')
    world.stage('spring', ['a', 'b', 'c'], { maxParallelTasks: 2 })
    world.stage('summer', ['d', 'e'])
    world.promote('spring')
    world.promote('summer')

    expect(world.claim(5).map((claim) => claim.taskId)).toEqual(['a', 'b', 'd'])
    expect(world.claim(5)).toEqual([])
    expect(world.why('c')).toEqual([
      '3 of 3 tasks of the project run',
      '2 of 2 tasks of batch "spring" run',
    ])
    world.do({ type: 'project.update', settings: { maxParallelTasks: 9 } })
    expect(world.why('c')).toEqual(['2 of 2 tasks of batch "spring" run'])
    expect(world.why('e')).toEqual([])
  })

  it('does not count who waits for a person', () => {
    const world = new World({ maxParallelTasks: 1 }).add('seed', 'water')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    const seed = world.start('seed')
    expect(world.claim()).toEqual([])

    world.write(seed, {
      type: 'attempt.wait',
      request: { kind: 'question', text: 'Which soil?', options: [] },
    })

    expect(world.claim().map((claim) => claim.taskId)).toEqual(['water'])
  })

  it('passes over candidates that are not ready any more', () => {
    const world = oneTask()
    const stale = world.claimable()
    world.do({ type: 'batch.pause', batchId: batchId('spring') })

    expect(world.claim(1, [...stale, 'order-unknown' as WorkOrderId])).toEqual([])
    expect(world.why('seed')).toEqual(['batch "spring" is paused'])
    world.do({ type: 'batch.resume', batchId: batchId('spring') })
    world.do({ type: 'project.pause' })
    expect(world.claim(1, stale)).toEqual([])
    expect(world.why('seed')).toEqual(['project "Garden" is paused'])
  })
})
