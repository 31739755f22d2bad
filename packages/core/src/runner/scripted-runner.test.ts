import { describe, expect, it } from 'vitest'

import { exampleBrief, recordedContext } from '../testing/example-brief.ts'
import { scriptedRunner } from './scripted-runner.ts'

describe('a scripted runner', () => {
  it('plays what the script says for the task and the attempt, and completes otherwise', async () => {
    const runner = scriptedRunner(
      new Map([
        ['a', [{ end: { status: 'failed', class: 'transient', message: 'first time' } }]],
        ['b', [{ end: { throws: new Error('crash') } }]],
      ]),
    )
    const { context } = recordedContext()
    const run = (code: string, number: number) =>
      runner.run(exampleBrief({ number, task: { code } }), context)
    expect(await run('a', 1)).toMatchObject({ status: 'failed' })
    expect(await run('a', 2)).toEqual({ status: 'completed', summary: 'a done' })
    await expect(run('b', 1)).rejects.toThrow('crash')
    expect(runner.runs.map((each) => each.ended)).toEqual(['failed', 'completed', 'crashed'])
  })

  it('asks, reports and works in order', async () => {
    const { context, questions, progress, output } = recordedContext(['yes'])
    const done: string[] = []
    const runner = scriptedRunner(() => ({
      progress: 'on it',
      output: 'hello\n',
      ask: { text: 'Go on?' },
      work: () => void done.push('work'),
    }))
    await runner.run(exampleBrief(), context)
    expect({ questions, progress, done }).toEqual({
      questions: ['Go on?'],
      progress: ['on it'],
      done: ['work'],
    })
    expect(output).toEqual([{ text: 'hello\n', stream: 'stdout' }])
    expect(runner.runs[0]?.answers).toEqual(['yes'])
  })

  it('takes its time by the clock it was given', async () => {
    const timers: (() => void)[] = []
    const clock = { setTimeout: (callback: () => void) => (timers.push(callback), () => {}) }
    const runner = scriptedRunner(() => ({ takesMs: 200 }), { clock })
    const outcome = runner.run(exampleBrief(), recordedContext().context)
    expect([runner.running, timers.length]).toEqual([1, 1])
    timers[0]?.()
    expect(await outcome).toMatchObject({ status: 'completed' })
    expect([runner.running, runner.peak]).toEqual([0, 1])
  })

  it('never ends until it is aborted, or not even then', async () => {
    const runner = scriptedRunner(({ task }) => ({
      end: task.code === 'deaf' ? 'ignores-abort' : 'never',
    }))
    const { context, controller } = recordedContext()
    const endless = runner.run(exampleBrief(), context)
    const deaf = runner.run(exampleBrief({ task: { code: 'deaf' } }), context)
    controller.abort(new Error('enough'))
    await expect(endless).rejects.toThrow('enough')
    expect(runner.running).toBe(1)
    await runner.close?.()
    await expect(deaf).rejects.toThrow('aborted')
    expect(runner.running).toBe(0)
  })
})
