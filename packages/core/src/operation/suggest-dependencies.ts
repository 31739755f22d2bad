import { type InferredDependency, inferDependencies } from '../conflict/infer-dependencies.ts'
import type { PlanTask } from '../plan/index.ts'
import { withoutCycles } from '../plan/without-cycles.ts'
import type { DependencySpec, PlanDocument } from '../task/task-spec.ts'

/** A dependency that the texts imply and that nobody declared, by the codes of the tasks. */
export interface DependencySuggestion extends InferredDependency {
  /** Whether it was taken over: it is certain enough for what was asked. */
  readonly accepted: boolean
}

/** A task as far as its text says what it waits for. */
export interface TaskText extends Pick<PlanTask, 'id' | 'title' | 'touches'> {
  readonly description?: string | undefined
  readonly dependsOn?: readonly DependencySpec[] | undefined
}

/** Below this confidence more suggestions are wrong than one would want to read (docs/conflicts.md). */
const leastShown = 0.5

/**
 * What the texts of a document imply, over the tasks that were there before: from a task of the
 * document to an earlier task only, nothing that is declared already, nothing that would close a cycle
 * with what is declared.
 */
export function suggestDependencies(
  { tasks }: PlanDocument,
  known: readonly { readonly code: string; readonly title: string; readonly description: string }[],
  accept: number | undefined,
): DependencySuggestion[] {
  const before = known.map(({ code, title, description }) => ({ id: code, title, description }))
  const added = new Set(tasks.map(({ id }) => id))
  return impliedDependencies([...before, ...tasks], Math.min(accept ?? leastShown, leastShown))
    .filter(({ task }) => added.has(task))
    .map((found) => ({ ...found, accepted: accept !== undefined && found.confidence >= accept }))
}

/** What the texts imply with at least this confidence, beside what is declared, without cycles. */
export function impliedDependencies(
  tasks: readonly TaskText[],
  threshold: number,
): InferredDependency[] {
  const declared = new Map(tasks.map(({ id, dependsOn }) => [id, idsOf(dependsOn)]))
  const found = inferDependencies(tasks, { threshold }).filter(
    ({ task, dependsOn }) => declared.get(task)?.has(dependsOn) !== true,
  )
  if (found.length === 0) return []
  const graph = tasks.map(({ id }) => ({ id, dependsOn: [...(declared.get(id) ?? [])] }))
  // The most certain first: of two that close a cycle together with what is declared, it stays.
  const groups = found
    .map((edge) => ({ task: edge.task, dependsOn: [edge.dependsOn], edge }))
    .toSorted((one, other) => other.edge.confidence - one.edge.confidence)
  const kept = new Set(withoutCycles(graph, groups).taken.map(({ edge }) => edge))
  return found.filter((edge) => kept.has(edge))
}

/** The document with the accepted suggestions as dependencies, each with source and evidence. */
export function withSuggestions(
  document: PlanDocument,
  suggestions: readonly DependencySuggestion[],
): PlanDocument {
  const more = new Map<string, DependencySpec[]>()
  for (const { task, dependsOn, source, confidence, evidence, accepted } of suggestions) {
    if (!accepted) continue
    const spec = { task: dependsOn, source, confidence, evidence }
    const others = more.get(task)
    if (others === undefined) more.set(task, [spec])
    else others.push(spec)
  }
  if (more.size === 0) return document
  return {
    ...document,
    tasks: document.tasks.map((task) => {
      const own = more.get(task.id)
      return own === undefined ? task : { ...task, dependsOn: [...(task.dependsOn ?? []), ...own] }
    }),
  }
}

function idsOf(dependsOn: readonly DependencySpec[] = []): ReadonlySet<string> {
  return new Set(dependsOn.map((entry) => (typeof entry === 'string' ? entry : entry.task)))
}
