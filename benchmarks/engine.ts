// `npm run bench -- engine [--full] [--only section]`: what running costs. Three questions, each a section:
// - no-op: processor time per task that does nothing, in memory, beside the limit and p-graph (E1), and
//   whether it grows with the tasks (E4);
// - speed-up: 50 tasks x 1, 5, 10 agents with 200 ms of simulated agent latency, independent and as
//   a graph of 10 layers, sequential really run [S3-12];
// - overhead: microseconds per task that does nothing, beside a bare ready loop, p-limit and the bare
//   statements on SQLite, in the same run.
// Prints tables and, last, one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline, memoryStorage, type Storage } from '@cueline/core'
import type { PlanTask } from '@cueline/core/planner'
import pLimit from 'p-limit'
import { noOpTasks, windowed } from './engine/no-op-tasks.ts'
import { bareStore } from './reference/bare-store.ts'
import { median } from './reference/interleave.ts'
import { readyLoop } from './reference/ready-loop.ts'

const { values: flags } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
})
const rounds = flags.full ? 7 : 3
const folder = mkdtempSync(join(tmpdir(), 'cueline-bench-'))
const agentMs = 200
let files = 0
const file = () => join(folder, `${(files += 1)}.db`)

const wanted = (section: string) => flags.only === undefined || flags.only.includes(section)
const noOp = wanted('no-op')
  ? await noOpTasks(flags.full ? [10_000, 30_000, 100_000] : [1_000, 10_000, 30_000], rounds)
  : { rows: [], goals: [] }
const speedUps = wanted('speed-up') ? await speedUp() : []
const costs = wanted('overhead') ? await overhead() : {}
console.table(noOp.goals.map(({ met, ...goal }) => ({ ...goal, met: met ? 'yes' : 'NO' })))
console.log(
  JSON.stringify({
    bench: 'engine',
    node: process.versions.node,
    cpus: cpus().length,
    rounds,
    agentMs,
    noOp,
    speedUps,
    costs,
  }),
)
rmSync(folder, { recursive: true, force: true })

async function speedUp() {
  const shapes = { independent: independent(50), '10 layers of 5': layered(10, 5) }
  const rows = []
  for (const [shape, tasks] of Object.entries(shapes)) {
    let sequentialMs = 0
    for (const agents of [1, 5, 10]) {
      const storage = await sqliteStorage({ file: file() })
      const { wallMs, done } = await runCueline(storage, tasks, agents, () => delay(agentMs))
      if (agents === 1) sequentialMs = wallMs
      const layers = shape === 'independent' ? 1 : 10
      const bound = Math.max(layers, tasks.length / agents) * agentMs
      rows.push({
        shape,
        tasks: tasks.length,
        done,
        agents,
        wallMs: Math.round(wallMs),
        speedUp: round(sequentialMs / wallMs),
        'of the bound': `${Math.round((bound / wallMs) * 100)} %`,
      })
    }
  }
  console.log(
    `50 tasks with ${agentMs} ms of agent latency each, on SQLite (speed-up over 1 agent):`,
  )
  console.table(rows)
  return rows
}

async function overhead() {
  const size = flags.full ? 5_000 : 1_000
  const slots = 10
  const tasks = windowed(size)
  const nothing = async () => {}
  const candidates: Record<string, () => Promise<unknown>> = {
    'ready loop (limit)': () => readyLoop(tasks, slots, nothing),
    'p-limit, no dependencies': () => {
      const limit = pLimit(slots)
      return Promise.all(tasks.map(() => limit(nothing)))
    },
    'cueline in memory': () => runCueline(memoryStorage(), tasks, slots, nothing),
    'bare statements, commit per turn': () => bareStore(file(), tasks, slots, true),
    'bare statements, commit each': () => bareStore(file(), tasks, slots, false),
    'cueline on SQLite': async () =>
      runCueline(await sqliteStorage({ file: file() }), tasks, slots, nothing),
  }
  const times = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]))
  const names = Object.keys(candidates)
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < names.length; n += 1) {
      const name = names[(n + round) % names.length] as string
      const measured = await candidates[name]?.()
      const own = isRun(measured) ? measured.runMs : undefined
      const startedAt = performance.now()
      if (own === undefined) await candidates[name]?.()
      times.get(name)?.push(own ?? performance.now() - startedAt)
    }
  }
  const rows = names.map((name) => ({
    name,
    'us per task': round((median(times.get(name) ?? []) * 1_000) / size),
  }))
  console.log(
    `${size} tasks that do nothing (3 dependencies each), ${slots} at once, wall time of running:`,
  )
  console.table(rows)
  return { size, slots, rows }
}

interface Run {
  readonly runMs: number
  readonly wallMs: number
  readonly done: number
}

function isRun(value: unknown): value is Run {
  return typeof value === 'object' && value !== null && 'runMs' in value
}

async function runCueline(
  storage: Storage,
  tasks: readonly PlanTask[],
  workers: number,
  work: () => Promise<unknown>,
): Promise<Run> {
  const cueline = await createCueline({
    storage,
    runner: async () => {
      await work()
    },
  })
  const { id: projectId } = await cueline.projects.create({ name: 'bench' })
  const document = { tasks: tasks.map((task) => ({ ...task, title: task.id })) }
  await cueline.tasks.import({ projectId, document })
  const plan = await cueline.plans.build({ projectId, workers })
  await cueline.stages.fromPlan({ planId: plan.id, force: true, maxParallelTasks: 10_000 })
  const startedAt = performance.now()
  const result = await cueline.run({ projectId, workers })
  const runMs = performance.now() - startedAt
  await cueline.close()
  if (result.tasks.done !== tasks.length) throw new Error(`Only ${result.tasks.done} are done.`)
  return { runMs, wallMs: result.wallMs, done: result.tasks.done }
}

function independent(count: number): PlanTask[] {
  return Array.from({ length: count }, (_, index) => ({ id: `T${index}` }))
}

function layered(layers: number, width: number): PlanTask[] {
  return Array.from({ length: layers * width }, (_, index) => {
    const layer = Math.floor(index / width)
    const dependsOn = Array.from(
      { length: layer === 0 ? 0 : width },
      (__, n) => `T${(layer - 1) * width + n}`,
    )
    return { id: `T${index}`, dependsOn }
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
