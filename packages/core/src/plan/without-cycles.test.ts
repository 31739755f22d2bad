import { describe, expect, it } from 'vitest'

import { withoutCycles } from './without-cycles.ts'

describe('dependencies that are added as long as they close no cycle [S3-03, X-12]', () => {
  const tasks = [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }]

  it('leaves out a whole group, with nothing of it taken', () => {
    const first = { task: 'a', dependsOn: ['c', 'b'] }
    const second = { task: 'c', dependsOn: ['a'] }
    expect(withoutCycles(tasks, [first, second])).toMatchObject({
      taken: [second],
      leftOut: [{ group: first, problem: { kind: 'cycle', tasks: ['a', 'b', 'a'] } }],
    })
  })

  it('finds no cycle in names of nobody, of the task itself, or named twice', () => {
    const groups = [
      { task: 'nobody', dependsOn: ['a'] },
      { task: 'a', dependsOn: ['a', 'nobody', 'c', 'c'] },
      { task: 'c', dependsOn: ['b'] },
    ]
    expect(withoutCycles(tasks, groups)).toMatchObject({
      taken: groups.slice(0, 2),
      leftOut: [{ group: groups[2], problem: { tasks: ['c', 'b', 'a', 'c'] } }],
    })
  })

  it('takes nothing when the tasks wait for each other already, and says so', () => {
    const cyclic = [{ id: 'a', dependsOn: ['b'] }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }]
    const group = { task: 'c', dependsOn: ['a'] }
    expect(withoutCycles(cyclic, [group])).toMatchObject({
      taken: [],
      leftOut: [{ group, problem: { kind: 'cycle', tasks: ['a', 'b', 'a'] } }],
    })
  })
})
