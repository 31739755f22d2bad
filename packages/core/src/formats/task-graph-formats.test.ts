import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { CuelineError } from '../error.ts'
import { planTasks } from '../plan/plan-tasks.ts'
import { importDocument } from './import-document.ts'

/** Entry 0 and exit 5 frame four tasks; 3 waits for 1 and 2. */
const graph = `        4
   0   0   0
   1   3   1   0
   2   5   1   0
   3   7   2   1   2
   4   2   1   0
   5   0   2   3   4
# Made by hand
# Critical path : 12
`

const stars = '*'.repeat(72)
/** Jobs 1 and 5 are empty; 4 waits for 2 and 3; jobs 2 and 3 do not fit into R1 together. */
const project = `${stars}
file with basedata            : MADE_BY_HAND.BAS
${stars}
projects                      :  1
jobs (incl. supersource/sink ):  5
RESOURCES
  - renewable                 :  2   R
${stars}
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          1           5
   5        1          0
${stars}
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     4       3    0
  3      1     6       2    1
  4      1     5       0    2
  5      1     0       0    0
${stars}
RESOURCEAVAILABILITIES:
  R 1  R 2
    4    2
${stars}
`

describe('a graph of the Standard Task Graph Set [X-15]', () => {
  it('is read without its empty entry and exit tasks', () => {
    const { format, document, report } = imported(graph)
    expect(format).toBe('stg')
    expect(document.tasks).toEqual([
      { id: '1', title: 'Task 1', estimate: 3 },
      { id: '2', title: 'Task 2', estimate: 5 },
      { id: '3', title: 'Task 3', estimate: 7, dependsOn: ['1', '2'] },
      { id: '4', title: 'Task 4', estimate: 2 },
    ])
    expect(report.refused.map(({ what, count }) => [what, count])).toEqual([
      ['comment', 2],
      ['task 0', 1],
      ['task 5', 1],
    ])
    const planned = planTasks(document.tasks, { workers: 2 })
    expect(planned.ok && planned.plan.criticalPath.length).toBe(12)
  })

  it('may have no entry and exit tasks, and a task that takes no time is named', () => {
    const { document, report } = imported('2\n1 3 0\n2 0 1 1\n')
    expect(document.tasks.map(({ id, estimate }) => [id, estimate])).toEqual([
      ['1', 3],
      ['2', undefined],
    ])
    expect(report.refused).toEqual([
      { where: 'task 2', what: 'time 0', reason: expect.stringContaining('above 0'), count: 1 },
    ])
  })

  it.each([
    ['5\n0 0 0\n1 3 1 0\n', 'says it has 5 tasks and has 2 rows'],
    ['1\n1 3 0\n2 3 2 1\n', 'line 3 says 2 and names 1 predecessors'],
    ['1\n1 3 0\nx 3 0\n', 'line 3 holds "x"'],
  ])('names what is wrong with %j', (text, message) => {
    expect(() => imported(text)).toThrow(message)
  })
})

describe('a project of PSPLIB [X-15]', () => {
  it('is read with its resources, without its empty first and last job', () => {
    const { format, document, report, capacities } = imported(project)
    expect(format).toBe('psplib')
    expect(document.tasks).toEqual([
      { id: '2', title: 'Job 2', estimate: 4, resources: { R1: 3 } },
      { id: '3', title: 'Job 3', estimate: 6, resources: { R1: 2, R2: 1 } },
      { id: '4', title: 'Job 4', estimate: 5, resources: { R2: 2 }, dependsOn: ['2', '3'] },
    ])
    expect(capacities).toEqual({ R1: 4, R2: 2 })
    expect(report.mapped).toMatchObject({ tasks: 3, dependencies: 2, estimates: 3 })
    expect(report.refused.map(({ what }) => what)).toContain('job 5')
  })

  it('takes the first of several modes, and says so', () => {
    const modes = project
      .replace('   2        1          1 ', '   2        2          1 ')
      .replace(
        '  2      1     4       3    0\n',
        '  2      1     4       3    0\n         2     9       1    0\n',
      )
    const { document, report } = imported(modes)
    expect(document.tasks[0]).toMatchObject({ id: '2', estimate: 4 })
    expect(report.guessed).toMatchObject([{ task: '2', what: 'estimate', value: 'its first mode' }])
    expect(report.refused.map(({ what }) => what)).toContain('a further mode')
  })

  it('leaves out resources that are used up, and names them', () => {
    const { document, report, capacities } = imported(project.replaceAll('R 2', 'N 1'))
    expect(capacities).toEqual({ R1: 4 })
    expect(document.tasks[2]).not.toHaveProperty('resources')
    expect(report.refused.map(({ what }) => what)).toContain('N1')
  })

  it.each([
    ['  4      1     5       0    2', '  4      1     5       0', 'line 23 has too few numbers'],
    ['  4      1     5       0    2', '', 'job 4 has no duration'],
    ['   4        1          1           5', '   4        1          2           5', 'says 2 and'],
    ['   3        1          1           4', '   3        1          1           9', 'names job 9'],
    ['    4    2\n', '    4\n', 'holds 1 amounts of 2 resources'],
    ['  3      1     6 ', '  x      1     6 ', 'line 22 holds "x"'],
  ])('names what is wrong with %j instead of %j', (right, wrong, message) => {
    expect(() => imported(project.replace(right, wrong))).toThrow(message)
  })
})

describe('a task graph with random damage [X-15]', () => {
  it('is read or refused by name, never half read with another error', () => {
    const damage = fc.record({
      text: fc.constantFrom(graph, project),
      at: fc.nat(2000),
      remove: fc.nat(60),
      insert: fc.oneof(
        fc.constantFrom(' ', '\n', '0', '-1', '999999999999999', '__proto__'),
        fc.string(),
      ),
    })
    fc.assert(
      fc.property(damage, ({ text, at, remove, insert }) => {
        const from = at % text.length
        try {
          const { document, report } = imported(
            text.slice(0, from) + insert + text.slice(from + remove),
          )
          expect(report.mapped.tasks).toBe(document.tasks.length)
        } catch (error) {
          expect(error).toBeInstanceOf(CuelineError)
          expect((error as CuelineError).code).toBe('invalid-input')
        }
      }),
      { numRuns: 1000 },
    )
  })
})

function imported(text: string) {
  return importDocument({ name: 'input', text })
}
