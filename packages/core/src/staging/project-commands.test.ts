import { describe, expect, it } from 'vitest'
import type { WorkerId } from '../id.ts'
import { settings } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const wakeUp = [{ type: 'dispatch', orders: [] }]

describe('commands to a project [S2-01, S4-05]', () => {
  it('say which project exists already', () => {
    expect(new World().refuse({ type: 'project.create', name: 'Garden', settings })).toEqual({
      code: 'conflict',
      message: 'Project "garden" exists already.',
    })
  })

  it('write into the log just what was changed', () => {
    const world = new World()

    const renamed = world.do({ type: 'project.update', name: 'Orchard' })
    const held = world.do({ type: 'project.update', settings: { stuckPolicy: 'retry' } })

    expect(renamed.events).toStrictEqual([
      { type: 'project.updated', projectId: 'garden', name: 'Orchard', at: world.now },
    ])
    expect(held.events).toStrictEqual([
      {
        type: 'project.updated',
        projectId: 'garden',
        settings: { stuckPolicy: 'retry' },
        at: world.now,
      },
    ])
    expect([...renamed.effects, ...held.effects]).toEqual([])
    expect(world.project).toMatchObject({ name: 'Orchard', settings: { stuckPolicy: 'retry' } })
  })

  it('wake the dispatcher when an account is free again', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'quota' })

    const released = world.do({ type: 'account.release', account: 'default' })
    const again = world.do({ type: 'account.release', account: 'default' })

    expect(released.effects).toEqual(wakeUp)
    expect(again.effects).toEqual([])
  })

  it.each([{ maxParallelTasks: 9 }, { accountLimits: { oak: 2 } }, { resources: { port: 2 } }])(
    'wake the dispatcher where a limit may leave more room: %j',
    (given) => {
      const world = new World()

      expect(world.do({ type: 'project.update', settings: given }).effects).toEqual(wakeUp)
      expect(world.do({ type: 'project.update', settings: {} }).effects).toEqual([])
    },
  )

  it('wake nobody for a project that was not paused', () => {
    const world = new World()

    expect(world.do({ type: 'project.resume' }).effects).toEqual([])
    expect(world.do({ type: 'project.pause' }).effects).toEqual([])
    expect(world.do({ type: 'project.resume' }).effects).toEqual(wakeUp)
  })
})

describe('commands to a worker [S2-03]', () => {
  const workerId = 'worker-1' as WorkerId

  it('name the worker that nobody knows, or that is known already', () => {
    const world = new World()

    expect(world.refuse({ type: 'worker.change', workerId, status: 'idle', reason: 'up' })).toEqual(
      { code: 'not-found', message: 'Worker "worker-1" is not registered.' },
    )
    world.do({ type: 'worker.register', workerId, name: 'Ada' })
    expect(world.refuse({ type: 'worker.register', workerId, name: 'Bob' })).toEqual({
      code: 'conflict',
      message: 'Worker "worker-1" is registered already. Every start needs an id of its own.',
    })
    expect(world.state.workers.get(workerId)?.name).toBe('Ada')
  })

  it('bring back the one that was taken for lost, and touch no other', () => {
    const world = new World()
    const revive = { type: 'worker.revive', workerId } as const
    const status = () => world.state.workers.get(workerId)?.status

    expect(world.do(revive).events).toEqual([])
    world.do({ type: 'worker.register', workerId, name: 'Ada' })
    expect(world.do(revive).events).toEqual([])
    world.do({ type: 'worker.change', workerId, status: 'offline', reason: 'silent' })
    expect(status()).toBe('offline')
    expect(world.do(revive).events).toEqual([
      {
        type: 'worker.changed',
        workerId,
        status: 'idle',
        reason: 'it was heard of again',
        at: world.now,
      },
    ])
    expect(status()).toBe('idle')
  })
})
