import { KeyedHeap } from './keyed-heap.ts'
import type { ListSchedule, Release } from './list-schedule.ts'
import type { ConflictIndex } from './planned-conflicts.ts'
import type { Demands } from './serial-schedule.ts'

/**
 * List scheduling with resources - the parallel schedule generation scheme (Bedworth and Bailey 1982;
 * Kolisch 1996): whenever something has finished, the ready tasks start in the order of their ranks, as
 * far as a worker and what they need are free.
 *
 * A task that lacks a resource waits in a queue of its own kind until some of it is given back, so that
 * nobody looks at all waiting tasks each time. A task that conflicts with a running one waits until the
 * last of those has finished: each start and finish is counted with its conflicts, so all of them
 * together take time linear in the number of conflicts.
 */
export function resourceListSchedule(
  durations: Float64Array,
  ranks: Float64Array,
  workers: number,
  release: Release,
  { kinds, units, capacities }: Demands,
  apart?: ConflictIndex,
): ListSchedule {
  const size = durations.length
  const starts = new Float64Array(size)
  const finishes = new Float64Array(size)
  const lanes = new Int32Array(size)
  const order = new Int32Array(size)
  const finished = new Int32Array(size)
  /** How many running tasks each one conflicts with, and whether it waits for that. */
  const blocked = new Int32Array(size)
  const waits = new Uint8Array(size)
  const ready = new KeyedHeap(ranks, size)
  const running = new KeyedHeap(finishes, size)
  const freeLanes = new Int32Array(Math.min(workers, size)).map(
    (_, nth, all) => all.length - 1 - nth,
  )
  const free = capacities.slice()
  const { queues, least } = queuesOf(size, ranks, { kinds, units, capacities })
  const returned = new Uint8Array(kinds)
  const open = new Int32Array(kinds)
  const passedOver: number[] = []
  let freeLane = freeLanes.length
  let time = 0
  let started = 0
  let ended = 0

  release(-1, ready)
  while (started < size || running.size > 0) {
    let opened = 0
    for (let kind = 0; kind < kinds; kind++) {
      if (returned[kind] === 1 && queues[kind]!.size > 0) open[opened++] = kind
      returned[kind] = 0
    }
    while (freeLane > 0) {
      let from = -1
      let urgent = ready.size > 0 ? ranks[ready.first]! : Infinity
      for (let nth = 0; nth < opened; nth++) {
        const kind = open[nth]!
        const queue = queues[kind]!
        if (queue.size === 0 || free[kind]! < least[kind]!) open[nth--] = open[--opened]!
        else if (ranks[queue.first]! < urgent) {
          from = kind
          urgent = ranks[queue.first]!
        }
      }
      if (urgent === Infinity) break
      const task = from < 0 ? ready.pop() : queues[from]!.pop()
      if (blocked[task]! > 0) {
        waits[task] = 1
        continue
      }
      const lacks = lacking(task)
      if (lacks < 0) start(task)
      else if (lacks === from) passedOver.push(task)
      else queues[lacks]!.push(task)
    }
    // Without a free worker what is given back now must be looked at when there is one.
    for (let nth = 0; nth < opened; nth++) returned[open[nth]!] = 1
    while (passedOver.length > 0) {
      const task = passedOver.pop()!
      queues[lacking(task)]!.push(task)
    }
    time = finishes[running.first]!
    while (running.size > 0 && finishes[running.first] === time) {
      const task = running.pop()
      freeLanes[freeLane++] = lanes[task]!
      finished[ended++] = task
      for (let kind = 0; kind < kinds; kind++) {
        const amount = units[task * kinds + kind]!
        if (amount === 0) continue
        free[kind]! += amount
        returned[kind] = 1
      }
      if (apart !== undefined) unblock(task, apart)
      release(task, ready)
    }
  }
  return { starts, lanes, order, finished, makespan: time }

  function lacking(task: number): number {
    for (let kind = 0; kind < kinds; kind++) {
      if (free[kind]! < units[task * kinds + kind]!) return kind
    }
    return -1
  }

  function start(task: number): void {
    starts[task] = time
    finishes[task] = time + durations[task]!
    lanes[task] = freeLanes[--freeLane]!
    order[started++] = task
    for (let kind = 0; kind < kinds; kind++) free[kind]! -= units[task * kinds + kind]!
    running.push(task)
    if (apart === undefined) return
    const end = apart.offsets[task + 1]!
    for (let at = apart.offsets[task]!; at < end; at++) blocked[apart.others[at]!]!++
  }

  function unblock(task: number, { offsets, others }: ConflictIndex): void {
    for (let at = offsets[task]!; at < offsets[task + 1]!; at++) {
      const other = others[at]!
      if (--blocked[other]! > 0 || waits[other] === 0) continue
      waits[other] = 0
      ready.push(other)
    }
  }
}

/** For each resource an empty queue with room for all who need it, and the least that any of them needs. */
function queuesOf(size: number, ranks: Float64Array, { kinds, units }: Demands) {
  const queues: KeyedHeap[] = []
  const least = new Float64Array(kinds).fill(Infinity)
  for (let kind = 0; kind < kinds; kind++) {
    let needing = 0
    for (let task = 0; task < size; task++) {
      const amount = units[task * kinds + kind]!
      if (amount === 0) continue
      needing++
      if (amount < least[kind]!) least[kind] = amount
    }
    queues.push(new KeyedHeap(ranks, needing))
  }
  return { queues, least }
}
