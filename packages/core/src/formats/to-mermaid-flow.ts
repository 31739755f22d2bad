import { formatMinutes } from '../report/format-minutes.ts'
import type { Plan, PlanTask } from '../plan/plan.ts'
import { mermaidText } from './mermaid-text.ts'
import { planRows, rowLabel } from './plan-rows.ts'

/**
 * The tasks and what they wait for as a Mermaid flowchart; the critical path is drawn bold, inferred dependencies dotted. Mermaid
 * itself draws at most 500 edges and 50 000 characters unless it is told otherwise.
 */
export function toMermaidFlow(tasks: readonly PlanTask[], plan: Plan): string {
  const rows = planRows(tasks, plan)
  const lines = ['flowchart LR']
  for (const [at, row] of rows.entries()) {
    const minutes = formatMinutes(row.estimate)
    lines.push(`  t${at}["${mermaidText(rowLabel(row))} (${minutes})"]`)
  }
  const steps = new Set<string>()
  const { tasks: path } = plan.criticalPath
  for (const [at, id] of path.entries()) steps.add(JSON.stringify([path[at - 1], id]))
  const bold: number[] = []
  let edges = 0
  for (const [at, { id, dependsOn, inferred }] of rows.entries()) {
    for (const other of dependsOn) {
      lines.push(`  t${other} ${inferred.has(other) ? '-.->' : '-->'} t${at}`)
      if (steps.has(JSON.stringify([rows[other]?.id, id]))) bold.push(edges)
      edges++
    }
  }
  const critical = rows.flatMap((row, at) => (row.critical ? [`t${at}`] : []))
  if (critical.length > 0) {
    lines.push('  classDef critical stroke:#c2410c,stroke-width:3px')
    lines.push(`  class ${critical.join(',')} critical`)
  }
  if (bold.length > 0) lines.push(`  linkStyle ${bold.join(',')} stroke:#c2410c,stroke-width:3px`)
  return `${lines.join('\n')}\n`
}
