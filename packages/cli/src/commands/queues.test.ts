import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', priority: 'high' },
    { id: 'T2', title: 'Water the plants' },
    { id: 'T3', title: 'Open the roof' },
  ],
})

describe('cueline queues [S2-02]', () => {
  it('counts what waits, by priority, for people and for programs', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan })
    const cueline = async (...args: string[]) => {
      const terminal = capturedTerminal({ cwd })
      const code = await runProgram(args, terminal)
      return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
    }
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    await cueline('promote')
    const { queues } = JSON.parse((await cueline('queues', '--json')).stdout) as {
      queues: { priority: string; queued: number; claimed: number }[]
    }
    expect(queues.map(({ priority, queued, claimed }) => [priority, queued, claimed])).toEqual([
      ['high', 1, 0],
      ['normal', 2, 0],
      ['low', 0, 0],
    ])
    const { stdout } = await cueline('queues')
    expect(stdout.split('\n')[0]).toMatch(/^priority\s+queued\s+of them later\s+.*oldest waits$/)
    expect(stdout).toMatch(/^normal\s+2\s+0\s+0\s+0\s+\S/m)
    expect(stdout).toMatch(/^low\s+0\s+0\s+0\s+0\s+-$/m)
    const unknown = await cueline('queues', '--project', 'nowhere')
    expect(unknown.code).not.toBe(0)
    expect(unknown.stderr).toContain('nowhere')
  })
})
