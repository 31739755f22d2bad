import { requireGiven } from '../plan/require-input.ts'
import {
  createPredictor,
  type PastChange,
  type PredictedTouch,
  type TouchTask,
} from './create-predictor.ts'
import { requireHistory, requireTouchTask } from './require-touch-input.ts'

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
 *
 * @throws CuelineError `invalid-input`, naming the place, for a task or options that cannot be read.
 */
export function predictTouches(task: TouchTask, options: PredictTouchesOptions): PredictedTouch[] {
  requireTouchTask('task', task)
  requireGiven('options', options, 'an object with files')
  const { files, history = [], limit = 20 } = options
  requireHistory('history', history)
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
