// Plans whose declared dependencies are hidden, and which of them the texts give back.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inferDependencies } from '@cueline/core'

interface HiddenPlan {
  readonly name: string
  readonly tasks: readonly { id: string; title: string; description: string; dependsOn: string[] }[]
}

interface StoredTask {
  id: string | number
  title: string
  description?: string
  details?: string
  testStrategy?: string
  acceptance_criteria?: string
  design?: string
  dependsOn?: string[]
  dependencies?: (string | number | { depends_on_id: string; type: string })[]
}

/** `implied`: declared, directly or by way of others. */
export function inferenceFigures(data: string, threshold: number) {
  return plansOf(data).map(({ name, tasks }) => {
    const inferred = inferDependencies(
      tasks.map(({ id, title, description }) => ({ id, title, description })),
      { threshold },
    )
    const declared = new Map(tasks.map(({ id, dependsOn }) => [id, dependsOn]))
    const implied = inferred.filter(({ task, dependsOn }) => reaches(declared, task, dependsOn))
    const direct = inferred.filter(({ task, dependsOn }) => declared.get(task)!.includes(dependsOn))
    const edges = tasks.reduce((sum, task) => sum + task.dependsOn.length, 0)
    return {
      name,
      edges,
      inferred: inferred.length,
      direct: direct.length,
      implied: implied.length,
    }
  })
}

function plansOf(data: string): HiddenPlan[] {
  const folder = join(data, 'taskgraphs')
  const plans: HiddenPlan[] = []
  const full = join(folder, 'raw', 'taskmaster-tasks.json')
  if (existsSync(full)) {
    const tags = JSON.parse(readFileSync(full, 'utf8')) as Record<string, { tasks: StoredTask[] }>
    for (const [tag, { tasks }] of Object.entries(tags))
      plans.push(planOf(`${tag} (whole text)`, tasks))
  }
  const issues = join(folder, 'raw', 'beads-issues-2025-11-30.jsonl')
  if (existsSync(issues)) {
    const lines = readFileSync(issues, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const stored = lines.map((line) => JSON.parse(line) as StoredTask & { created_at: string })
    stored.sort((x, y) => (x.created_at < y.created_at ? -1 : 1))
    plans.push(planOf('beads issues (whole text)', stored))
  }
  for (const file of ['seeds', 'taskmaster', 'backlog-md', 'beads']) {
    const path = join(folder, `${file}.json`)
    if (!existsSync(path)) continue
    const graphs = JSON.parse(readFileSync(path, 'utf8')) as { name: string; tasks: StoredTask[] }[]
    for (const { name, tasks } of graphs) {
      // Not twice: these are there with their whole text.
      const tag = /^taskmaster\/(.+)\/tasks$/u.exec(name)?.[1]
      if (!plans.some((plan) => plan.name === `${tag} (whole text)`))
        plans.push(planOf(name, tasks))
    }
  }
  return plans
}

function planOf(name: string, stored: readonly StoredTask[]): HiddenPlan {
  const ids = new Set(stored.map(({ id }) => String(id)))
  const tasks = stored.map((task) => ({
    id: String(task.id),
    title: task.title,
    description: [
      task.description,
      task.details,
      task.testStrategy,
      task.design,
      task.acceptance_criteria,
    ]
      .filter((part) => part !== undefined)
      .join('\n'),
    dependsOn: dependenciesOf(task).filter((id) => ids.has(id)),
  }))
  return { name, tasks }
}

function dependenciesOf({ dependsOn, dependencies = [] }: StoredTask): string[] {
  if (dependsOn !== undefined) return dependsOn
  return dependencies.flatMap((one) => {
    if (typeof one !== 'object') return [String(one)]
    return one.type === 'blocks' ? [one.depends_on_id] : []
  })
}

function reaches(declared: ReadonlyMap<string, readonly string[]>, from: string, to: string) {
  const seen = new Set([from])
  const open = [from]
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    for (const next of declared.get(task) ?? []) {
      if (next === to) return true
      if (seen.has(next)) continue
      seen.add(next)
      open.push(next)
    }
  }
  return false
}
