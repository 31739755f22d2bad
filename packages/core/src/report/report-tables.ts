import { formatDuration } from './format-duration.ts'
import type { TextTable } from './render-table.ts'
import type { RunReport, TaskReport } from './run-report.ts'

/** The report as rows for a terminal or a page: summary, batches and lanes (when several), tasks, files. */
export function reportTables(report: RunReport): TextTable[] {
  return [
    summaryTable(report),
    ...(report.batches.length > 1 ? [batchTable(report)] : []),
    ...(report.lanes.length > 1 ? [laneTable(report)] : []),
    taskTable(report),
    ...fileTables(report),
  ]
}

function summaryTable(report: RunReport): TextTable {
  const { tasks, attemptsByStatus: attempts, requestsByStatus: requests, gates } = report
  const rows: [string, string][] = [
    [
      'Tasks',
      `${tasks.done} of ${tasks.total} done${counts({
        failed: tasks.failed,
        cancelled: tasks.cancelled,
        open: tasks.open,
      })}`,
    ],
    [
      'Attempts',
      `${report.attempts}: ${attempts.succeeded} succeeded${counts({
        failed: attempts.failed,
        interrupted: attempts.interrupted,
        yielded: attempts.yielded,
        open: attempts.open,
      })}`,
    ],
    [
      'Gates',
      `${gates.passed} passed${counts({
        failed: gates.failed,
        'without a result': gates.error,
        skipped: gates.skipped,
      })}`,
    ],
    ['Questions', `${report.requests} asked${counts({ ...requests })}`],
    ['Time', wallText(report)],
    ['Work', `${formatDuration(report.workMs)} of successful attempts`],
    ['Speed-up', speedupText(report)],
    ['Time saved', savedText(report)],
    ['Barrier tax', barrierText(report.barrierTax)],
    ...mergeRows(report),
    ...touchRows(report),
    ...overlapRows(report),
    ...report.deliveries.map(({ state, checks, base, url }): [string, string] => [
      'Delivered',
      `to ${base}: ${state}${checks === 'none' ? '' : `, checks ${checks}`}, ${url}`,
    ]),
  ]
  return {
    title: `Report of ${report.project}`,
    columns: [{ title: '' }, { title: '', flexible: true }],
    rows,
  }
}

/** What the radar saw, the first few; a table of its own would repeat the merges. */
function overlapRows({ overlaps }: RunReport): readonly [string, string][] {
  const shown = overlaps.slice(0, mostOverlaps).map(({ tasks, message }): [string, string] => {
    const who = tasks.length > 1 ? tasks.join(' and ') : `${tasks[0]} and what had landed`
    return ['Overlap seen', `${who}: ${message}`]
  })
  const more = overlaps.length - shown.length
  return more > 0 ? [...shown, ['', `and ${more} more`]] : shown
}

const mostOverlaps = 5

function batchTable({ batches }: RunReport): TextTable {
  return {
    title: 'Batches',
    columns: [
      { title: 'Batch', flexible: true },
      { title: 'Done', align: 'right' },
      { title: 'Time', align: 'right' },
      { title: 'Work', align: 'right' },
      { title: 'Speed-up', align: 'right' },
      { title: 'Saved', align: 'right' },
      { title: 'Lanes', align: 'right' },
      { title: 'Efficiency', align: 'right' },
      { title: 'Planned', align: 'right' },
    ],
    rows: batches.map((batch) => [
      batch.batch,
      `${batch.done}/${batch.tasks}`,
      duration(batch.wallMs),
      formatDuration(batch.workMs),
      batch.speedup === null ? '–' : times(batch.speedup),
      share(batch.timeSaved),
      String(batch.lanes),
      share(batch.efficiency),
      duration(batch.predictedMs),
    ]),
  }
}

function laneTable({ lanes }: RunReport): TextTable {
  return {
    title: 'Lanes',
    columns: [
      { title: 'Lane' },
      { title: 'Attempts', align: 'right' },
      { title: 'Succeeded', align: 'right' },
      { title: 'Time', align: 'right' },
      { title: 'Busy', align: 'right' },
      { title: 'Work', align: 'right' },
      { title: 'Efficiency', align: 'right' },
    ],
    rows: lanes.map(({ lane, attempts, succeeded, wallMs, busyMs, workMs, efficiency }) => [
      String(lane + 1),
      String(attempts),
      String(succeeded),
      formatDuration(wallMs),
      formatDuration(busyMs),
      formatDuration(workMs),
      share(efficiency),
    ]),
  }
}

