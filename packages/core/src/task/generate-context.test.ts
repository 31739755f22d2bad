import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateTokens, generateContext } from './generate-context.ts'
import { isStatelessReady } from './stateless-ready.ts'
import type { PlanDocument, TaskSpec } from './task-spec.ts'

describe('generating the context of a task [S3-01]', () => {
  it('embeds what the project says for every task beside what the task says itself', () => {
    const { context, trimmed, withinBudget } = generateContext(plan, 'T1')
    expect(context).toEqual({
      projectBackground: 'A greenhouse that looks after itself.',
      architecture: 'One module per device.',
      guidance: 'Ask the valve first.\n\nSmall functions.',
      tdd: { cases, coverage: 95 },
      acceptanceCriteria: ['The valve closes.'],
      gates: [tests, types],
      tokenBudget: 32_000,
    })
    expect({ trimmed, withinBudget }).toEqual({ trimmed: [], withinBudget: true })
  })

  it('makes a task ready that brings only its own part', () => {
    const task = plan.tasks[0] as TaskSpec
    expect(isStatelessReady(task).ready).toBe(false)
    const { context } = generateContext(plan, task)
    expect(isStatelessReady({ ...task, context }).ready).toBe(true)
  })

  it('lets a gate of the task replace the project gate of the same name', () => {
    const own = { name: 'tests', command: ['npm', 'test'] }
    const task = { id: 'T2', title: 'Grow', context: { gates: [own] } }
    expect(generateContext({ ...plan, tasks: [task] }, 'T2').context.gates).toEqual([own, types])
  })

  it('cuts the background first, then the architecture, then the shared guidance', () => {
    const long: PlanDocument = {
      project: {
        background: 'b'.repeat(4000),
        architecture: 'a'.repeat(4000),
        guidance: 'g'.repeat(4000),
      },
      tasks: [{ id: 'T1', title: 'Grow', context: { guidance: 'own' } }],
    }
    const parts = (tokenBudget: number) =>
      generateContext(long, 'T1', { tokenBudget }).trimmed.map(({ part }) => part)
    expect(parts(3002)).toEqual([])
    expect(parts(2500)).toEqual(['projectBackground'])
    expect(parts(1500)).toEqual(['projectBackground', 'architecture'])
    expect(parts(100)).toEqual(['projectBackground', 'architecture', 'guidance'])
    expect(generateContext(long, 'T1', { tokenBudget: 1 }).context.guidance).toBe('own')
  })

  it('never cuts test cases, acceptance criteria, gates or own guidance, and says when they are too much', () => {
    const { context, withinBudget } = generateContext(plan, 'T1', { tokenBudget: 1 })
    expect(context.tdd.cases).toEqual(cases)
    expect(context.acceptanceCriteria).toEqual(['The valve closes.'])
    expect(context.gates).toEqual([tests, types])
    expect(context.guidance).toBe('Ask the valve first.')
    expect(withinBudget).toBe(false)
  })

  it('says what was cut and marks the place', () => {
    const project = { background: 'line of text\n'.repeat(100) }
    const { context, trimmed } = generateContext({ project, tasks: plan.tasks }, 'T1', {
      tokenBudget: 120,
    })
    expect(context.projectBackground).toMatch(/line of text\n\[… cut to fit the token budget\]$/)
    expect(trimmed).toEqual([
      { part: 'projectBackground', tokensBefore: 325, tokensAfter: expect.any(Number) },
    ])
  })

  it('takes the budget of the task when the call gives none', () => {
    const task = { id: 'T1', title: 'Grow', context: { tokenBudget: 7 } }
    expect(generateContext({ tasks: [task] }, 'T1').context.tokenBudget).toBe(7)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses the token budget %s', (tokenBudget) => {
    expect(() => generateContext(plan, 'T1', { tokenBudget })).toThrow('token budget for task "T1"')
  })

  it('names the known ids when the plan has no such task', () => {
    expect(() => generateContext(plan, 'T9')).toThrow('no task "T9". It has: T1.')
  })

  it('stays within every budget that the uncut parts allow, for any text', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 })
    fc.assert(
      fc.property(text, text, text, text, fc.integer({ min: 1, max: 300 }), (...parts) => {
        const [background, architecture, guidance, own, tokenBudget] = parts
        const task = { id: 'T1', title: 'Grow', context: { guidance: own } }
        const long = { project: { background, architecture, guidance }, tasks: [task] }
        const { context, tokens, withinBudget } = generateContext(long, 'T1', { tokenBudget })
        expect(context.guidance.startsWith(own.trim())).toBe(true)
        expect(withinBudget).toBe(tokens <= tokenBudget)
        if (estimateTokens(own.trim()) <= tokenBudget) expect(withinBudget).toBe(true)
      }),
    )
  })
})

const tests = { name: 'tests', command: ['node', '--test'] }
const types = { name: 'types', command: ['tsc', '--noEmit'] }
const cases = [{ name: 'closes', given: 'an open valve', expected: 'it closes' }]
const plan: PlanDocument = {
  project: {
    name: 'Greenhouse',
    background: 'A greenhouse that looks after itself.',
    architecture: 'One module per device.',
    guidance: 'Small functions.',
    gates: [tests, types],
  },
  tasks: [
    {
      id: 'T1',
      title: 'Close the valve',
      description: 'When the soil is wet.',
      context: {
        guidance: 'Ask the valve first.',
        tdd: { cases },
        acceptanceCriteria: ['The valve closes.'],
      },
    },
  ],
}
