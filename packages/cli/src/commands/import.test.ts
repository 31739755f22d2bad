import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Create the LightMeter class' },
    { id: 'T2', title: 'Show the light', description: 'Uses the LightMeter class.' },
    { id: 'T3', title: 'Write it down', description: 'After T2.' },
  ],
})

function workplace() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan })
  return async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
}

describe('cueline import, dependencies that texts imply [S3-13]', () => {
  it('suggests them with their evidence, and takes over none unasked', async () => {
    const cueline = workplace()
    const { code, stdout } = await cueline('import', 'plan.json')
    expect(code).toBe(0)
    expect(stdout).toContain('dependencies the texts suggest, not taken over (2)')
    expect(stdout).toContain('T2 after T1: T1 creates "LightMeter", which T2 names (92 % sure)')
    const why = await cueline('why', 'T2', '--json')
    expect(JSON.parse(why.stdout).obstacles).not.toContainEqual(
      expect.objectContaining({ kind: 'waiting-on' }),
    )
  })

  it('takes over what is certain enough for you', async () => {
    const cueline = workplace()
    const { stdout } = await cueline('import', 'plan.json', '--accept-suggestions', '0.9', '--json')
    expect(JSON.parse(stdout).suggestions).toMatchObject([
      { task: 'T2', dependsOn: 'T1', source: 'symbol', accepted: true },
      { task: 'T3', dependsOn: 'T2', source: 'text', accepted: true },
    ])
    const why = await cueline('why', 'T3', '--json')
    expect(JSON.parse(why.stdout).obstacles).toContainEqual(
      expect.objectContaining({ kind: 'waiting-on', tasks: ['T2'] }),
    )
    const wrong = await cueline('import', 'plan.json', '--accept-suggestions', '2')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('from 0 to 1')])
  })
})
