import type { PastChange } from '../conflict/create-predictor.ts'
import type { Slice } from '../staging/slice.ts'

/** Learning takes the time of changes times files: the newest say most about what comes next. */
const mostLearnt = 500

/**
 * What finished tasks really changed, the first to settle first: history that predictions learn from.
 * At most the newest 500.
 */
export function landedChanges({ tasks }: Slice): PastChange[] {
  return [...tasks.values()]
    .flatMap(({ code, title, description, status, settledAt, position, touched }) => {
      if (status !== 'done' || touched === null || touched.paths.length === 0) return []
      const change = { title, body: description, files: touched.paths, task: code }
      return [{ change, at: settledAt ?? 0, position }]
    })
    .sort((one, other) => one.at - other.at || one.position - other.position)
    .slice(-mostLearnt)
    .map(({ change }) => change)
}
