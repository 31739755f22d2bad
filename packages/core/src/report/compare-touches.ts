import { isGlob, matchesGlob } from '../conflict/matches-glob.ts'
import type { Task } from '../staging/state.ts'
import type { TaskTouches, TouchTotals } from './run-report.ts'

/** Paths of each kind that are told of one task; the counts in the totals know of all that are stored. */
const mostPaths = 20

/** What was predicted of a task beside what it really touched. */
export function compareTouches(
  { touches, touched }: Pick<Task, 'touches' | 'touched'>,
  expects: readonly string[] | undefined,
): TaskTouches | null {
  const predicted = touches.length > 0 ? touches : (expects ?? [])
  if (predicted.length === 0 && touched === null) return null
  const { hit, missed, extra } = compared(predicted, touched?.paths ?? [])
  return {
    predicted: predicted.slice(0, mostPaths),
    touched: touched?.total ?? null,
    hit: hit.slice(0, mostPaths),
    missed: missed.slice(0, mostPaths),
    // As long as nobody knows what was touched, no prediction has failed.
    extra: touched === null ? [] : extra.slice(0, mostPaths),
  }
}

/** Of all tasks that were predicted and of which it is known what they touched; null without any. */
export function touchTotals(
  tasks: readonly Pick<Task, 'id' | 'touches' | 'touched'>[],
  expects: ReadonlyMap<Task['id'], readonly string[]>,
): TouchTotals | null {
  const totals = { tasks: 0, hit: 0, missed: 0, extra: 0 }
  let predictions = 0
  for (const { id, touches, touched } of tasks) {
    const predicted = touches.length > 0 ? touches : (expects.get(id) ?? [])
    if (predicted.length === 0 || touched === null) continue
    const { hit, extra } = compared(predicted, touched.paths)
    totals.tasks += 1
    totals.hit += hit.length
    totals.missed += touched.total - hit.length
    totals.extra += extra.length
    predictions += new Set(predicted).size
  }
  if (totals.tasks === 0) return null
  const { hit, missed, extra } = totals
  return {
    ...totals,
    precision: predictions === 0 ? null : (predictions - extra) / predictions,
    recall: hit + missed === 0 ? null : hit / (hit + missed),
  }
}

function compared(predicted: readonly string[], touched: readonly string[]) {
  const files = new Set(predicted.filter((path) => !isGlob(path)))
  const globs = [...new Set(predicted.filter(isGlob))]
  const hit: string[] = []
  const missed: string[] = []
  const useful = new Set<string>()
  for (const path of touched) {
    const matching = globs.filter((glob) => matchesGlob(glob, path))
    for (const glob of matching) useful.add(glob)
    if (files.has(path)) useful.add(path)
    if (files.has(path) || matching.length > 0) hit.push(path)
    else missed.push(path)
  }
  const extra = [...files, ...globs].filter((path) => !useful.has(path))
  return { hit, missed, extra }
}
