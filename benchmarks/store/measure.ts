import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { collectGarbage, median } from '../reference/interleave.ts'

/** Runs the thing once and gives the milliseconds that count: its own, when it measures itself. */
export type Timed = () => Promise<number | void>

/** Measures by turns, the order rotated each round; milliseconds per candidate and round. */
export async function byTurns<Name extends string>(
  candidates: Readonly<Record<Name, Timed>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(candidates) as Name[]
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >
  // The round before the first warms up and does not count.
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round + names.length) % names.length] as Name
      collectGarbage()
      const startedAt = performance.now()
      const own = await candidates[name]()
      const ms = own ?? performance.now() - startedAt
      if (round >= 0) times[name].push(ms)
    }
  }
  return times
}

/** The median of the rounds' ratios. */
export function ratio(times: readonly number[], reference: readonly number[]): number {
  return rounded(median(times.map((ms, round) => ms / (reference[round] ?? Number.NaN))))
}

/** Three figures that matter. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

export interface Goal {
  readonly goal: string
  readonly measured: number
  readonly limit: string
  readonly met: boolean
}

export function atMost(goal: string, measured: number, limit: number): Goal {
  return { goal, measured, limit: `<= ${limit}`, met: measured <= limit }
}

export function atLeast(goal: string, measured: number, limit: number): Goal {
  return { goal, measured, limit: `>= ${limit}`, met: measured >= limit }
}

/** Milliseconds that 4 KiB take to reach the disk: what one durable commit costs at least. */
export function fdatasyncMs(folder: string): number {
  const file = join(folder, 'fdatasync')
  const handle = openSync(file, 'w')
  const block = Buffer.alloc(4_096)
  const times: number[] = []
  for (let at = 0; at < 100; at += 1) {
    const startedAt = performance.now()
    writeSync(handle, block, 0, block.length, at * block.length)
    fdatasyncSync(handle)
    times.push(performance.now() - startedAt)
  }
  closeSync(handle)
  rmSync(file)
  return rounded(median(times))
}
