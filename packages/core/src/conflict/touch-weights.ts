import type { TouchSource } from './touch-sources.ts'

/**
 * The weight of each source in how well a file fits a task. Fitted on the histories of four public
 * repositories, about 750 tasks (the third quarter of each, every repository counting the same):
 * softmax over the files of a task, no weight below 0. `npm run bench -- conflicts --fit` fits them
 * again; the last quarter is what docs/conflicts.md reports. `host` is chosen, not fitted: a host
 * that is certain outweighs everything but a path in the text.
 */
export const touchWeights: Readonly<Record<TouchSource, number>> = {
  path: 0.67,
  suffix: 1.01,
  name: 0.5,
  folder: 1.03,
  words: 0.49,
  titleWords: 0.74,
  covered: 1.3,
  place: 1.03,
  kind: 1.18,
  profile: 1.09,
  similar: 0,
  similarTitle: 0.11,
  scope: 0.74,
  type: 0.37,
  recent: 0.34,
  popular: 0.12,
  together: 0.85,
  companion: 0.15,
  fitting: 1.83,
  area: 0.33,
  host: 5,
}

/** Log-odds of a touch = scale × fit + offset: logistic regression on the same tasks. */
export const touchScale = 0.9
export const touchOffset = -7.19
