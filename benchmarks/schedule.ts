// `npm run bench -- schedule [--sample n] [--part even|odd|all] [--set a,b] [--method a,b]`: how good
// schedules are on published graphs, as the ratio to the best makespan known. CUELINE_DATA names the
// folder that holds them; the repository has none of them. --sample takes n graphs of each set, --part
// those at even positions of their files, on which settings were fitted, or at odd ones. Prints a table
// and, last, one line of JSON.
import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { type Plan, type PlanOptions, planTasks } from '@cueline/core/planner'

import { dispatch, mustBePossible } from './reference/dispatch.ts'
import { byExpectedChain } from './reference/expected-chains.ts'
import { graphologyLayers } from './reference/graphology-layers.ts'
import { type Case, sets } from './reference/published-graphs.ts'
import { seeded } from './reference/soft-locks.ts'

const { values: flags } = parseArgs({
  options: {
    sample: { type: 'string' },
    part: { type: 'string', default: 'all' },
    set: { type: 'string', default: Object.keys(sets).join(',') },
    method: { type: 'string' },
  },
})

/** The bound of the last plan made: what `proven` compares with. */
let lastBound = 0

/** How each method gets its makespan. */
const methods: Record<string, (one: Case) => number> = {
  'strict layers': (one) => planOf(one, { rounds: 0 }).barrierMakespan.layer,
  'batch barriers': (one) => planOf(one, { rounds: 0 }).barrierMakespan.stage,
  'graphology layers': (one) => dispatch(one, graphologyLayers(one.tasks), minutesOf(one)),
  'first come': (one) => dispatch(one, [one.tasks.map(({ id }) => id)], minutesOf(one)),
  'no estimates': (one) => handedOut(one, urgenciesOf(one), (at) => at),
  'urgency mixed': (one) => shuffled(one, urgenciesOf(one)),
  'longest chain': (one) => handedOut(one, chainsOf(one), (at) => at),
  'longest mixed': (one) => shuffled(one, chainsOf(one)),
  'expected chain': (one) => dispatch(one, [byExpectedChain(one, 200)], minutesOf(one)),
  'rounds 0': (one) => checked(one, { rounds: 0 }),
  usual: (one) => checked(one, {}),
  'rounds 300': (one) => checked(one, { rounds: 300 }),
  'rounds 5000': (one) => checked(one, { rounds: 5000 }),
  budget: (one) => checked(one, { budgetMs: one.resources === undefined ? 50 : 400 }),
}

interface Row {
  readonly set: string
  /** null where resources are the limit. */
  readonly workers: number | null
  readonly method: string
  readonly graphs: number
  readonly mean: number
  readonly worst: number
  /** Shares of the graphs: as short as the best known, and as short as the plan's own bound. */
  readonly atBest: number
  readonly proven: number
  readonly belowBest: number
  readonly cpuMs: number
}

const folder = process.env.CUELINE_DATA
if (folder === undefined || folder === '') {
  console.log('not proven: CUELINE_DATA unset')
} else {
  const rows = measure(folder)
  console.log(`\nAll graphs and numbers of workers together\n${head()}`)
  for (const row of rows.filter(({ set }) => set.startsWith('all'))) console.log(line(row))
  console.log(
    JSON.stringify({
      bench: 'schedule',
      node: process.versions.node,
      cpus: cpus().length,
      part: flags.part,
      sample: flags.sample ?? null,
      results: rows,
    }),
  )
}

function measure(data: string): Row[] {
  const rows: Row[] = []
  const stg: { method: string; results: Result[] }[] = []
  console.log(
    `Node ${process.versions.node}, ${cpus().length} CPUs, part: ${flags.part}\n${head()}`,
  )
  for (const set of flags.set.split(',')) {
    const cases = chosen(sets[set]?.(data) ?? [])
    const counts = new Set(cases.map((one) => (one.resources === undefined ? one.workers : null)))
    for (const workers of counts) {
      const group = cases.filter((one) => workers === null || one.workers === workers)
      // The bound that any plan may be compared with where nothing better is known.
      const references = group.map((one) => one.best ?? planOf(one, { rounds: 0 }).lowerBound)
      for (const method of flags.method?.split(',') ?? Object.keys(methods)) {
        const results = group.map((one, at) => resultOf(one, references[at]!, method))
        const row = rowOf(set, workers, method, results)
        rows.push(row)
        console.log(line(row))
        if (set.startsWith('rnc') || set === 'large') stg.push({ method, results })
      }
    }
  }
  for (const method of new Set(stg.map((one) => one.method))) {
    const results = stg.filter((one) => one.method === method).flatMap((one) => one.results)
    rows.push(rowOf('all of STG', null, method, results))
  }
  return rows
}

interface Result {
  readonly ratio: number
  readonly proven: boolean
  readonly cpuMs: number
}

