import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
/** Collects all garbage now, so that nobody pays for the one before. */
export const collectGarbage = runInNewContext('gc') as () => void

export interface Candidate {
  readonly name: string
  readonly run: () => unknown
}

export interface Measured {
  readonly name: string
  /** Milliseconds of CPU of the main thread for one run: the median of the rounds. */
  readonly ms: number
  /** Median of each round's ratio to the first candidate. */
  readonly ratio: number
}

/**
 * Measures candidates by turns, the order rotated each round, garbage collected between. The clock of
 * CPU time may tick in steps of 4 ms, so quick candidates run many times for one sample.
 */
export function interleave(candidates: readonly Candidate[], rounds: number): Measured[] {
  const times = candidates.map(({ run }) => runsOf(run))
  const samples = candidates.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const nth = (turn + round) % candidates.length
      samples[nth]!.push(sample(candidates[nth]!.run, times[nth]!))
    }
  }
  return candidates.map(({ name }, nth) => ({
    name,
    ms: median(samples[nth]!),
    ratio: median(samples[nth]!.map((ms, round) => ms / samples[0]![round]!)),
  }))
}

const sampleMs = 120

/** How often to run it for a sample; the runs done to find out warm it up. */
function runsOf(run: () => unknown): number {
  run()
  for (let runs = 1; ; runs *= 4) {
    const ms = sample(run, runs) * runs
    if (ms >= sampleMs / 4) return Math.max(1, Math.ceil((runs * sampleMs) / ms))
  }
}

function sample(run: () => unknown, runs: number): number {
  collectGarbage()
  const before = process.threadCpuUsage()
  for (let nth = 0; nth < runs; nth++) run()
  const { user, system } = process.threadCpuUsage(before)
  return Math.max(user + system, 1) / 1_000 / runs
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
