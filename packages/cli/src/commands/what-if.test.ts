import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const greenhouse = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', estimate: 10 },
    { id: 'T2', title: 'Water the plants', estimate: 20, dependsOn: ['T1'] },
    { id: 'T3', title: 'Open the roof', estimate: 5, dependsOn: ['T1'] },
  ],
})

async function imported() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': greenhouse })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  await cueline('import', 'plan.json')
  return cueline
}

describe('cueline explain [X-04]', () => {
  it('says why a task starts when it does, in words and in numbers', async () => {
    const cueline = await imported()
    const { code, stdout } = await cueline('explain', 'T3')
    expect(code).toBe(0)
    expect(stdout.replaceAll('\n', ' ')).toContain('it waits for T1, which finishes then.')
    const json = await cueline('explain', 'T3', '--workers', '1', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      task: 'T3',
      start: 30,
      decidedBy: { kind: 'workers', tasks: ['T2'] },
    })
    expect((await cueline('explain', 'T9')).code).toBe(2)
  })
})

describe('cueline what-if [X-04]', () => {
  it.each([
    [['--workers', '1'], 'With 1 worker instead of 4:'],
    [['--estimate', 'T2=60'], 'If T2 takes 60 minutes:'],
    [['--estimate', 'T2=20-40'], 'If T2 takes 20 minutes to 40 minutes:'],
    [['--without', 'T2:T1'], 'If T2 did not wait for T1:'],
    [['--failed', 'T1'], '2 tasks behind it can then not be done: T2 and T3.'],
  ])('%j is answered with %s', async (args, answer) => {
    const cueline = await imported()
    const { code, stdout } = await cueline('what-if', ...args)
    expect([code, stdout]).toEqual([0, expect.stringContaining(answer)])
  })

  it('prints the change, what is lost and every difference as JSON', async () => {
    const cueline = await imported()
    const { stdout } = await cueline('what-if', '--failed', 'T1', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      change: { failed: 'T1' },
      lost: ['T2', 'T3'],
      difference: { makespan: { before: 30, after: 10, change: -20 } },
    })
  })

  it.each([
    [[], 'none was asked'],
    [['--workers', '1', '--failed', 'T1'], 'several were asked'],
    [['--estimate', 'T1'], 'T7=30 or T7=20-40'],
    [['--estimate', 'T1=9-3'], 'min is above max'],
    [['--without', 'T1:'], 'T9:T7'],
    [['--without', 'T1:T2'], 'does not wait for "T2"'],
  ])('%j exits with 2 and says why', async (args, message) => {
    const cueline = await imported()
    const { code, stderr } = await cueline('what-if', ...args)
    expect([code, stderr.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining(message)])
  })
})
