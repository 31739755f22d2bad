// Works through projects in one process, one after the other, and tells what it holds after each.
// Usage: node --expose-gc soak-process.ts <StorageAddress as JSON> <project,…>
import process from 'node:process'
import { createCueline } from '@cueline/core'
import { openStorage, type StorageAddress } from './place.ts'

const [address = '{}', projects = ''] = process.argv.slice(2)
const cueline = await createCueline({
  storage: await openStorage(JSON.parse(address) as StorageAddress),
  runner: async (attempt, { report }) => {
    report.output(`${attempt.task.code} says hello\n`, 'stdout')
  },
})
for (const projectId of projects.split(',')) {
  const { tasks } = await cueline.run({ projectId, workers: 16 })
  // Twice, for what only the first round lets go of.
  for (let n = 0; n < 2; n += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
  }
  const { heapUsed } = process.memoryUsage()
  const handles = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length
  process.stdout.write(`${JSON.stringify({ done: tasks.done, heapUsed, handles })}\n`)
}
await cueline.close()
