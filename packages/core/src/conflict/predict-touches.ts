import {
  createPredictor,
  type PastChange,
  type PredictedTouch,
  type TouchTask,
} from './create-predictor.ts'

export interface PredictTouchesOptions {
  /** The files of the repository now. */
  readonly files: readonly string[]
  /** Past changes, the oldest first. Their files need not exist any more. */
  readonly history?: readonly PastChange[]
  /** At most this many files; 20 when left out. */
  readonly limit?: number
}

/**
 * The files a task will probably change, the most probable first, each with a probability and what
 * speaks for it. For many tasks build one predictor with `createPredictor`: it keeps the index.
 */
export function predictTouches(
  task: TouchTask,
  { files, history = [], limit = 20 }: PredictTouchesOptions,
): PredictedTouch[] {
  const predictor = createPredictor({ files })
  // The files are those of now, so what the past added, moved or deleted is history only.
  const now = new Set(files)
  for (const change of history) {
    const touched = change.files
      .map((file) => (typeof file === 'string' ? file : file.path))
      .filter((path) => now.has(path))
    predictor.learn({ title: change.title, body: change.body, files: touched })
  }
  return predictor.predict(task, { limit })
}
