import { formatMinutes } from '../report/format-minutes.ts'
import type { Plan, PlanTask } from '../plan/plan.ts'
import { planRows, rowLabel } from './plan-rows.ts'

/** The tasks and what they wait for as a Graphviz graph; the critical path is drawn bold, inferred dependencies dashed. */
export function toDot(tasks: readonly PlanTask[], plan: Plan): string {
  const rows = planRows(tasks, plan)
  const lines = [
    'digraph plan {',
    '  rankdir=LR',
    '  node [shape=box, style=rounded, fontname="sans-serif"]',
  ]
  for (const [at, row] of rows.entries()) {
    const from = formatMinutes(row.start)
    const to = formatMinutes(row.finish)
    const tooltip = `${rowLabel(row)}: ${from} to ${to}, lane ${row.lane}`
    const bold = row.critical ? ', color="#c2410c", penwidth=3' : ''
    lines.push(`  t${at} [label=${quoted(rowLabel(row))}, tooltip=${quoted(tooltip)}${bold}]`)
  }
  const { tasks: path } = plan.criticalPath
  const before = new Map(path.map((id, at) => [id, path[at - 1]]))
  for (const [at, { id, dependsOn, inferred }] of rows.entries()) {
    for (const other of dependsOn) {
      const step = before.get(id)
      const bold = step !== undefined && step === rows[other]?.id
      const style = [
        ...(bold ? ['color="#c2410c"', 'penwidth=3'] : []),
        ...(inferred.has(other) ? ['style=dashed'] : []),
      ]
      lines.push(`  t${other} -> t${at}${style.length > 0 ? ` [${style.join(', ')}]` : ''}`)
    }
  }
  return `${[...lines, '}'].join('\n')}\n`
}

/** Backslashes start escapes in labels, and Graphviz reads HTML entities in plain strings too. */
function quoted(text: string): string {
  const safe = text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('&', '&amp;')
  return `"${safe}"`
}
