import { describe, expect, it } from 'vitest'
import { edge, newTask } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('a hundred thousand tasks [S2-01]', () => {
  it('are taken in one command, each with what it waits for', () => {
    const world = new World()
    const codes = Array.from({ length: 100_000 }, (_, index) => `t${index}`)

    world.do({
      type: 'tasks.add',
      tasks: codes.map((code, index) => newTask(code, index)),
      dependencies: codes.slice(1).map((code, index) => edge(code, `t${index}`)),
    })

    expect(world.state.tasks.size).toBe(100_000)
    expect(world.task('t99999').openDependencies).toBe(1)
  }, 60_000)
})
