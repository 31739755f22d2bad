// `npm run bench -- plan [--full] [--rounds n]`: what planning costs, beside a bare pass over typed
// arrays (the limit), an ordinary Kahn on Maps, and the libraries that order tasks, each of those in a
// process of its own with the limit. --full adds a million tasks. Prints tables, the goals and, last,
// one line of JSON; exits 1 when a goal is missed by more than a quarter.
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import {
  analyzeTasks,
  idsByLayer,
  indexTasks,
  layersOf,
  planTasks,
  type PlanTask,
} from '@cueline/core/planner'

import { brokenPromises } from './reference/broken-promises.ts'
import { graphologyLayers } from './reference/graphology-layers.ts'
import { type Candidate, interleave, type Measured, median } from './reference/interleave.ts'
import { addingDependencies, finishing } from './reference/live-goals.ts'
import { madeTasks, type Shape, shapes } from './reference/made-tasks.ts'
import { availablePeers, peerFigure, type PeerFigure } from './reference/peer-figures.ts'
import { plainMapLayers } from './reference/plain-map-layers.ts'
import { csrOf, layersOfCsr, typedArrayPass } from './reference/typed-array-pass.ts'

const { values: flags } = parseArgs({
  options: { full: { type: 'boolean', default: false }, rounds: { type: 'string', default: '7' } },
})
const rounds = Math.max(1, Number.parseInt(flags.rounds, 10) || 7)
const sizes = flags.full ? [1_000, 10_000, 100_000, 1_000_000] : [1_000, 10_000, 100_000]

const candidates: Record<string, (tasks: readonly PlanTask[]) => unknown> = {
  limit: typedArrayPass,
  'cueline analysis': layersByAnalysis,
  'cueline plan, 8 workers': (tasks) => planTasks(tasks, { workers: 8 }),
  'Kahn on Maps': plainMapLayers,
}

interface Row extends Measured {
  readonly shape: Shape
  readonly size: number
}

const rows: Row[] = []
console.log(
  `Node ${process.versions.node}, ${cpus().length} CPUs; ${rounds} rounds by turns; CPU ms`,
)
console.log('of one run and, in brackets, the ratio to the limit (medians).\n')
console.log(line(['shape', 'tasks', ...Object.keys(candidates)]))
for (const size of sizes) {
  for (const shape of shapes) {
    const tasks = madeTasks(shape, size)
    mustAgree(tasks, size)
    const measured = interleave(runsFor(tasks), size > 100_000 ? 1 : rounds)
    rows.push(...measured.map((one) => ({ ...one, shape, size })))
    const cells = Object.keys(candidates).map((name) => {
      const one = measured.find((other) => other.name === name)
      return one === undefined ? '-' : `${number(one.ms)} (${number(one.ratio)})`
    })
    console.log(line([shape, size.toLocaleString('en'), ...cells]))
  }
}

const peers = availablePeers()
const peerRows: { peer: string; shape: Shape; size: number; figure: PeerFigure }[] = []
console.log('\nPeers, each from the tasks to its own answer, by turns with the limit.\n')
console.log(line(['shape', 'tasks', ...peers]))
for (const size of sizes) {
  for (const shape of shapes) {
    const figures = peers.map((peer) => peerFigure(peer, shape, size, size < 1e5 ? rounds : 1))
    figures.forEach((figure, nth) => peerRows.push({ peer: peers[nth]!, shape, size, figure }))
    const cells = figures.map((figure) =>
      'failed' in figure ? figure.failed : `${number(figure.ms)} (${number(figure.ratio)})`,
    )
    console.log(line([shape, size.toLocaleString('en'), ...cells]))
  }
}

const goals = {
  P1: passRatio(),
  P2: growth(),
  P3: memory(),
  P4: layeringAgain(),
  ...finishing(rounds),
  ...addingDependencies(rounds),
  P6: refusal(),
  'P6, same plan': samePlan(),
}
console.log()
for (const [name, { what, value, goal }] of Object.entries(goals)) {
  const met = value <= goal ? 'met   ' : 'MISSED'
  console.log(`${name.padEnd(15)}${met}  ${number(value)} of ${goal}  ${what}`)
}
console.log(
  JSON.stringify({
    bench: 'plan',
    node: process.versions.node,
    cpus: cpus().length,
    rounds,
    goals,
    results: rows.map(({ ms, ratio, ...row }) => ({ ...row, ms: short(ms), ratio: short(ratio) })),
    peers: peerRows,
  }),
)
if (Object.values(goals).some(({ value, goal }) => value > goal * 1.25)) process.exitCode = 1

