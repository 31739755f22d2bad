import { join } from 'node:path'

import { sqliteStorage } from '@cueline/adapter-sqlite'
import {
  exampleAttempt,
  exampleProject,
  exampleTask,
  exampleWorker,
  exampleWorkOrder,
} from '@cueline/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('cueline workers [S2-03]', () => {
  it('lists who works on what, for people and for programs, and who has gone when asked', async () => {
    const cwd = temporaryFolder(onTestFinished, {})
    const database = join(cwd, 'cueline.db')
    const cueline = async (...args: string[]) => {
      const terminal = capturedTerminal({ cwd })
      const code = await runProgram(['workers', ...args, '--db', database], terminal)
      return { code, stdout: terminal.stdout() }
    }
    const storage = await sqliteStorage({ file: database })
    const project = exampleProject('greenhouse')
    const insert = (table: string, row: object) => ({ table, kind: 'insert', row }) as never
    await storage.transaction((transaction) =>
      transaction.write(project.id, [insert('project', project)], [], 'test'),
    )
    expect((await cueline()).stdout).toBe(
      'Nobody has worked on it yet. Next: cueline run --agent "<command>".\n',
    )
    const order = exampleWorkOrder(project.id, 't1', 'o1', {
      status: 'claimed',
      fence: 1,
      attemptId: 'a1' as never,
    })
    await storage.transaction((transaction) =>
      transaction.write(
        project.id,
        [
          insert('worker', exampleWorker(project.id, 'w1', { name: 'north', status: 'busy' })),
          insert('worker', exampleWorker(project.id, 'w2', { name: 'south', status: 'offline' })),
          insert('task', exampleTask(project.id, 't1', { code: 'T1' })),
          insert('workOrder', order),
          insert('attempt', exampleAttempt(order, 'a1', { number: 2, workerId: 'w1' as never })),
        ],
        [],
        'test',
      ),
    )
    const { stdout } = await cueline()
    expect(stdout).toMatch(/^north +w1 +busy +\S.* T1 \(attempt 2\) running for /m)
    expect(stdout).not.toContain('south')
    expect((await cueline('--all')).stdout).toMatch(/^south +w2 +offline/m)
    const { workers } = JSON.parse((await cueline('--json')).stdout) as { workers: unknown }
    expect(workers).toMatchObject([
      { name: 'north', status: 'busy', attempts: [{ task: 'T1', number: 2, status: 'running' }] },
    ])
    expect((await cueline()).stdout).not.toContain('only wait')
    const waits = (id: string, worker: string, status: 'merging' | 'waiting') => {
      const held = exampleWorkOrder(project.id, `t-${id}`, `o-${id}`, {
        status: 'claimed',
        attemptId: `a-${id}` as never,
      })
      return [
        insert('worker', exampleWorker(project.id, worker, { name: worker, status: 'busy' })),
        insert('task', exampleTask(project.id, `t-${id}`, { code: id })),
        insert('workOrder', held),
        insert('attempt', exampleAttempt(held, `a-${id}`, { workerId: worker as never, status })),
      ]
    }
    await storage.transaction((transaction) =>
      transaction.write(project.id, waits('T2', 'west', 'merging'), [], 'test'),
    )
    expect((await cueline()).stdout).toContain(
      '\n1 of them only waits to merge or for a person; others work in its place.\n',
    )
    await storage.transaction((transaction) =>
      transaction.write(project.id, waits('T3', 'east', 'waiting'), [], 'test'),
    )
    expect((await cueline()).stdout).toContain('\n2 of them only wait to merge or for a person;')
    await storage.close()
  })
})
