import { CuelineError } from '../error.ts'
import { parsePlanDocument } from '../task/parse-task-spec.ts'
import { taskContextSchema, planProjectSchema, taskSpecSchema } from '../task/task-schema.ts'
import type { PlanDocument } from '../task/task-spec.ts'
import { unsafeKeys } from '../task/unsafe-key.ts'
import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { parseEstimate } from './parse-estimate.ts'
import { isRecord, listOf, textOf } from './plain-value.ts'

/** `{ project?, tasks: [...] }`, or the list of tasks alone. */
export function looksLikeCueline(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isRecord)
  return isRecord(value) && Array.isArray(value['tasks'])
}

/**
 * Reads a plan in Cueline's own shape, from JSON or YAML. Forgiving where the meaning is plain:
 * numbers as ids, one dependency without a list, `3h` as an estimate; unknown keys are reported.
 *
 * @throws CuelineError `invalid-input`, naming task, path and value, for what is plainly wrong.
 */
export function importCueline(value: unknown): ImportResult {
  const report = startReport('cueline')
  const root = Array.isArray(value) ? { tasks: value as unknown[] } : value
  if (!isRecord(root)) throw notADocument()
  const known = new Set(['project', 'tasks', '$schema'])
  for (const key of Object.keys(root)) {
    if (unsafeKeys.has(key)) continue
    if (!known.has(key)) report.refusedField('the document', key, 'is not a key of a plan document')
  }
  const tasks = listOf(root['tasks']).map((task, index) => taskOf(task, index, report))
  const given = root['project']
  const project = isRecord(given)
    ? picked(given, planProjectSchema.shape, 'project', report)
    : given
  const document: PlanDocument = parsePlanDocument({
    ...(project === undefined || project === null ? {} : { project }),
    tasks,
  })
  return { format: 'cueline', document, report: report.finish(document.tasks) }
}

function notADocument(): CuelineError {
  return new CuelineError(
    'invalid-input',
    'A plan document is an object with a list of tasks. Give { "tasks": [ … ] }.',
  )
}

function taskOf(value: unknown, index: number, report: ReportDraft): unknown {
  if (!isRecord(value)) return value
  const where = `tasks[${index}]`
  const task = picked(value, taskSpecSchema.shape, where, report)
  const guess = (what: string, to: unknown, from: unknown) => {
    const shown = JSON.stringify(to)
    report.guessed({
      task: textOf(task['id']) ?? where,
      what,
      value: shown,
      evidence: JSON.stringify(from),
    })
  }
  for (const key of ['id', 'parent', 'epic', 'sprint', 'title']) {
    const given = task[key]
    if (typeof given !== 'number') continue
    task[key] = String(given)
    guess(key, task[key], given)
  }
  const given = task['estimate']
  const parsed = typeof given === 'string' ? parseEstimate(given) : undefined
  if (parsed !== undefined) {
    task['estimate'] = parsed.estimate
    guess('estimate', parsed.estimate, given)
  }
  for (const key of ['dependsOn', 'touches', 'capabilities']) {
    if (task[key] === undefined) continue
    task[key] = listOf(task[key]).map((entry) =>
      typeof entry === 'number' ? String(entry) : entry,
    )
  }
  if (isRecord(task['context'])) {
    task['context'] = picked(task['context'], taskContextSchema.shape, `${where}.context`, report)
  }
  return task
}

/** The keys we know; the others are reported. A key that is null counts as absent. */
function picked(
  value: Record<string, unknown>,
  shape: Readonly<Record<string, unknown>>,
  where: string,
  report: ReportDraft,
): Record<string, unknown> {
  const known: Record<string, unknown> = {}
  const kind = where.replace(/\[\d+\]/, '[]')
  for (const [key, entry] of Object.entries(value)) {
    if (!Object.hasOwn(shape, key)) {
      const reason = unsafeKeys.has(key) ? 'is never accepted' : 'is not a known key'
      report.refusedField(where, `${kind}.${key}`, reason)
    } else if (entry !== null) {
      known[key] = entry
      report.mapped(`${kind}.${key}`, key)
    }
  }
  return known
}