/** Checks, index, layers, tails, critical path: all of a plan that no number of workers changes. */
function layersByAnalysis(tasks: readonly PlanTask[]): string[][] {
  const analysis = analyzeTasks(tasks)
  if (!analysis.ok) throw new Error(analysis.problems[0]!.message)
  return idsByLayer(analysis.index, analysis.layers)
}

function runsFor(tasks: readonly PlanTask[]): Candidate[] {
  return Object.entries(candidates).map(([name, run]) => ({ name, run: () => run(tasks) }))
}

/** A fast wrong answer is worth nothing: all candidates find the same layers. */
function mustAgree(tasks: readonly PlanTask[], size: number): void {
  const sorted = (layers: string[][]) => JSON.stringify(layers.map((layer) => layer.toSorted()))
  const expected = sorted(typedArrayPass(tasks).layers)
  const others = [layersByAnalysis, plainMapLayers, ...(size > 10_000 ? [] : [graphologyLayers])]
  for (const layersBy of others) {
    if (sorted(layersBy(tasks)) !== expected)
      throw new Error(`${layersBy.name} finds other layers.`)
  }
}

function ratioOf(shape: Shape, size: number): number {
  return rows.find(
    (row) => row.name === 'cueline analysis' && row.shape === shape && row.size === size,
  )!.ratio
}

function passRatio() {
  const value = Math.max(
    ...shapes.flatMap((shape) => [1e4, 1e5].map((size) => ratioOf(shape, size))),
  )
  return {
    what: 'worst ratio of the analysis to the limit at 10 000 and 100 000 tasks (stretch 1.5)',
    value: short(value),
    goal: 2,
  }
}

function growth() {
  const value = Math.max(...shapes.map((shape) => ratioOf(shape, 1e5) / ratioOf(shape, 1e4)))
  return {
    what: 'worst growth of that ratio from 10 000 to 100 000 tasks',
    value: short(value),
    goal: 1.3,
  }
}

/** Each in a process of its own, so that nobody sees the garbage of another. */
function memory() {
  const program = join(import.meta.dirname, 'reference', 'memory.ts')
  const added = (name: string) =>
    median(
      [1, 2, 3].map(() =>
        Number(
          execFileSync(process.execPath, ['--conditions=cueline-source', program, name], {
            encoding: 'utf8',
          }),
        ),
      ),
    )
  const megabytes = { limit: added('limit'), analysis: added('analysis'), plan: added('plan') }
  return {
    what: 'memory kept and used for 100 000 tasks (random): analysis over limit',
    value: short(megabytes.analysis / megabytes.limit),
    goal: 3,
    megabytes,
  }
}

function layeringAgain() {
  const tasks = madeTasks('random', 100_000)
  const csr = csrOf(tasks)
  const { index } = indexTasks(tasks)
  const [, ours] = interleave(
    [
      { name: 'limit', run: () => layersOfCsr(csr) },
      { name: 'layersOf', run: () => layersOf(index) },
    ],
    rounds,
  )
  return {
    what: 'layers again from a kept index, in input order, over the bare pass on a kept graph',
    value: short(ours!.ratio),
    goal: 1.5,
  }
}

function samePlan() {
  const broken = brokenPromises(500)
  return {
    what: 'promises about order and names of tasks that do not hold (docs/planner.md)',
    value: broken.length,
    goal: 0,
    broken,
  }
}

/** The one task of layer 0 that all of a chain wait for waits for the last: the longest of cycles. */
function refusal() {
  const worst = (['random', 'chain'] as const).map((shape) => {
    const tasks = madeTasks(shape, 100_000)
    const closed = tasks.map((task) =>
      task.id === 'task-0' ? { ...task, dependsOn: ['task-99999'] } : task,
    )
    const [, refused] = interleave(
      [
        { name: 'accepted', run: () => analyzeTasks(tasks) },
        { name: 'refused', run: () => analyzeTasks(closed) },
      ],
      rounds,
    )
    return refused!.ratio
  })
  return {
    what: 'worst time of refusing 100 000 tasks with a cycle over accepting them without it',
    value: short(Math.max(...worst)),
    goal: 1.5,
  }
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, nth) => (nth === 0 ? cell.padEnd(8) : cell.padStart(nth === 1 ? 10 : 24)))
    .join('')
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function short(value: number): number {
  return Number(value.toPrecision(4))
}
