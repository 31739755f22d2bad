import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const greenhouse = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', estimate: { min: 5, max: 15 } },
    { id: 'T2', title: 'Water the plants', estimate: 20, dependsOn: ['T1'] },
    { id: 'T3', title: 'Open the roof', estimate: 5 },
  ],
})

async function imported(...more: readonly string[][]) {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': greenhouse })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  await cueline('import', 'plan.json')
  for (const args of more) await cueline(...args)
  return cueline
}

describe('cueline suggest [S0-08]', () => {
  it('says what should go next, and why', async () => {
    const cueline = await imported()
    const { code, stdout } = await cueline('suggest', '--size', '1')
    expect(code).toBe(0)
    expect(stdout.replaceAll('\n', ' ')).toContain('T1: the longest way to the end begins with it')
    const json = await cueline('suggest', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      tasks: [{ task: 'T1', tail: 30, unlocks: ['T2'] }, { task: 'T3' }],
      finish: 30,
      blocked: [],
    })
  })

  it('stages it in one step, and then suggests what is left', async () => {
    const cueline = await imported()
    const staged = await cueline('suggest', '--size', '1', '--stage', '--name', 'Morning', '--json')
    expect(JSON.parse(staged.stdout)).toMatchObject({
      project: { name: 'Greenhouse' },
      promoted: false,
      batches: [{ name: 'Morning', tasks: ['T1'] }],
      results: [{ task: 'T1', ok: true }],
    })
    const promoted = await cueline('suggest', '--size', '1', '--promote', '--force')
    expect(promoted.stdout).toContain('Staged 1 task in 1 batch.')
    const next = JSON.parse((await cueline('suggest', '--json')).stdout)
    expect(next.tasks).toMatchObject([{ task: 'T3' }])
  })

  it('says that options about staging need staging, and when nothing is ready', async () => {
    const cueline = await imported()
    const useless = await cueline('suggest', '--name', 'Morning')
    expect([useless.code, useless.stderr]).toEqual([2, expect.stringContaining('--stage')])
    for (const task of ['T1', 'T2', 'T3']) await cueline('cancel', task)
    const none = await cueline('suggest', '--stage')
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('Nothing can be staged')])
  })
})

describe('cueline forecast [X-04]', () => {
  it('says by when half and nine in ten runs finish, and that estimates are guesses', async () => {
    const cueline = await imported()
    const { code, stdout } = await cueline('forecast')
    expect(code).toBe(0)
    const text = stdout.replaceAll('\n', ' ')
    expect(text).toContain('Of 1000 runs with 4 workers, half finish by minute')
    expect(text).toContain('Estimates are guesses')
    const json = await cueline('forecast', '--runs', '50', '--seed', '-3', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ runs: 50, seed: -3, planned: 30, running: [] })
    expect((await cueline('forecast', '--seed', 'x')).stderr).toContain('Give a whole number.')
  })
})

describe('cueline revise [X-12]', () => {
  it('changes the plan by options, and says what came of it', async () => {
    const cueline = await imported(['stage', '--force'])
    const args = [
      '--estimate',
      'T2=60',
      '--estimate',
      'T3=1-3',
      '--wait',
      'T3:T1',
      '--priority',
      'T3=high',
    ]
    const preview = await cueline('revise', ...args, '--preview')
    expect(preview.stdout).toContain('Nothing is changed yet: this is a preview of revision 2.')
    const { code, stdout } = await cueline('revise', ...args)
    expect(code).toBe(0)
    expect(stdout).toContain('T3 waits for T1, too.')
    expect(stdout).toContain('It finishes 40 minutes later: at minute 70 instead of minute 30.')
    expect(stdout).toContain('The plan is at revision 2 now.')
    const removed = await cueline('revise', '--remove', 'T1', '--json')
    expect(JSON.parse(removed.stdout)).toMatchObject({
      applied: true,
      revision: 3,
      allowed: [{ kind: 'remove', tasks: ['T1'] }],
      ready: ['T2', 'T3'],
    })
    expect((await cueline('doctor', '--replay')).code).toBe(0)
  })

  it('reads a patch from a file; what is refused is named, with exit code 3', async () => {
    const patch = JSON.stringify({
      add: [{ id: 'T4', title: 'Close the roof', estimate: 5, dependsOn: ['T3'] }],
      addDependencies: [{ task: 'T1', dependsOn: 'T2' }],
    })
    const cwd = temporaryFolder(onTestFinished, {
      'plan.json': greenhouse,
      'patch.json': patch,
      'broken.json': '{',
      'list.json': '[]',
    })
    const cueline = async (...args: string[]) => {
      const terminal = capturedTerminal({ cwd })
      const code = await runProgram(args, terminal)
      return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
    }
    await cueline('import', 'plan.json')
    expect((await cueline('revise', 'patch.json')).stderr).toContain('has no plan that could be')
    await cueline('stage', '--force')
    const { code, stdout } = await cueline('revise', 'patch.json')
    expect(code).toBe(3)
    expect(stdout).toContain('T4 is added; it waits for T3.')
    expect(stdout).toContain('Refused:')
    expect((await cueline('revise', 'broken.json')).stderr).toContain('broken.json is not JSON')
    expect((await cueline('revise', 'list.json')).stderr).toContain('is no object')
    expect((await cueline('revise', 'none.json')).stderr).toContain('none.json cannot be read')
    expect((await cueline('revise')).stderr).toContain('told nothing to change')
    expect((await cueline('revise', '--priority', 'T1=urgent')).stderr).toContain('T7=high')
  })
})
