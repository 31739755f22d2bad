import { createCueline, type Cueline, type ProjectId, type Storage } from '@cueline/core'

/** Independent tasks that do nothing, in one promoted batch, drained by this many workers. */
export async function drainCueline(
  storage: Storage,
  tasks: number,
  workers: number,
): Promise<number> {
  const cueline = await createCueline({ storage, runner: async () => {} })
  const projectId = await queuedProject(cueline, tasks)
  let begun = 0
  let ended = 0
  let done = 0
  cueline.on('event', ({ type }) => {
    if (type === 'attempt.succeeded') done += 1
    if (done === tasks && ended === 0) ended = performance.now()
  })
  begun = performance.now()
  await cueline.run({ projectId, workers })
  await cueline.close()
  if (done !== tasks) throw new Error(`Only ${done} of ${tasks} tasks are done.`)
  return ended - begun
}

/** A project with independent tasks that all may start. */
export async function queuedProject(
  cueline: Cueline,
  tasks: number,
  description = '',
): Promise<ProjectId> {
  const settings = { maxParallelTasks: 10_000 }
  const { id: projectId } = await cueline.projects.create({ name: 'drain', settings })
  const list = Array.from({ length: tasks }, (_, index) => ({
    id: `T${index}`,
    title: `Task ${index}`,
    ...(description !== '' && { description }),
  }))
  await cueline.tasks.import({ projectId, document: { tasks: list } })
  const batch = await cueline.stages.create({ projectId, name: 'all', maxParallelTasks: 10_000 })
  const codes = list.map((task) => task.id)
  await cueline.stages.stage({ batchId: batch.id, tasks: codes, force: true })
  await cueline.stages.promote({ batchId: batch.id })
  return projectId
}
