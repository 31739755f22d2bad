import type { TouchSource } from './touch-sources.ts'

/**
 * The weight of each source in how well a file fits a task. Fitted on the histories of four public
 * repositories, about 750 tasks (the third quarter of each, every repository counting the same):
 * softmax over the files of a task, no weight below 0. `npm run bench -- conflicts --fit` fits them
 * again; the last quarter is what docs/conflicts.md reports. `host` is chosen, not fitted: a host
 * that is certain outweighs everything but a path in the text.
 */
export const touchWeights: Readonly<Record<TouchSource, number>> = {
  path: 0.7,
  suffix: 1.05,
  name: 0.52,
  folder: 1.04,
  words: 0.5,
  titleWords: 0.76,
  covered: 1.35,
  place: 1.05,
  kind: 1.17,
  profile: 1.16,
  similar: 0.01,
  similarTitle: 0.17,
  scope: 0.75,
  type: 0.36,
  recent: 0.36,
  popular: 0.11,
  together: 0.87,
  companion: 0.15,
  fitting: 1.66,
  area: 0.33,
  host: 5,
}

/** Log-odds of a touch = scale × fit + offset: logistic regression on the same tasks. */
export const touchScale = 0.89
export const touchOffset = -7.09
