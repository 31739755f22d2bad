import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import { parsePlanDocument, parseTaskSpec, parseTaskSpecs } from './parse-task-spec.ts'
import type { InputIssue } from './parse-task-spec.ts'

describe('checking tasks [S3-01]', () => {
  it('returns a task with every field as it was given', () => {
    const task = {
      id: 'T1',
      title: 'Read the sensor',
      description: 'Ten readings a minute.',
      type: 'feature',
      priority: 'high',
      epic: 'Sensors',
      sprint: '2026-03',
      parent: 'T0',
      estimate: { min: 30, max: 90 },
      dependsOn: ['T0', { task: 'T9', releaseOn: 'verified', source: 'file', confidence: 0.4 }],
      touches: ['src/sensor.ts'],
      resources: { serialPort: 1 },
      repository: 'greenhouse',
      baseBranch: 'main',
      account: 'team',
      capabilities: ['node'],
      context: { guidance: 'Poll, do not subscribe.', tdd: { cases: [] } },
      status: 'todo',
    }
    expect(parseTaskSpec(task)).toEqual(task)
  })

  it('names the task, the path, the value and what would be right', () => {
    const error = refusalOf([valid('T1'), valid('T2'), { ...valid('T3'), estimate: -5 }])
    expect(error.code).toBe('invalid-input')
    expect(error.message).toContain('tasks[2].estimate of task "T3" must be above 0 minutes')
    expect(error.message).toContain('received -5')
    expect(error.details['issues']).toEqual([
      { path: 'tasks[2].estimate', task: 'T3', message: expect.any(String), received: '-5' },
    ])
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, { min: 5, max: 1 }, '3h', null])(
    'refuses the estimate %s',
    (estimate) => {
      expect(pathsOf([{ ...valid('T1'), estimate }])).toEqual(['tasks[0].estimate'])
    },
  )

  it('refuses a description of 10 MB and names the task and the size', () => {
    const error = refusalOf([{ ...valid('T7'), description: 'x'.repeat(10_485_760) }])
    expect(error.message).toContain('tasks[0].description of task "T7"')
    expect(error.message).toContain('at most 1048576 characters')
    expect(error.message).toContain('(10485760 characters)')
    expect(error.message.length).toBeLessThan(400)
  })

  it('refuses a mistyped key instead of ignoring it', () => {
    expect(refusalOf([{ ...valid('T1'), dependson: ['T0'] }]).message).toContain(
      'has the unknown key "dependson"',
    )
  })

  it.each(['__proto__', 'constructor', 'prototype'])(
    'refuses the key %s wherever it stands',
    (key) => {
      const task = JSON.parse(`{"id":"T1","title":"Grow","resources":{"${key}":1}}`) as unknown
      expect(pathsOf([task])).toEqual([`tasks[0].resources.${key}`])
      const plan = JSON.parse(`{"${key}":{},"tasks":[]}`) as unknown
      expect(() => parsePlanDocument(plan)).toThrow(CuelineError)
    },
  )

  it('accepts any string as an id, prototype names included', () => {
    const ids = ['__proto__', 'constructor', 'a b', '日本', 'T/1', ' ']
    expect(parseTaskSpecs(ids.map(valid)).map((task) => task.id)).toEqual(ids)
  })

  it('refuses ids that are empty or longer than 200 characters', () => {
    expect(pathsOf([valid(''), valid('x'.repeat(201)), valid('x'.repeat(200))])).toEqual([
      'tasks[0].id',
      'tasks[1].id',
    ])
    expect(pathsOf([valid('🎭'.repeat(200)), valid('🎭'.repeat(201))])).toEqual(['tasks[1].id'])
  })

  it('lists every issue but shows the first five', () => {
    const error = refusalOf(Array.from({ length: 300 }, (_, index) => ({ id: `T${index}` })))
    expect(error.message.split('\n')).toHaveLength(7)
    expect(error.message).toContain('… and 95 more')
    expect((error.details['issues'] as InputIssue[]).length).toBe(100)
  })

  it('ends on a value that contains itself', () => {
    const cyclic: Record<string, unknown> = { ...valid('T1') }
    cyclic['context'] = cyclic
    expect(pathsOf([cyclic])).toEqual(['tasks[0].context'])
  })

  it('does not overflow the stack on a deeply nested value', () => {
    let nested: unknown = 'end'
    for (let depth = 0; depth < 200_000; depth++) nested = [nested]
    expect(pathsOf([{ ...valid('T1'), description: nested }])).toEqual(['tasks[0].description'])
  })

  it.each([undefined, null, 'tasks', 7, {}])('refuses %s as the list of tasks', (input) => {
    expect(() => parseTaskSpecs(input)).toThrow('tasks must be a list')
  })
})

describe('checking plan documents [S3-01]', () => {
  it('accepts a project with its tasks', () => {
    const plan = { project: { name: 'Greenhouse', gates: [gate] }, tasks: [valid('T1')] }
    expect(parsePlanDocument(plan)).toEqual(plan)
  })

  it('refuses a gate whose command is a shell string', () => {
    const plan = { project: { gates: [{ name: 'tests', command: 'npm test' }] }, tasks: [] }
    expect(() => parsePlanDocument(plan)).toThrow('project.gates[0].command must be a list')
  })

  it('refuses an unknown key of the document', () => {
    expect(() => parsePlanDocument({ task: [] })).toThrow('task is not a key of a plan document')
  })
})

const gate = { name: 'tests', command: ['node', '--test'] }

function valid(id: string) {
  return { id, title: 'Grow' }
}

function refusalOf(tasks: unknown[]): CuelineError {
  try {
    parseTaskSpecs(tasks)
  } catch (error) {
    if (error instanceof CuelineError) return error
    throw error
  }
  throw new Error('The tasks were accepted')
}

function pathsOf(tasks: unknown[]): string[] {
  return (refusalOf(tasks).details['issues'] as InputIssue[]).map((issue) => issue.path)
}
