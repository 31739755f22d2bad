// Cueline inside your own program: three tasks, two workers, and a function as the agent.
import assert from 'node:assert/strict'

// #region run
import { createCueline } from '@cueline/core'

const pantry: string[] = []
const cueline = await createCueline({
  runner: async ({ task }, { report }) => {
    report.progress(`works on ${task.title}`)
    pantry.push(task.code)
    return `${task.title} is on the table`
  },
})

const { id: projectId } = await cueline.projects.create({ name: 'Breakfast' })
await cueline.tasks.add({
  projectId,
  tasks: [
    { id: 'table', title: 'Table', dependsOn: ['coffee', 'bread'], estimate: 2 },
    { id: 'coffee', title: 'Coffee', estimate: 5 },
    { id: 'bread', title: 'Bread', estimate: 3 },
  ],
})
const plan = await cueline.plans.build({ projectId, workers: 2 })
await cueline.stages.fromPlan({ planId: plan.id, force: true }) // These tasks need no context.
const report = await cueline.run({ projectId, workers: 2 })
await cueline.close()
// #endregion run

console.log(`${report.tasks.done} of ${report.tasks.total} tasks done: ${pantry.join(', ')}`)
assert.deepEqual(plan.criticalPath, { length: 7, tasks: ['coffee', 'table'] })
assert.deepEqual(report.tasks, { total: 3, done: 3, failed: 0, cancelled: 0, open: 0 })
assert.deepEqual(pantry, ['coffee', 'bread', 'table'])
