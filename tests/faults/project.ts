import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCueline, type Cueline, type ProjectSettings, type StoredEvent } from '@cueline/core'
import { openStorage, type Place } from './place.ts'

export interface ProjectOptions {
  readonly tasks: number
  /** Of each task on each earlier one. */
  readonly dependency: number
  readonly settings?: Partial<ProjectSettings>
  /** Tasks per batch. */
  readonly batchSize?: number
  /** Files that the tasks take turns to touch, each task one; none when left out. */
  readonly sharedFiles?: number
}

/** A project with random dependencies, planned and staged. Resolves with its id. */
export async function createProject(
  place: Place,
  random: () => number,
  { tasks: count, dependency, settings, batchSize = 3, sharedFiles = 0 }: ProjectOptions,
): Promise<string> {
  const cueline = await createCueline({
    storage: await openStorage(place.address),
    settings: {
      retryBaseMs: 1,
      retryMaxMs: 5,
      maxInterruptions: 100,
      releaseOn: 'merged',
      ...settings,
    },
  })
  try {
    const { id: projectId } = await cueline.projects.create({ name: 'Under fire' })
    const tasks = Array.from({ length: count }, (_, index) => ({
      id: `T${index}`,
      title: `Task ${index}`,
      touches: sharedFiles === 0 ? [] : [`src/${index % sharedFiles}.ts`],
      dependsOn:
        dependency === 0
          ? []
          : Array.from({ length: index }, (__, other) => `T${other}`).filter(
              () => random() < dependency,
            ),
    }))
    await cueline.tasks.import({ projectId, document: { tasks } })
    const plan = await cueline.plans.build({ projectId, workers: batchSize })
    await cueline.stages.fromPlan({ planId: plan.id, force: true })
    return projectId
  } finally {
    await cueline.close()
  }
}

export interface Expectations {
  /** Tasks that end otherwise than done, by code. */
  readonly otherwise?: Readonly<Record<string, string>>
  /** Whether its agents wrote files. */
  readonly files?: boolean
}

/**
 * What must hold whatever happened: every task has ended, each done one has exactly one success in
 * the log, no attempt says anything after the next one of its task has started, no two attempts of
 * tasks in conflict ran at once, the log has no gap and folds to exactly the stored state, the files of all tasks are in the result and nothing else is
 * left. Resolves with the log; throws when it does not hold.
 */
export async function checkProject(
  place: Place,
  projectId: string,
  { otherwise = {}, files = true }: Expectations = {},
): Promise<readonly StoredEvent[]> {
  const cueline = await createCueline({ storage: await openStorage(place.address) })
  try {
    const tasks = await cueline.tasks.list({ projectId })
    const wrong = tasks.filter(({ code, status }) => status !== (otherwise[code] ?? 'done'))
    if (wrong.length > 0) {
      const some = wrong.slice(0, 20).map(({ code, status }) => `${code} ${status}`)
      throw new Error(`${wrong.length} tasks have ended wrong: ${some.join(', ')}`)
    }
    const events = await allEvents(cueline, projectId)
    events.forEach(({ sequence }, index) => {
      if (sequence !== index + 1) throw new Error(`The log has a gap at ${index + 1}.`)
    })
    const done = tasks.filter(({ status }) => status === 'done')
    checkAttempts(events, new Set(done.map(({ id }) => id)))
    checkConflicts(events, tasks)
    if (files)
      await checkFiles(
        place,
        done.map(({ code }) => code),
      )
    const diagnosis = await cueline.doctor.check({ projectId })
    if (!diagnosis.ok) throw new Error(JSON.stringify(diagnosis.findings, null, 2))
    return events
  } finally {
    await cueline.close()
  }
}

async function allEvents(cueline: Cueline, projectId: string): Promise<readonly StoredEvent[]> {
  const all: StoredEvent[] = []
  for (;;) {
    const some = await cueline.events.after({ projectId, cursor: all.length, limit: 10_000 })
    if (some.length === 0) return all
    all.push(...some)
  }
}

function checkAttempts(events: readonly StoredEvent[], done: ReadonlySet<string>): void {
  const current = new Map<string, string>()
  const succeeded = new Set<string>()
  for (const event of events) {
    if (!event.type.startsWith('attempt.') || !('attemptId' in event) || !('taskId' in event)) {
      continue
    }
    const { taskId, attemptId, type } = event
    // Says of a worker that was given up that it is there again; another attempt may be under way.
    if (type === 'attempt.survived') continue
    if (type === 'attempt.started') current.set(taskId, attemptId)
    else if (current.get(taskId) !== attemptId) {
      throw new Error(`${type} of attempt ${attemptId}, event ${event.sequence}, came too late.`)
    }
    if (type !== 'attempt.succeeded') continue
    if (succeeded.has(taskId)) throw new Error(`Task ${taskId} has succeeded twice.`)
    succeeded.add(taskId)
  }
  const missing = [...done].filter((taskId) => !succeeded.has(taskId))
  if (missing.length > 0) throw new Error(`Done without a success: ${missing.join(', ')}`)
}

/** By the order of the log: a claim comes after the end of the attempt that stood in its way. */
function checkConflicts(
  events: readonly StoredEvent[],
  tasks: readonly { readonly id: string; readonly exclusiveKeys: readonly string[] }[],
): void {
  const keysOf = new Map(tasks.map(({ id, exclusiveKeys }) => [id, exclusiveKeys]))
  const holders = new Map<string, string>()
  for (const event of events) {
    if (!event.type.startsWith('attempt.') || !('attemptId' in event) || !('taskId' in event)) {
      continue
    }
    const { taskId, attemptId, type, sequence } = event
    for (const key of keysOf.get(taskId) ?? []) {
      const holder = holders.get(key)
      if (type === 'attempt.started') {
        if (holder !== undefined) {
          throw new Error(`${attemptId}, event ${sequence}, started beside ${holder} (${key}).`)
        }
        holders.set(key, attemptId)
      } else if (endsAttempt.has(type) && holder === attemptId) holders.delete(key)
    }
  }
}

const endsAttempt: ReadonlySet<string> = new Set([
  'attempt.succeeded',
  'attempt.failed',
  'attempt.interrupted',
  'attempt.yielded',
])

async function checkFiles({ folder }: Place, codes: readonly string[]): Promise<void> {
  for (const code of codes) {
    const content = await readFile(join(folder, 'result', `${code}.txt`), 'utf8')
    if (content !== `${code}\n`) throw new Error(`The result of ${code} is "${content}".`)
  }
  const left = await readdir(join(folder, 'workspaces')).catch(() => [])
  const attempts = left.filter((name) => name.includes('attempt'))
  if (attempts.length > 0) throw new Error(`Workspaces are left: ${attempts.join(', ')}`)
}
