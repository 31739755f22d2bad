import type { MakePlace } from './place.ts'
import type { Scenario } from './scenario.ts'

const seed = 20_261_121
/** Milliseconds that one fault may take on a machine that has other work. */
export const triedWithin = 300_000

/** Runs it as often as CI does; throws when an invariant does not hold. Resolves with its progress. */
export async function tried(
  { amounts, run }: Scenario,
  makePlace: MakePlace,
): Promise<readonly string[]> {
  const lines: string[] = []
  await run({ makePlace, seed, amount: amounts.ci, progress: (line) => lines.push(line) })
  return lines
}