/** Predicted beside real touches, of the tasks of which both are known. */
function fileTables({ perTask }: RunReport): TextTable[] {
  const rows = perTask.flatMap(({ task, touches }) => {
    if (touches === null || touches.touched === null || touches.predicted.length === 0) return []
    const { touched, hit, missed, extra } = touches
    return [[task, String(touched), String(hit.length), listed(missed), listed(extra)]]
  })
  if (rows.length === 0) return []
  return [
    {
      title: 'Files, predicted and touched',
      columns: [
        { title: 'Task', flexible: true },
        { title: 'Touched', align: 'right' },
        { title: 'Hit', align: 'right' },
        { title: 'Missed', flexible: true },
        { title: 'Extra', flexible: true },
      ],
      rows,
    },
  ]
}

function listed(paths: readonly string[]): string {
  if (paths.length === 0) return '–'
  const more = paths.length - mostListed
  return `${paths.slice(0, mostListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const mostListed = 3

function taskTable({ perTask }: RunReport): TextTable {
  return {
    title: 'Tasks',
    columns: [
      { title: 'Task', flexible: true },
      { title: 'Title', flexible: true },
      { title: 'Status' },
      { title: 'Tries', align: 'right' },
      { title: 'Planned', align: 'right' },
      { title: 'Took', align: 'right' },
      { title: 'Finished', align: 'right' },
      { title: 'Gates' },
    ],
    rows: perTask.map((task) => [
      task.task,
      task.title,
      task.status,
      String(task.attempts),
      duration(task.predictedMs),
      duration(task.actualMs),
      duration(task.finishMs),
      gateText(task.gates),
    ]),
  }
}

function wallText({ wallMs, restedMs, predicted }: RunReport): string {
  const planned = predicted === null ? '' : `, planned ${formatDuration(predicted.makespanMs)}`
  const which =
    restedMs === 0 ? 'from the first promotion' : `without ${formatDuration(restedMs)} between runs`
  return `${formatDuration(wallMs)} ${which}${planned}`
}

function speedupText({ speedup, efficiency, workers, predicted }: RunReport): string {
  if (speedup === null) return '–'
  const share = efficiency === null ? '' : ` (${percent(efficiency)} of their time)`
  const planned = predicted?.speedup == null ? '' : `, planned ${times(predicted.speedup)}`
  return `${times(speedup)} with ${workers} worker${workers === 1 ? '' : 's'}${share}${planned}`
}

function savedText({ timeSaved, predicted }: RunReport): string {
  if (timeSaved === null) return '–'
  const planned = predicted?.timeSaved == null ? '' : `, planned ${percent(predicted.timeSaved)}`
  const bound =
    predicted?.boundTimeSaved == null ? '' : `, at most ${percent(predicted.boundTimeSaved)}`
  return `${percent(timeSaved)} of the time of the work${planned}${bound}`
}

function mergeRows({
  merges: { landed, conflicts, withoutConflict, groups, gateRunsSaved },
}: RunReport): [string, string][] {
  if (withoutConflict === null) return []
  const met = conflicts === 0 ? '' : `, ${conflicts} met a conflict`
  const together =
    groups === 0 ? '' : `; ${groups} in groups, which saved ${gateRunsSaved} runs of gates`
  const text = `${percent(withoutConflict)} without conflict: ${landed} landed${met}${together}`
  return [['Merges', text]]
}

function touchRows({ touches }: RunReport): [string, string][] {
  if (touches === null) return []
  const { hit, missed, extra, precision, recall } = touches
  const counted = `${hit} hit, ${missed} missed, ${extra} extra`
  return [['Files', `precision ${share(precision)}, recall ${share(recall)}; ${counted}`]]
}

function barrierText(tax: number | null): string {
  if (tax === null) return '–'
  if (Math.abs(tax) < 0.0005) return 'stages would have cost no more time'
  return tax > 0
    ? `stages would have cost ${percent(tax)} more time`
    : `stages would have saved ${percent(-tax)}`
}

function gateText(gates: TaskReport['gates']): string {
  if (gates.length === 0) return '–'
  const passed = gates.filter((gate) => gate.result === 'pass').length
  return passed === gates.length ? `${passed} passed` : `${passed} of ${gates.length} passed`
}

function counts(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `, ${value} ${name}`)
    .join('')
}

function duration(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms)
}

function times(factor: number): string {
  return `${factor.toFixed(2)}×`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value)
}
