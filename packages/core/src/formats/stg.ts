import { unreadable } from './import-input.ts'
import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { addWait, finishImport, newDraft } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

/**
 * Reads a graph of the Standard Task Graph Set: the number of tasks, then a row per task with its
 * number, its processing time, how many predecessors it has and their numbers; `#` starts a comment.
 * The empty entry and exit tasks of the format are left out. A unit of time becomes a minute.
 *
 * @throws CuelineError `invalid-input`, naming the line, for a row that does not follow the format.
 */
export function importStg(name: string, text: string): ImportResult {
  const report = startReport('stg')
  const { count, rows } = readRows(name, text, report)
  const framed = rows.length === count + 2
  if (!framed && rows.length !== count) {
    throw unreadable(
      name,
      `says it has ${count} tasks and has ${rows.length} rows`,
      `Give ${count} rows, or ${count + 2} with the entry and the exit task`,
    )
  }
  const frame = framed ? [rows[0], rows.at(-1)].filter((row) => row !== undefined) : []
  const left = new Set(frame.filter((row) => row.time === 0).map((row) => row.task))
  for (const task of left) {
    report.refused(`task ${task}`, `task ${task}`, 'is the empty entry or exit task of the format')
  }
  const drafts: TaskDraft[] = []
  for (const row of rows) {
    if (left.has(row.task)) continue
    const draft = newDraft(row.task, `Task ${row.task}`, row.line)
    report.mapped('task', 'id')
    setMinutes(draft, row.time, report)
    for (const before of row.predecessors) {
      if (left.has(before)) continue
      if (addWait(draft, before)) report.mapped('predecessor', 'dependsOn')
      else report.refused(row.task, `predecessor ${before}`, 'stands there twice')
    }
    drafts.push(draft)
  }
  return finishImport('stg', {}, drafts, report)
}

/** A line with one number, then a line with as many predecessors as it says. */
export function looksLikeStg(text: string): boolean {
  const start = text.slice(0, 65_536).split('\n')
  const [first, second] = start.filter((line) => !/^\s*(?:#|$)/.test(line))
  if (first === undefined || second === undefined || !/^\s*\d+\s*$/.test(first)) return false
  if (!/^\s*\d+(?:\s+\d+)+\s*$/.test(second)) return false
  const [, , predecessors, ...numbers] = second.trim().split(/\s+/)
  return predecessors !== undefined && Number(predecessors) === numbers.length
}

/** The time of a task, 0 refused: no plan holds it. */
export function setMinutes(draft: TaskDraft, time: number, report: ReportDraft): void {
  if (time === 0) {
    report.refusedField(`task ${draft.id}`, 'time 0', 'an estimate is above 0; it was left out')
    return
  }
  draft.estimate = time
  report.mapped('time', 'estimate')
}

interface Row {
  /** As it is written, without zeros before it. */
  readonly task: string
  readonly time: number
  readonly predecessors: readonly string[]
  readonly line: number
}

function readRows(name: string, text: string, report: ReportDraft) {
  let count: number | null = null
  const rows: Row[] = []
  let line = 0
  for (const source of text.split('\n')) {
    line++
    const comment = source.indexOf('#')
    if (comment >= 0) report.refusedField(`line ${line}`, 'comment', 'has no place in a plan')
    const content = (comment < 0 ? source : source.slice(0, comment)).trim()
    if (content === '') continue
    const numbers = content.split(/\s+/)
    const strange = numbers.find((number) => !/^\d{1,15}$/.test(number))
    if (strange !== undefined) {
      throw misread(name, line, `holds ${JSON.stringify(strange.slice(0, 40))}`)
    }
    const [task = 0, time, many, ...predecessors] = numbers.map(Number)
    if (count === null) {
      if (numbers.length !== 1) throw misread(name, line, `holds ${numbers.length} numbers`)
      count = task
      continue
    }
    if (time === undefined || many !== predecessors.length) {
      const says = `says ${many ?? 'nothing'} and names ${predecessors.length} predecessors`
      throw misread(name, line, says)
    }
    rows.push({ task: String(task), time, predecessors: predecessors.map(String), line })
  }
  return { count: count ?? 0, rows }
}

function misread(name: string, line: number, seen: string): Error {
  return unreadable(
    name,
    `is no task graph: line ${line} ${seen}`,
    'Write the number of tasks on the first line, then "task time predecessors …" for each',
  )
}
