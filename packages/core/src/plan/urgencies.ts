import type { TaskAnalysis } from './analyze-tasks.ts'

/**
 * Minutes that the longest way from the start of each task to the end is expected to take: start the
 * longest first. Where all that stand behind a task have an estimate that is its tail; an assumed
 * duration, though, may as well be half or twice as long - it counts as drawn from an exponential
 * distribution -, so of two equally long tails the one with more chains beside it becomes the longer.
 *
 * Means and variances go from the end to the start (Clark 1961, "The greatest of a finite set of random
 * variables"), as if chains had nothing in common, with a square root in place of the normal
 * distribution: it is exact in every engine. Of many dependents the longest eight count. Takes time
 * linear in tasks and dependencies; the same tasks have the same urgencies in any order of input.
 */
export function urgencies({
  index: { size, dependentOffsets, dependents },
  layers: { order },
  durations,
  estimated,
  tails,
}: Pick<TaskAnalysis, 'index' | 'layers' | 'durations' | 'estimated' | 'tails'>): Float64Array {
  if (!estimated.includes(0)) return tails
  const means = new Float64Array(size)
  const variances = new Float64Array(size)
  const longest = new Int32Array(most)
  for (let nth = size - 1; nth >= 0; nth--) {
    const task = order[nth]!
    const end = dependentOffsets[task + 1]!
    let count = 0
    for (let edge = dependentOffsets[task]!; edge < end; edge++) {
      const dependent = dependents[edge]!
      let at = count < most ? count++ : most
      for (; at > 0 && isLonger(dependent, longest[at - 1]!); at--) {
        if (at < most) longest[at] = longest[at - 1]!
      }
      if (at < most) longest[at] = dependent
    }

    let mean = count === 0 ? 0 : means[longest[0]!]!
    let variance = count === 0 ? 0 : variances[longest[0]!]!
    for (let at = 1; at < count; at++) {
      const other = longest[at]!
      const spread = variance + variances[other]!
      if (spread === 0) continue
      const ahead = mean - means[other]!
      const root = Math.sqrt(ahead * ahead + scale * spread)
      // How likely it is that the other stays the shorter.
      const share = (1 + ahead / root) / 2
      const mixed = share * variance + (1 - share) * variances[other]!
      variance = Math.max(0, mixed - (scale * spread) / 4)
      mean += (root - ahead) / 2
    }
    const minutes = durations[task]!
    means[task] = mean + minutes
    variances[task] = variance + (estimated[task] === 1 ? 0 : minutes * minutes)
  }
  return means

  function isLonger(one: number, other: number): boolean {
    const ahead = means[one]! - means[other]!
    return ahead > 0 || (ahead === 0 && variances[one]! > variances[other]!)
  }
}

const most = 8

/** Makes the square root agree with the normal distribution where both are equally long. */
const scale = 2 / Math.PI