function resultOf(one: Case, reference: number, method: string): Result {
  const before = process.cpuUsage()
  const makespan = methods[method]!(one)
  const { user, system } = process.cpuUsage(before)
  return {
    ratio: reference === 0 ? 1 : makespan / reference,
    proven: makespan <= lastBound * (1 + 1e-9),
    cpuMs: (user + system) / 1000,
  }
}

function rowOf(set: string, workers: number | null, method: string, results: Result[]): Row {
  const share = (holds: (result: Result) => boolean) =>
    results.filter(holds).length / results.length
  const mean = (of: (result: Result) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length
  return {
    set,
    workers,
    method,
    graphs: results.length,
    mean: round(mean(({ ratio }) => ratio)),
    worst: round(Math.max(...results.map(({ ratio }) => ratio))),
    atBest: round(share(({ ratio }) => ratio <= 1 + 1e-9)),
    proven: round(share(({ proven }) => proven)),
    belowBest: results.filter(({ ratio }) => ratio < 1 - 1e-9).length,
    cpuMs: round(mean(({ cpuMs }) => cpuMs)),
  }
}

function planOf({ tasks, workers, resources }: Case, options: PlanOptions): Plan {
  const result = planTasks(tasks, { workers, ...(resources && { resources }), ...options })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  lastBound = result.plan.lowerBound
  return result.plan
}

function checked(one: Case, options: PlanOptions): number {
  const plan = planOf(one, options)
  mustBePossible(one, plan)
  return plan.makespan
}

/** What a run claims by when the tasks have no estimates. */
function urgenciesOf(one: Case): number[] {
  const tasks = one.tasks.map((task) => ({ ...task, estimate: undefined }))
  return planOf({ ...one, tasks }, { rounds: 0 }).facts.map(({ tail, urgency }) => urgency ?? tail)
}

/** The number of tasks in the longest chain from each on, as if every task took as long. */
function chainsOf(one: Case): number[] {
  const tasks = one.tasks.map((task) => ({ ...task, estimate: 1 }))
  return planOf({ ...one, tasks }, { rounds: 0 }).facts.map(({ tail }) => tail)
}

/** Hands out the tasks of the greatest keys first; of equal ones the earlier in the input. */
function handedOut(one: Case, keys: readonly number[], ties: (at: number) => number): number {
  const places = [...one.tasks.keys()].map((at) => ({ at, tie: ties(at) }))
  places.sort((left, right) => keys[right.at]! - keys[left.at]! || left.tie - right.tie)
  return dispatch(one, [places.map(({ at }) => one.tasks[at]!.id)], minutesOf(one))
}

/** The mean when equal tasks come in eight random orders. */
function shuffled(one: Case, keys: readonly number[]): number {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
  const makespans = seeds.map((seed) => handedOut(one, keys, seeded(seed)))
  return makespans.reduce((sum, makespan) => sum + makespan, 0) / seeds.length
}

function minutesOf(one: Case): Map<string, number> {
  return new Map(planOf(one, { rounds: 0 }).facts.map(({ task, estimate }) => [task, estimate]))
}

/** A part of the cases, spread evenly; all numbers of workers of a graph stay together. */
function chosen(cases: readonly Case[]): Case[] {
  const rest = flags.part === 'even' ? 0 : 1
  const part = cases.filter(({ position }) => flags.part === 'all' || position % 2 === rest)
  const names = [...new Set(part.map(({ name }) => name))]
  const sample = Math.min(names.length, Number(flags.sample ?? names.length))
  const kept = new Set(
    Array.from({ length: sample }, (_, nth) => names[Math.floor((nth * names.length) / sample)]),
  )
  return part.filter(({ name }) => kept.has(name))
}

function head(): string {
  return line([
    'set',
    'workers',
    'method',
    'graphs',
    'mean',
    'worst',
    'at best',
    'proven',
    'CPU ms',
  ])
}

function line(row: Row | readonly string[]): string {
  const cells = Array.isArray(row) ? row : cellsOf(row as Row)
  const widths = [11, -8, 18, -7, -9, -8, -9, -9, -9]
  return cells
    .map((cell, nth) =>
      nth % 2 === 0 && nth < 3
        ? ` ${cell.padEnd(widths[nth]!)}`
        : cell.padStart(Math.abs(widths[nth]!)),
    )
    .join('')
}

function cellsOf(row: Row): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return [
    row.set,
    row.workers === null ? '-' : `${row.workers}`,
    row.method,
    `${row.graphs}`,
    row.mean.toFixed(5),
    row.worst.toFixed(3),
    percent(row.atBest),
    percent(row.proven),
    row.cpuMs.toFixed(2),
  ]
}

function round(value: number): number {
  return Number(value.toPrecision(6))
}
