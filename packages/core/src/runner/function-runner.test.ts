import { describe, expect, it } from 'vitest'

import { exampleBrief, recordedContext } from '../testing/example-brief.ts'
import { functionRunner } from './function-runner.ts'

const { context } = recordedContext()

describe('a bare function as runner', () => {
  it('counts nothing and a string as completed', async () => {
    const silent = functionRunner(async () => {})
    const talking = functionRunner(async ({ task }) => `${task.code} is there`)
    expect(await silent.run(exampleBrief(), context)).toEqual({ status: 'completed', summary: '' })
    expect(await talking.run(exampleBrief(), context)).toEqual({
      status: 'completed',
      summary: 'example is there',
    })
  })

  it('passes outcomes and errors through', async () => {
    const yielding = functionRunner(async () => ({ status: 'yielded', reason: 'budget' }))
    const crashing = functionRunner(async () => {
      throw new RangeError('boom')
    })
    expect(await yielding.run(exampleBrief(), context)).toEqual({
      status: 'yielded',
      reason: 'budget',
    })
    await expect(crashing.run(exampleBrief(), context)).rejects.toThrow('boom')
  })

  it.each([
    [42, 'got 42'],
    [{}, 'status is missing'],
    [{ status: 'done' }, 'status is "done"'],
    [{ status: 'completed' }, 'summary is missing'],
    [{ status: 'failed', class: '__proto__', message: '' }, 'class is "__proto__"'],
    [{ status: 'failed', class: 'quota', message: '', retryAfterMs: Number.NaN }, 'retryAfterMs'],
  ])('calls %j an invalid output and says why', async (given, why) => {
    const runner = functionRunner(async () => given as never, 'odd')
    const outcome = await runner.run(exampleBrief(), context)
    expect(outcome).toMatchObject({ status: 'failed', class: 'invalid-output' })
    expect(outcome).toHaveProperty('message', expect.stringContaining(why))
  })
})
