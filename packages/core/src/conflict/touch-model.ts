import { type TouchSource, touchSources } from './touch-sources.ts'
import { touchOffset, touchScale, touchWeights } from './touch-weights.ts'

/** The weighted sum of the sources, which follows what is really touched. */
export interface TouchModel {
  /** The weighted sum of every file: only differences between files mean something. */
  fitOf(scores: Readonly<Record<TouchSource, Float64Array>>, files: number): Float64Array
  probabilityOf(fit: number): number
  weightOf(source: TouchSource): number
  /** One step towards weights that rank the files really touched first. */
  adapt(
    scores: Readonly<Record<TouchSource, Float64Array>>,
    files: number,
    truth: ReadonlySet<number>,
  ): void
}

const rate = 0.3

/**
 * Starts from the fitted weights and adapts them by AdaGrad (Duchi, Hazan and Singer 2011) on the
 * softmax over the files of each change; the constant follows the number of files a change touches.
 */
export function createTouchModel(files: number): TouchModel {
  const weights = touchSources.map((source) => touchWeights[source])
  const squares = touchSources.map(() => 1)
  // The weights were fitted where 400 to 2 300 files compete; among few each is likelier.
  let offset = touchOffset + 0.5 * Math.log(1_000 / Math.min(3_000, Math.max(3, files)))
  let offsetSquares = 25

  const model: TouchModel = {
    fitOf(scores, files) {
      const fit = new Float64Array(files)
      for (const [nth, source] of touchSources.entries()) {
        const weight = weights[nth]!
        const own = scores[source]
        for (let file = 0; file < files; file += 1) fit[file]! += weight * own[file]!
      }
      return fit
    },
    probabilityOf: (fit) => 1 / (1 + Math.exp(-(touchScale * fit + offset))),
    weightOf: (source) => weights[touchSources.indexOf(source)]!,
    adapt(scores, files, truth) {
      const fit = model.fitOf(scores, files)
      let most = Number.NEGATIVE_INFINITY
      for (const value of fit) if (value > most) most = value
      let sum = 0
      let expected = 0
      const share = new Float64Array(files)
      for (let file = 0; file < files; file += 1) {
        share[file] = Math.exp(fit[file]! - most)
        sum += share[file]!
        expected += model.probabilityOf(fit[file]!)
      }
      for (const [nth, source] of touchSources.entries()) {
        const own = scores[source]
        let slope = 0
        for (let file = 0; file < files; file += 1) slope += (own[file]! * share[file]!) / sum
        for (const file of truth) slope -= own[file]! / truth.size
        squares[nth]! += slope * slope
        // A source speaks for a file or not at all; a negative weight would only fit noise.
        weights[nth] = Math.max(0, weights[nth]! - (rate * slope) / Math.sqrt(squares[nth]!))
      }
      const slope = (expected - truth.size) / (1 + truth.size)
      offsetSquares += slope * slope
      offset -= (rate * slope) / Math.sqrt(offsetSquares)
    },
  }
  return model
}
