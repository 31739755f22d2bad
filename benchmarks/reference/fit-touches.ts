// The weights of the predictor, fitted again: softmax over the files of each task, every repository
// counting the same, no weight below 0; then scale and offset by logistic regression.
import type { Row, TouchCase } from './touch-cases.ts'

export function fitTouches(histories: readonly (readonly TouchCase[])[]) {
  const tasks = histories.flatMap((cases) => {
    const usable = cases.filter(
      ({ quarter, rows }) => quarter === 3 && rows.some((row) => row.touched),
    )
    return usable.map(({ rows }) => ({ rows, share: 1 / usable.length / histories.length }))
  })
  const size = tasks[0]?.rows[0]?.scores.length ?? 0
  const weights = new Float64Array(size)
  const mean = new Float64Array(size)
  const square = new Float64Array(size)
  // Adam (Kingma and Ba 2014).
  for (let round = 1; round <= 400; round += 1) {
    const slope = weights.map((weight) => 0.003 * weight)
    for (const { rows, share } of tasks) addSlope(rows, share, weights, slope)
    for (let at = 0; at < size; at += 1) {
      mean[at] = 0.9 * mean[at]! + 0.1 * slope[at]!
      square[at] = 0.99 * square[at]! + 0.01 * slope[at]! ** 2
      const step =
        mean[at]! / (1 - 0.9 ** round) / (Math.sqrt(square[at]! / (1 - 0.99 ** round)) + 1e-8)
      weights[at] = Math.max(0, weights[at]! - 0.05 * step)
    }
  }
  return { weights: [...weights], ...calibrated(tasks, weights) }
}

function fitOf({ scores }: Row, weights: Float64Array): number {
  return scores.reduce((sum, score, at) => sum + score * weights[at]!, 0)
}

function addSlope(rows: readonly Row[], share: number, weights: Float64Array, slope: Float64Array) {
  const fits = rows.map((row) => fitOf(row, weights))
  const most = Math.max(...fits)
  const powers = fits.map((fit) => Math.exp(fit - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  const touched = rows.filter((row) => row.touched).length
  for (const [nth, row] of rows.entries()) {
    const off = share * (powers[nth]! / sum - (row.touched ? 1 / touched : 0))
    for (let at = 0; at < slope.length; at += 1) slope[at]! += off * row.scores[at]!
  }
}

/** Newton's method in two dimensions. */
function calibrated(
  tasks: readonly { rows: readonly Row[]; share: number }[],
  weights: Float64Array,
) {
  let scale = 1
  let offset = -5
  for (let round = 0; round < 30; round += 1) {
    const slope = [0, 0]
    const curve = [1e-9, 0, 1e-9]
    for (const { rows, share } of tasks) {
      for (const row of rows) {
        const fit = fitOf(row, weights)
        const chance = 1 / (1 + Math.exp(-(scale * fit + offset)))
        const off = share * (chance - (row.touched ? 1 : 0))
        const bend = share * chance * (1 - chance)
        slope[0]! += off * fit
        slope[1]! += off
        curve[0]! += bend * fit * fit
        curve[1]! += bend * fit
        curve[2]! += bend
      }
    }
    const determinant = curve[0]! * curve[2]! - curve[1]! ** 2
    scale -= (curve[2]! * slope[0]! - curve[1]! * slope[1]!) / determinant
    offset -= (curve[0]! * slope[1]! - curve[1]! * slope[0]!) / determinant
  }
  return { scale, offset }
}
