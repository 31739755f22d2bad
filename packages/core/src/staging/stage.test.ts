import { describe, expect, it } from 'vitest'
import { batchId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('staging tasks [S0-01, S0-03]', () => {
  it('puts tasks between todo and doing, with the time, the batch and the priority inside it', () => {
    const world = new World().add('seed', 'water').create('spring')
    world.now += 5_000

    world.do({
      type: 'tasks.stage',
      batchId: batchId('spring'),
      tasks: [{ id: taskId('seed'), stagePriority: 7 }],
      force: false,
    })

    expect(world.task('seed')).toMatchObject({
      status: 'staged',
      batchId: 'spring',
      stagedAt: world.now,
      stagePriority: 7,
    })
    expect(world.task('water')).toMatchObject({ status: 'todo', batchId: null, stagedAt: null })
  })

  it('gives one result per task in the order asked, and one event for all of them', () => {
    const world = new World().add('seed', 'gone', { line: 'vague', contextReady: false })
    world.do({ type: 'task.cancel', taskId: taskId('gone'), reason: 'weeds' })

    const { results, events } = world.stage('spring', ['seed', 'gone', 'ghost', 'vague', 'seed'])

    expect(results).toEqual([
      { taskId: 'seed', ok: true, message: 'staged' },
      {
        taskId: 'gone',
        ok: false,
        message: 'Task "gone" is cancelled; only tasks that are todo or staged can be staged.',
      },
      { taskId: 'ghost', ok: false, message: 'Task "ghost" does not exist.' },
      {
        taskId: 'vague',
        ok: true,
        message: 'staged; it will not start while its context is incomplete',
      },
      { taskId: 'seed', ok: false, message: 'Task "seed" is named twice.' },
    ])
    expect(events.map((event) => event.type)).toEqual(['tasks.staged'])
  })

  it('refuses a batch that does not exist and changes nothing', () => {
    const world = new World().add('seed')
    const order = { type: 'tasks.stage', batchId: batchId('winter'), force: false } as const

    const refusal = world.refuse({ ...order, tasks: [{ id: taskId('seed'), stagePriority: 0 }] })

    expect(refusal.message).toBe('Batch "winter" does not exist in this project.')
    expect(world.task('seed').status).toBe('todo')
  })

  it('moves a task with its work order, its charged attempts and its pause to a promoted batch', () => {
    const world = new World().add('seed').create('summer')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.promote('summer')
    world.fail(world.start('seed'), { class: 'transient' })
    const before = world.order('seed')

    world.stage('summer', ['seed'])

    expect(world.order('seed')).toEqual(before)
    expect(before).toMatchObject({ chargedAttempts: 1, status: 'queued' })
    expect(world.why('seed')).toEqual([expect.stringMatching(/^it is retried in \d s$/)])
  })

  it('takes the work of a task back that is no longer forced, though its new batch is promoted', () => {
    const world = new World().add({ line: 'vague', contextReady: false }, 'seed').create('summer')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.promote('summer')
    const vague = [{ id: taskId('vague'), stagePriority: 0 }]
    world.do({ type: 'tasks.stage', batchId: batchId('spring'), tasks: vague, force: true })
    const forced = world.order('vague')

    world.stage('summer', ['seed', 'vague'])

    expect(forced.status).toBe('queued')
    expect(world.state.workOrders.get(forced.id)?.status).toBe('cancelled')
    expect(world.order('seed').status).toBe('queued')
    expect(world.claimable()).toEqual([world.order('seed').id])
  })

  it('takes the work of a task back that moves to a batch that is not promoted', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const order = world.order('seed')

    world.stage('summer', ['seed'])

    expect(world.state.workOrders.get(order.id)?.status).toBe('cancelled')
    expect(world.claim()).toEqual([])
    expect(world.why('seed')).toEqual(['batch "summer" is not promoted yet'])
  })
})

describe('unstaging tasks [S0-01, S0-03]', () => {
  it('returns staged tasks to todo, one result each, and takes their work back', () => {
    const world = new World().add('seed', 'water', 'sun')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    world.start('water')

    const { results } = world.do({
      type: 'tasks.unstage',
      taskIds: ['seed', 'water', 'sun', 'ghost'].map(taskId),
    })

    expect(results).toEqual([
      { taskId: 'seed', ok: true, message: 'todo' },
      { taskId: 'water', ok: false, message: 'Task "water" is doing, not staged.' },
      { taskId: 'sun', ok: false, message: 'Task "sun" is todo, not staged.' },
      { taskId: 'ghost', ok: false, message: 'Task "ghost" does not exist.' },
    ])
    expect(world.task('seed')).toMatchObject({
      status: 'todo',
      batchId: null,
      stagedAt: null,
      workOrderId: null,
    })
    expect(world.why('seed')).toEqual(['it is not staged in a batch'])
  })

  it('withdraws the question of a task that is unstaged', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'human-needed', message: 'Which soil?' })

    world.do({ type: 'tasks.unstage', taskIds: [taskId('seed')] })

    expect(world.requests('seed')).toMatchObject([{ status: 'cancelled' }])
  })
})
