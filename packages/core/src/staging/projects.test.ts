import { emptyLoad } from '../limit/admission.ts'
import { describe, expect, it } from 'vitest'
import type { WorkerId } from '../id.ts'
import { decide } from './decide.ts'
import { emptySlice } from './slice.ts'
import { projectId, settings } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('a project [S2-01]', () => {
  it('exists once, and nothing is decided for one that does not exist', () => {
    const world = new World()
    const create = { type: 'project.create', name: 'Garden', settings } as const

    expect(world.refuse(create).code).toBe('conflict')
    const context = { now: 0, ids: () => 'x' as never, random: () => 0 }
    expect(decide(emptySlice, { projectId, type: 'project.pause' }, context)).toEqual({
      ok: false,
      refusal: {
        code: 'not-found',
        message: 'Project "garden" does not exist. List the projects to find its id.',
      },
    })
  })

  it('changes its name and just the settings that are given', () => {
    const world = new World()

    world.do({ type: 'project.update', name: 'Orchard', settings: { barrier: 'layer' } })

    expect(world.project).toMatchObject({
      name: 'Orchard',
      settings: { ...settings, barrier: 'layer' },
    })
  })

  it('wakes the dispatcher when it may run more at once', () => {
    const world = new World()

    const { effects } = world.do({ type: 'project.update', settings: { maxParallelTasks: 50 } })

    expect(effects).toEqual([{ type: 'dispatch', orders: [] }])
  })
})

describe('pausing a project [S4-05]', () => {
  it('stops claims, leaves running work alone, and goes on where it stood', () => {
    const world = new World().add('seed', 'water', 'fruit <- seed')
    world.stage('spring', ['seed', 'water', 'fruit'])
    world.promote('spring')
    const seed = world.start('seed')

    world.do({ type: 'project.pause' })
    expect(world.claim(5)).toEqual([])
    world.succeed(seed)
    expect(world.why('fruit')).toEqual(['project "Garden" is paused'])
    expect(world.do({ type: 'project.pause' }).events).toEqual([])

    const { effects } = world.do({ type: 'project.resume' })
    expect(effects).toEqual([{ type: 'dispatch', orders: [] }])
    expect(world.claim(5).map((claim) => claim.taskId)).toEqual(['water', 'fruit'])
    expect(world.do({ type: 'project.resume' }).events).toEqual([])
  })
})

describe('a worker [S2-01, S2-03]', () => {
  const workerId = 'worker-1' as WorkerId

  it('is busy while it works, waiting while it asks, idle after', () => {
    const world = new World().add('seed')
    world.do({ type: 'worker.register', workerId, name: 'Ada' })
    world.stage('spring', ['seed'])
    world.promote('spring')
    const status = () => world.state.workers.get(workerId)?.status
    expect(status()).toBe('idle')

    const claim = world.start('seed')
    expect(status()).toBe('busy')
    world.write(claim, {
      type: 'attempt.wait',
      request: { kind: 'approval', text: 'Sow?', options: [] },
    })
    expect(status()).toBe('waiting')
    world.write(claim, { type: 'attempt.resume', load: emptyLoad })
    expect(status()).toBe('busy')
    world.succeed(claim)
    expect(status()).toBe('idle')
  })

  it('has an id of its own, and can be changed only once it is registered', () => {
    const world = new World()
    const change = { type: 'worker.change', workerId, status: 'offline', reason: 'bye' } as const
    expect(world.refuse(change).code).toBe('not-found')

    world.do({ type: 'worker.register', workerId, name: 'Ada' })
    expect(world.refuse({ type: 'worker.register', workerId, name: 'Ada' }).code).toBe('conflict')
    expect(world.do(change).events).toHaveLength(1)
    expect(world.do(change).events).toEqual([])
  })
})
