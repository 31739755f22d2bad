import { describe, expect, it } from 'vitest'

import type { Verdict } from '../staging/state.ts'
import { exampleBrief } from '../testing/example-brief.ts'
import type { Gate } from './gate.ts'
import { allPass, runGates } from './run-gates.ts'

const subject = { attempt: exampleBrief() }
const never = new AbortController().signal
const now = () => 0

function gate(name: string, judge: (signal: AbortSignal) => unknown): Gate {
  return { name, judge: async (_subject, signal) => judge(signal) as Verdict }
}
const says = (result: string, rest: object = {}) => ({
  gate: 'whatever',
  result,
  summary: '',
  durationMs: 1,
  cause: null,
  evidence: '',
  ...rest,
})

describe('running a set of gates [X-08]', () => {
  it('gives one verdict per gate, in order, under the name of the gate', async () => {
    const verdicts = await runGates(
      [gate('tests', () => says('fail')), gate('types', () => says('pass'))],
      subject,
      never,
      { now },
    )
    expect(verdicts.map((each) => [each.gate, each.result])).toEqual([
      ['tests', 'fail'],
      ['types', 'pass'],
    ])
    expect(allPass(verdicts)).toBe(false)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['says nothing', () => undefined],
    ['says something else', () => ({ result: 'PASS' })],
    ['claims with a truthy word', () => 'pass'],
  ])('does not pass when a gate %s', async (_name, judge) => {
    const [verdict] = await runGates([gate('odd', judge)], subject, never, { now })
    expect(verdict).toMatchObject({ gate: 'odd', result: 'error', cause: 'environment' })
  })

  it('does not pass when there is no gate, or when one was skipped', async () => {
    const none = await runGates([], subject, never, { now })
    expect(none).toMatchObject([{ result: 'error' }])
    expect(allPass(none)).toBe(false)
    expect(allPass([])).toBe(false)
    const skipped = await runGates([gate('a', () => says('skipped'))], subject, never, { now })
    expect(allPass(skipped)).toBe(false)
  })

  it('believes nothing that is said after an abort, and runs no further gate', async () => {
    const controller = new AbortController()
    let ran = 0
    const verdicts = await runGates(
      [
        gate('first', () => {
          controller.abort(new Error('shutting down'))
          return says('pass')
        }),
        gate('second', () => {
          ran += 1
          return says('pass')
        }),
      ],
      subject,
      controller.signal,
      { now },
    )
    expect(verdicts.map((each) => each.result)).toEqual(['error', 'error'])
    expect(verdicts[1]?.summary).toContain('shutting down')
    expect(ran).toBe(0)
  })

  it('keeps the end of long evidence', async () => {
    const evidence = `${'x'.repeat(100_000)}the cause`
    const [verdict] = await runGates(
      [gate('tests', () => says('fail', { evidence }))],
      subject,
      never,
      { now },
    )
    expect(verdict?.evidence).toHaveLength(4096)
    expect(verdict?.evidence.endsWith('the cause')).toBe(true)
  })

  it('runs at most as many at once as asked', async () => {
    let running = 0
    let peak = 0
    const slow = (name: string) =>
      gate(name, async () => {
        running += 1
        peak = Math.max(peak, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return says('pass')
      })
    const verdicts = await runGates(['a', 'b', 'c', 'd'].map(slow), subject, never, {
      now,
      concurrency: 2,
    })
    expect(peak).toBe(2)
    expect(allPass(verdicts)).toBe(true)
  })
})
