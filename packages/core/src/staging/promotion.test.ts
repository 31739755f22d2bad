import { describe, expect, it } from 'vitest'
import { World } from './world.arbitrary.ts'

describe('promoting a batch [S0-04]', () => {
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
    expect(world.statuses()).toEqual({
      seed: 'staged',
      water: 'staged',
      sun: 'staged',
      fruit: 'staged',
    })
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
})
