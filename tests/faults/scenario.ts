import { seededRandom } from '@cueline/core/testing'
import type { MakePlace, Place } from './place.ts'

/** A fault, tried a number of times; what it resolves with goes into the report. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** How often in CI and with `--full`; what is counted stands in the title. */
  readonly amounts: { readonly ci: number; readonly full: number }
  run(options: ScenarioOptions): Promise<Readonly<Record<string, unknown>>>
}

export interface ScenarioOptions {
  readonly makePlace: MakePlace
  readonly seed: number
  readonly amount: number
  readonly progress: (line: string) => void
}

/** One place with its own draw of luck; kept, and named in the error, when something did not hold. */
export async function atPlace<Result>(
  { makePlace, seed }: Pick<ScenarioOptions, 'makePlace' | 'seed'>,
  round: number,
  work: (place: Place, random: () => number) => Promise<Result>,
): Promise<Result> {
  const place = await makePlace()
  let result
  try {
    result = await work(place, seededRandom(seed + round))
  } catch (error) {
    throw new Error(
      `With seed ${seed}, in round ${round} (${place.folder} and ${JSON.stringify(place.address)} are kept):`,
      { cause: error },
    )
  }
  await place.remove()
  return result
}
