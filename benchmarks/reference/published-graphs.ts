import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { PlanTask } from '@cueline/core/planner'

/** One graph with one number of workers and what is known about its makespan. */
export interface Case {
  readonly set: string
  readonly name: string
  /** Position of the graph in its file: settings were fitted on the even ones. */
  readonly position: number
  readonly tasks: readonly PlanTask[]
  readonly workers: number
  readonly resources?: Readonly<Record<string, number>>
  /** The best makespan known; the best lower bound where none is. */
  readonly best?: number
}

interface GraphRecord {
  readonly name: string
  readonly durations: number[]
  readonly dependsOn: number[][]
  readonly processors?: Record<string, { lower: number; best: number }>
  readonly demands?: number[][]
  readonly capacities?: number[]
  readonly best?: number
}

interface TrackerRecord {
  readonly name: string
  readonly tasks: readonly {
    id: string
    dependsOn?: string[]
    duration?: number
    workMinutes?: number
    sizeKB?: number
  }[]
}

/** The sets below `folder` that are there, by name, read when asked for. */
export const sets: Record<string, (folder: string) => Case[]> = {
  ...Object.fromEntries(
    ['rnc50', 'rnc100', 'rnc300', 'large'].map((name) => [
      name,
      (folder: string) => workerCases(name, read(folder, 'stg', `${name}.json`)),
    ]),
  ),
  ...Object.fromEntries(
    ['j30', 'j60', 'j90', 'j120'].map((name) => [
      name,
      (folder: string) => resourceCases(name, read(folder, 'psplib', `${name}.json`)),
    ]),
  ),
  workflows: (folder) => workerCases('workflows', read(folder, 'wfcommons', 'instances.json')),
  trackers: (folder) =>
    ['taskmaster', 'beads', 'backlog-md', 'workspaces', 'seeds'].flatMap((name) =>
      trackerCases(read(folder, 'taskgraphs', `${name}.json`)),
    ),
}

function read<Row>(...path: string[]): Row[] {
  const file = join(...path)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Row[]) : []
}

function tasksOf({ durations, dependsOn, demands }: GraphRecord): PlanTask[] {
  return durations.map((estimate, at) => ({
    id: `${at}`,
    estimate,
    dependsOn: dependsOn[at]!.map(String),
    ...(demands !== undefined && {
      resources: Object.fromEntries(demands[at]!.map((units, kind) => [`r${kind}`, units])),
    }),
  }))
}

function workerCases(set: string, records: readonly GraphRecord[]): Case[] {
  return records.flatMap((record, position) => {
    const tasks = tasksOf(record)
    return Object.entries(record.processors!).map(([workers, { best }]) => ({
      set,
      name: record.name,
      position,
      tasks,
      workers: Number(workers),
      best,
    }))
  })
}

/** Workers are no limit here: one for each task. */
function resourceCases(set: string, records: readonly GraphRecord[]): Case[] {
  return records.map((record, position) => ({
    set,
    name: record.name,
    position,
    tasks: tasksOf(record),
    workers: record.durations.length,
    resources: Object.fromEntries(record.capacities!.map((units, kind) => [`r${kind}`, units])),
    best: record.best!,
  }))
}

/** Where a tracker has no times every task takes as long as the median of the others, or 1. */
function trackerCases(records: readonly TrackerRecord[]): Case[] {
  return records.flatMap(({ name, tasks: rows }, position) => {
    const tasks = rows.map(({ id, dependsOn = [], duration, workMinutes, sizeKB }): PlanTask => {
      const estimate = duration ?? workMinutes ?? sizeKB
      return { id, dependsOn, ...(estimate !== undefined && { estimate }) }
    })
    return [4, 10, 25].map((workers) => ({ set: 'trackers', name, position, tasks, workers }))
  })
}
