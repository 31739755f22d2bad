import type { TouchSource } from './touch-sources.ts'

/**
 * The weight of each source in the log-odds that a task touches a file, and their constant. Fitted
 * on four public histories of about 3 000 tasks (the third quarter of each, every history counting
 * the same): the order by softmax over the files of a task, then scale and constant by logistic
 * regression. The last quarter is what docs/conflicts.md reports. `host` is chosen, not fitted: a
 * certain host outweighs everything but a path in the text.
 */
export const touchWeights: Readonly<Record<TouchSource, number>> = {
  path: 2.5,
  suffix: 1.25,
  name: 1.14,
  folder: 1.18,
  words: 1.71,
  titleWords: 0.69,
  profile: 1.3,
  similar: 0,
  similarTitle: 0.6,
  scope: 0.86,
  type: 0.5,
  recent: 0.45,
  popular: 0.11,
  together: 0.89,
  companion: 0.23,
  area: 0.29,
  host: 5,
}

export const touchBias = -6.16
