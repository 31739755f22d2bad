// Three worker processes share one project over one Postgres: every task is done once, whoever dies.
// DATABASE_URL names the database, REDIS_URL a Redis to hand out the work over; with WORKERS=0 the workers are started elsewhere (compose.yaml).
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'

import { createCueline } from '@cueline/core'

import { openSharedDispatcher, openSharedStorage, projectName } from './fleet.ts'

// A schema of its own, so that the example can be run again on the same database.
process.env['CUELINE_SCHEMA'] ??= `harvest_${Date.now()}_${process.pid}`
const count = Number(process.env['WORKERS'] ?? 3)

const cueline = await createCueline({
  storage: await openSharedStorage(),
  ...openSharedDispatcher(),
})
// Started again on the same database, it brings the same project more work.
const projects = await cueline.projects.list({})
const { id: projectId } =
  projects.find(({ name }) => name === projectName) ??
  (await cueline.projects.create({ name: projectName }))
const { tasks: earlier, cursor } = await cueline.projects.snapshot({ projectId })
const harvest = 1 + earlier.filter(({ code }) => code.startsWith('bottle')).length
const [press, bottle] = [`press-${harvest}`, `bottle-${harvest}`]
const rows = Array.from({ length: 12 }, (_, row) => `row-${harvest}.${row + 1}`)
await cueline.tasks.add({
  projectId,
  tasks: [
    ...rows.map((id) => ({ id, title: `Pick ${id}` })),
    { id: press, title: 'Press the grapes', dependsOn: rows },
    { id: bottle, title: 'Bottle the juice', dependsOn: [press] },
  ],
})
const workers = Array.from({ length: count }, startWorker)
try {
  const plan = await cueline.plans.build({ projectId, workers: 6 })
  await cueline.stages.fromPlan({ planId: plan.id, force: true }) // These tasks need no context.

  // #region follow
  const signal = AbortSignal.timeout(120_000)
  let killed = false
  for await (const event of cueline.watch({ projectId, cursor, signal })) {
    if (event.type !== 'attempt.succeeded') continue
    const { task } = await cueline.tasks.get({ projectId, task: event.taskId })
    console.log(`${task.title.padEnd(16)} ${task.summary ?? ''}`)
    if (task.code === bottle) break
    if (!killed) workers[0]?.kill('SIGKILL') // One host is gone; the others take its work over.
    killed = true
  }
  // #endregion follow

  const tasks = (await cueline.tasks.list({ projectId })).slice(earlier.length)
  const { findings } = await cueline.doctor.check({ projectId })
  const processes = new Set(tasks.map(({ summary }) => summary))
  const done = tasks.filter(({ status }) => status === 'done')
  console.log(`${done.length} of ${tasks.length} tasks done by ${processes.size} processes`)
  assert.equal(done.length, tasks.length)
  assert.deepEqual(findings, [])
  assert.ok(count === 0 || processes.size > 1, 'one process did it all')
} finally {
  await Promise.all(workers.map(endWorker))
  await cueline.close()
}

function startWorker(): ChildProcess {
  const program = join(import.meta.dirname, 'worker.ts')
  return spawn(process.execPath, [...process.execArgv, program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function endWorker(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  worker.kill('SIGTERM')
  await once(worker, 'exit')
}
