import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline } from '@cueline/core'
import { seededRandom } from '@cueline/core/testing'
import { faultPoints } from './fault-points.ts'

export interface KillFigures {
  readonly seed: number
  readonly kills: number
  /** Engine processes started, killed ones included. */
  readonly starts: number
  readonly tasks: number
  readonly projects: number
  readonly byPoint: Readonly<Record<string, number>>
}

/** Tasks of one project, and how often its engine is killed before it may finish. */
const tasksPerProject = 12
const killsPerProject = 4

/**
 * Kills an engine process over and over - at named points and at random moments, by seed - and
 * checks after each project what must hold: every task done, none recorded twice, the files of all
 * tasks in the result, and the log folding to exactly the stored state. Throws when it does not.
 */
export async function killEngines(
  seed: number,
  kills: number,
  progress: (line: string) => void = () => {},
): Promise<KillFigures> {
  const random = seededRandom(seed)
  const byPoint: Record<string, number> = {}
  let done = 0
  let starts = 0
  let projects = 0
  while (done < kills) {
    const folder = await mkdtemp(join(tmpdir(), 'cueline-faults-'))
    try {
      const projectId = await createProject(folder, random)
      projects += 1
      for (let n = 0; n < killsPerProject && done < kills;) {
        starts += 1
        const kill = await startAndKill(folder, projectId, random)
        if (!kill.killed) break
        byPoint[kill.point] = (byPoint[kill.point] ?? 0) + 1
        n += 1
        done += 1
      }
      starts += 1
      await finish(folder, projectId)
      await checkProject(folder, projectId)
      progress(`${done}/${kills} kills, ${projects} projects, all invariants hold`)
    } catch (error) {
      throw new Error(`With seed ${seed}, after ${done} kills (${folder} is kept):`, {
        cause: error,
      })
    }
    await rm(folder, { recursive: true, force: true })
  }
  return { seed, kills: done, starts, projects, tasks: projects * tasksPerProject, byPoint }
}

async function createProject(folder: string, random: () => number): Promise<string> {
  await mkdir(join(folder, 'result'), { recursive: true })
  const cueline = await createCueline({
    storage: await sqliteStorage({ file: join(folder, 'cueline.db') }),
    settings: { retryBaseMs: 1, retryMaxMs: 5, maxInterruptions: 100, releaseOn: 'merged' },
  })
  const { id: projectId } = await cueline.projects.create({ name: 'Killed over and over' })
  const tasks = Array.from({ length: tasksPerProject }, (_, index) => ({
    id: `T${index}`,
    title: `Task ${index}`,
    dependsOn: Array.from({ length: index }, (__, other) => `T${other}`).filter(
      () => random() < 0.2,
    ),
  }))
  await cueline.tasks.import({ projectId, document: { tasks } })
  const plan = await cueline.plans.build({ projectId, workers: 3 })
  await cueline.stages.fromPlan({ planId: plan.id, force: true })
  await cueline.close()
  return projectId
}

async function startAndKill(folder: string, projectId: string, random: () => number) {
  const byName = random() < 0.6
  const point = faultPoints[Math.floor(random() * faultPoints.length)] ?? 'transaction.after'
  const occurrence = 1 + Math.floor(random() * 6)
  const child = startEngine(folder, projectId, byName ? point : 'none', occurrence)
  const ended = once(child, 'exit')
  if (!byName) {
    // A moment after it has begun to work, as it opens the database or anywhere later.
    const timer = setTimeout(() => child.kill('SIGKILL'), 150 + random() * 350)
    void ended.then(() => clearTimeout(timer))
  }
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
  if (signal === null && code !== 0) throw new Error(`The engine ended with code ${code}.`)
  return { killed: signal === 'SIGKILL', point: byName ? point : 'random moment' }
}

async function finish(folder: string, projectId: string): Promise<void> {
  const child = startEngine(folder, projectId, 'none', 1)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`The last engine ended with code ${code}.`)
}

function startEngine(
  folder: string,
  projectId: string,
  point: string,
  occurrence: number,
): ChildProcess {
  return spawn(
    process.execPath,
    [
      '--conditions=cueline-source',
      join(import.meta.dirname, 'engine-process.ts'),
      folder,
      projectId,
      point,
      String(occurrence),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
}

async function checkProject(folder: string, projectId: string): Promise<void> {
  const storage = await sqliteStorage({ file: join(folder, 'cueline.db') })
  const cueline = await createCueline({ storage })
  try {
    const tasks = await cueline.tasks.list({ projectId })
    const open = tasks.filter((task) => task.status !== 'done')
    if (open.length > 0) {
      throw new Error(`Not done: ${open.map((task) => `${task.code} ${task.status}`).join(', ')}`)
    }
    const events = await cueline.events.after({ projectId, limit: 10_000 })
    const succeeded = new Map<string, number>()
    for (const event of events) {
      if (event.type === 'attempt.succeeded') {
        succeeded.set(event.taskId, (succeeded.get(event.taskId) ?? 0) + 1)
      }
    }
    const twice = [...succeeded].filter(([, times]) => times > 1)
    if (twice.length > 0) throw new Error(`Recorded twice: ${JSON.stringify(twice)}`)
    if (succeeded.size !== tasks.length) throw new Error(`Only ${succeeded.size} have succeeded.`)
    events.forEach((event, index) => {
      if (event.sequence !== index + 1) throw new Error(`The log has a gap at ${index + 1}.`)
    })
    for (const { code } of tasks) {
      const content = await readFile(join(folder, 'result', `${code}.txt`), 'utf8')
      if (content !== `${code}\n`) throw new Error(`The result of ${code} is "${content}".`)
    }
    const left = await readdir(join(folder, 'workspaces')).catch(() => [])
    const attempts = left.filter((name) => name.includes('attempt'))
    if (attempts.length > 0) throw new Error(`Workspaces are left: ${attempts.join(', ')}`)
    const diagnosis = await cueline.doctor.check({ projectId })
    if (!diagnosis.ok) throw new Error(JSON.stringify(diagnosis.findings, null, 2))
  } finally {
    await cueline.close()
  }
}
