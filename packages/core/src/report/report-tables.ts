import { formatDuration } from './format-duration.ts'
import type { TextTable } from './render-table.ts'
import type { RunReport, TaskReport } from './run-report.ts'

/** The report as rows for a terminal or a page: summary, batches (when several), tasks. */
export function reportTables(report: RunReport): TextTable[] {
  return [
    summaryTable(report),
    ...(report.batches.length > 1 ? [batchTable(report)] : []),
    taskTable(report),
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
    ['Barrier tax', barrierText(report.barrierTax)],
  ]
  return {
    title: `Report of ${report.project}`,
    columns: [{ title: '' }, { title: '', flexible: true }],
    rows,
  }
}

function batchTable({ batches }: RunReport): TextTable {
  return {
    title: 'Batches',
    columns: [
      { title: 'Batch', flexible: true },
      { title: 'Done', align: 'right' },
      { title: 'Time', align: 'right' },
      { title: 'Work', align: 'right' },
      { title: 'Speed-up', align: 'right' },
    ],
    rows: batches.map(({ batch, tasks, done, wallMs, workMs, speedup }) => [
      batch,
      `${done}/${tasks}`,
      duration(wallMs),
      formatDuration(workMs),
      speedup === null ? '–' : times(speedup),
    ]),
  }
}

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

function wallText({ wallMs, predicted }: RunReport): string {
  const planned = predicted === null ? '' : `, planned ${formatDuration(predicted.makespanMs)}`
  return `${formatDuration(wallMs)} from the first promotion${planned}`
}

function speedupText({ speedup, efficiency, workers, predicted }: RunReport): string {
  if (speedup === null) return '–'
  const share = efficiency === null ? '' : ` (${percent(efficiency)} of their time)`
  const planned = predicted?.speedup == null ? '' : `, planned ${times(predicted.speedup)}`
  return `${times(speedup)} with ${workers} worker${workers === 1 ? '' : 's'}${share}${planned}`
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
