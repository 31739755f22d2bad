import { createCueline, type Cueline, type CuelineOptions } from '../create-cueline.ts'
import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import type { ProjectSettings, Task } from '../staging/state.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import type { TaskSpec } from '../task/task-spec.ts'
import { countingIds } from './counting-ids.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'

export interface TinyWorld {
  readonly cueline: Cueline
  readonly clock: ManualClock
  readonly storage: Storage
  readonly projectId: ProjectId
  readonly events: StoredEvent[]
  /** What went wrong without stopping the engine. */
  readonly errors: unknown[]
  task(code: string): Promise<Task>
  /** Statuses by code. */
  statuses(): Promise<Record<string, Task['status']>>
}

export interface TinyWorldOptions extends Omit<CuelineOptions, 'clock' | 'storage'> {
  /** The clock to share with a runner that takes time. */
  readonly clock?: ManualClock
  /** Short form: `{ T2: ['T1'] }` are two tasks, T2 waiting for T1. */
  readonly tasks: Readonly<Record<string, readonly string[]>> | readonly TaskSpec[]
  readonly settings?: Partial<ProjectSettings>
  /** Tasks per batch follow from it; 4 when left out. */
  readonly workers?: number
  readonly maxParallelTasks?: number
}

/** A project in memory, planned and staged, on a clock that stands still: ready to run. */
export async function tinyWorld(options: TinyWorldOptions): Promise<TinyWorld> {
  const {
    tasks,
    settings,
    workers = 4,
    maxParallelTasks = 10,
    clock = manualClock(),
    ...rest
  } = options
  const storage = memoryStorage({ clock: () => clock.now() })
  const errors: unknown[] = []
  const cueline = await createCueline({
    ids: countingIds(),
    random: () => 0.5,
    onError: (error) => {
      errors.push(error)
    },
    ...rest,
    storage,
    clock,
  })
  const events: StoredEvent[] = []
  cueline.on('event', (event) => {
    events.push(event)
  })
  const { id: projectId } = await cueline.projects.create({
    name: 'Tiny',
    ...(settings !== undefined && { settings }),
  })
  await cueline.tasks.add({ projectId, tasks: [...specs(tasks)] })
  const plan = await cueline.plans.build({ projectId, workers })
  await cueline.stages.fromPlan({ planId: plan.id, force: true, maxParallelTasks })
  const list = () => cueline.tasks.list({ projectId })
  return {
    cueline,
    clock,
    storage,
    projectId,
    events,
    errors,
    task: async (code) => (await cueline.tasks.get({ projectId, task: code })).task,
    statuses: async () =>
      Object.fromEntries((await list()).map((task) => [task.code, task.status])),
  }
}

function specs(tasks: TinyWorldOptions['tasks']): readonly TaskSpec[] {
  if (Array.isArray(tasks)) return tasks as readonly TaskSpec[]
  return Object.entries(tasks as Readonly<Record<string, readonly string[]>>).map(
    ([id, dependsOn]) => ({ id, title: `Task ${id}`, dependsOn }),
  )
}
