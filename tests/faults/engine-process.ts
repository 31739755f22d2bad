// One engine over one database file, as a process of its own: the thing that gets killed.
// Usage: node engine-process.ts <folder> <project> <point> <occurrence>; `none` as point never kills.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { directoryWorkspaces } from '@cueline/adapter-agents/directory'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline, functionRunner } from '@cueline/core'
import { type FaultPoint, faultsAt } from './fault-points.ts'

const [folder = '', projectId = '', point = 'none', occurrence = '1'] = process.argv.slice(2)
const faults = faultsAt(point === 'none' ? null : (point as FaultPoint), Number(occurrence))

const cueline = await createCueline({
  storage: faults.storage(await sqliteStorage({ file: join(folder, 'cueline.db') })),
  runner: faults.runner(
    functionRunner(async (attempt) => {
      // Tasks of milliseconds; every third fails once, so that retries are on the way too.
      await delay(2 + (attempt.task.code.length % 5))
      const path = attempt.workspace.path ?? folder
      await writeFile(join(path, `${attempt.task.code}.txt`), `${attempt.task.code}\n`)
      if (Number(attempt.task.code.slice(1)) % 3 === 0 && attempt.feedback.length === 0) {
        throw new Error('the first attempt fails on purpose')
      }
    }),
  ),
  workspace: faults.workspace(
    directoryWorkspaces({ result: join(folder, 'result'), root: join(folder, 'workspaces') }),
  ),
  times: { leaseMs: 250, sweepMs: 40, stopGraceMs: 100 },
  onError: (error, where) => console.error(where, error),
})
const result = await cueline.run({ projectId, workers: 3 })
await cueline.close()
console.log(JSON.stringify({ ended: result.ended, tasks: result.tasks }))
