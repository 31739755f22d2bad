import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', priority: 'high' },
    { id: 'T2', title: 'Water the plants', dependsOn: ['T1'] },
    { id: 'T3', title: 'Open the roof' },
  ],
})

function greenhouse() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan })
  return async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
}

describe('cueline tasks', () => {
  it('lists the codes that other commands ask for, all or by status and batch', async () => {
    const cueline = greenhouse()
    await cueline('import', 'plan.json')
    await cueline('stage', '--batch', 'Roof', 'T3')
    const { stdout } = await cueline('tasks')
    expect(stdout.trim().split('\n')).toEqual([
      'Task  Status  Batch  Title',
      'T1    todo    -      Measure the light',
      'T2    todo    -      Water the plants',
      'T3    staged  Roof   Open the roof',
    ])
    const codes = async (...options: string[]) => {
      const { tasks } = JSON.parse((await cueline('tasks', '--json', ...options)).stdout) as {
        tasks: { task: string }[]
      }
      return tasks.map(({ task }) => task)
    }
    expect(await codes('--status', 'staged')).toEqual(['T3'])
    expect(await codes('--status', 'staged', '--status', 'todo')).toEqual(['T1', 'T2', 'T3'])
    expect(await codes('--batch', 'Roof')).toEqual(['T3'])
    expect(await codes('--batch', 'Roof', '--status', 'todo')).toEqual([])
    expect((await cueline('tasks', '--status', 'done')).stdout).toBe('No task fits.\n')
  })

  it('names the batches there are when one is asked for that is not', async () => {
    const cueline = greenhouse()
    await cueline('import', 'plan.json')
    await cueline('stage', '--batch', 'Roof', 'T3')
    const { code, stdout, stderr } = await cueline('tasks', '--batch', 'Rof')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('There is no batch "Rof". There is "Roof".')
  })

  it('is where a mistyped code leads to', async () => {
    const cueline = greenhouse()
    await cueline('import', 'plan.json')
    const { code, stderr } = await cueline('why', 't1')
    expect(code).toBe(2)
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'has no task "t1". `tasks.list` (`cueline tasks`)',
    )
  })
})

describe('cueline stage --batch', () => {
  it('makes no batch for a task that is not there', async () => {
    const cueline = greenhouse()
    await cueline('import', 'plan.json')
    expect((await cueline('stage', '--batch', 'Roof', 'T3', 'T9')).code).toBe(2)
    const { batches } = JSON.parse((await cueline('status', '--json')).stdout) as {
      batches: unknown[]
    }
    expect(batches).toEqual([])
  })
})
