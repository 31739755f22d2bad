import { join } from 'node:path'

import { sqliteStorage } from '@cueline/adapter-sqlite'
import {
  exampleAttempt,
  exampleProject,
  exampleTask,
  exampleWorkOrder,
} from '@cueline/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('cueline merges [X-06, S4-06]', () => {
  it('lists what waits to merge into which target, for people and for programs', async () => {
    const cwd = temporaryFolder(onTestFinished, {})
    const database = join(cwd, 'cueline.db')
    const cueline = async (...args: string[]) => {
      const terminal = capturedTerminal({ cwd })
      const code = await runProgram([...args, '--db', database], terminal)
      return { code, stdout: terminal.stdout() }
    }
    const storage = await sqliteStorage({ file: database })
    const project = exampleProject('greenhouse')
    const set = { status: 'claimed', fence: 1, attemptId: 'a1' as never } as const
    const order = exampleWorkOrder(project.id, 't1', 'o1', set)
    const attempt = exampleAttempt(order, 'a1', {
      status: 'merging',
      number: 2,
      mergeTarget: 'cueline/main of /repository',
      mergeQueuedAt: 5,
    })
    await storage.transaction(async (transaction) => {
      const insert = (table: string, row: object) => ({ table, kind: 'insert', row }) as never
      const task = exampleTask(project.id, 't1', { code: 'T1' })
      const rows = [insert('project', project), insert('task', task)]
      rows.push(insert('workOrder', order), insert('attempt', attempt))
      await transaction.write(project.id, rows, [], 'test')
      await transaction.lease([{ workOrderId: order.id, fence: 1 }], 'w' as never, 60_000)
    })
    await storage.close()
    const { queues } = JSON.parse((await cueline('merges', '--json')).stdout) as {
      queues: { target: string; attempts: { task: string; position: number }[] }[]
    }
    expect(queues).toMatchObject([
      { target: 'cueline/main of /repository', attempts: [{ position: 1, task: 'T1', number: 2 }] },
    ])
    const { stdout } = await cueline('merges')
    expect(stdout).toMatch(/^Into cueline\/main of \/repository:\n/)
    expect(stdout).toMatch(/^1\s+T1\s+2\s+\S/m)
  })

  it('says so when nothing waits', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': '{"tasks":[]}' })
    const terminal = capturedTerminal({ cwd })
    const database = join(cwd, 'cueline.db')
    await (await sqliteStorage({ file: database })).close()
    await runProgram(['merges', '--db', database], terminal)
    expect(terminal.stdout()).toBe('Nothing waits to be merged.\n')
  })
})
