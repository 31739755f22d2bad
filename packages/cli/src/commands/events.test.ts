import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', estimate: 10 },
    { id: 'T2', title: 'Water the plants', estimate: 20, dependsOn: ['T1'] },
  ],
})

async function place() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  await cueline('import', 'plan.json')
  await cueline('stage', '--force')
  await cueline('cancel', 'T2', '--reason', 'no plants yet')
  return { cueline, cwd }
}

describe('cueline events [S1-08]', () => {
  it('shows number, time, actor, task and reason, of a task alone too', async () => {
    const { cueline } = await place()
    const lines = (await cueline('events')).stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^1 {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}\S+ {2}project\.created/)
    expect(lines.at(-1)).toMatch(/^\d+ {2}\S+ {2}\S+ {2}task\.cancelled {2}T2 {2}no plants yet$/)
    const ofT1 = (await cueline('events', '--task', 'T1')).stdout
    expect(ofT1).toContain('tasks.staged')
    expect(ofT1).not.toContain('task.cancelled')
    const newest = JSON.parse((await cueline('events', '--last', '1', '--json')).stdout) as object
    expect(newest).toMatchObject({ events: [{ type: 'task.cancelled', reason: 'no plants yet' }] })
  })

  it('names the worker of which it says something', async () => {
    const { cueline } = await place()
    await cueline('retry', 'T2')
    await cueline('run', '--agent', 'true', '--workers', '1')
    const { stdout } = await cueline('events')
    expect(stdout).toMatch(
      /worker\.changed {2}worker-1 \(worker_\S+\) offline {2}the run has ended/,
    )
  })

  it('shows the newest of a long log, of which it reads no more', async () => {
    const { cueline } = await place()
    const all = (await cueline('events')).stdout.trimEnd().split('\n')
    const last = (await cueline('events', '--last', '2')).stdout.trimEnd().split('\n')
    expect(last).toEqual(all.slice(-2))
    expect((await cueline('events', '--last', '1000')).stdout.trimEnd().split('\n')).toEqual(all)
  })

  it('follows what happens until Ctrl-C', async () => {
    const { cueline, cwd } = await place()
    const terminal = capturedTerminal({ cwd })
    const following = runProgram(['events', '--last', '1', '--follow'], terminal)
    await vi.waitFor(() => expect(terminal.stdout()).toContain('task.cancelled'))
    await cueline('cancel', 'T1', '--reason', 'no light either')
    await vi.waitFor(() => expect(terminal.stdout()).toContain('T1  no light either'))
    terminal.interrupt()
    expect(await following).toBe(0)
    expect(terminal.stdout().trimEnd().split('\n')).toHaveLength(2)
  })

  it('shows what is left of a log that was pruned', async () => {
    const { cueline } = await place()
    await cueline('prune', '--keep-events', '1')
    const { code, stdout } = await cueline('events')
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringContaining('task.cancelled'),
      expect.stringContaining('log.pruned'),
    ])
  })

  it('names a task that there is not, and options that contradict each other', async () => {
    const { cueline } = await place()
    expect(await cueline('events', '--task', 'T9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('T9'),
    })
    expect((await cueline('events', '--follow', '--json')).code).toBe(2)
  })
})
