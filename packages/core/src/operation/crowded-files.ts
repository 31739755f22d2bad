import { CuelineError } from '../error.ts'
import type { DescribedTask } from './plan-choices.ts'

/** A file or glob that so many tasks declare that they queue for it, instead of conflicting by pairs. */
export interface CrowdedFile {
  readonly path: string
  readonly tasks: number
}

/** As long as there are no more pairs than this, each is worth being named. */
const fewPairs = 50_000
/** Fewer tasks than this are no crowd. */
const crowd = 100
/** What a queue costs grows with the tasks, so only so many files become one. */
const mostQueues = 50
/** Conflicts in memory, each with its sentence. */
const mostPairs = 1_000_000

/**
 * The files that most tasks declare, taken until the others make few enough pairs. Whoever declares one
 * holds it while it runs, as a resource of which there is one: that keeps the same tasks apart. Throws
 * `limit` when there are more pairs than can be held all the same.
 */
export function crowdedFiles(tasks: readonly DescribedTask[]): CrowdedFile[] {
  const counts = new Map<string, number>()
  for (const { touches = [] } of tasks) {
    for (const path of new Set(touches)) counts.set(path, (counts.get(path) ?? 0) + 1)
  }
  const pairsOf = (count: number) => (count * (count - 1)) / 2
  let pairs = 0
  for (const count of counts.values()) pairs += pairsOf(count)
  const crowded: CrowdedFile[] = []
  if (pairs <= fewPairs) return crowded
  for (const [path, count] of [...counts].sort(([, one], [, other]) => other - one)) {
    if (pairs <= fewPairs || count < crowd || crowded.length === mostQueues) break
    pairs -= pairsOf(count)
    crowded.push({ path, tasks: count })
  }
  if (pairs > mostPairs) {
    throw new CuelineError(
      'limit',
      `The tasks declare files in common in ${pairs} pairs; ${mostPairs} can be kept apart. Plan without: conflicts: 'none', or declare fewer files in touches.`,
      { details: { pairs } },
    )
  }
  return crowded
}

/** The tasks with what they hold of crowded files, and how many there are of each: one. */
export function withCrowdedFiles<Task extends DescribedTask>(
  tasks: readonly Task[],
  crowded: readonly CrowdedFile[],
): { tasks: readonly Task[]; resources: Readonly<Record<string, number>> } {
  if (crowded.length === 0) return { tasks, resources: {} }
  const paths = new Set(crowded.map(({ path }) => path))
  const held = (touches: readonly string[]) =>
    Object.fromEntries(touches.filter((path) => paths.has(path)).map((path) => [nameOf(path), 1]))
  return {
    resources: held([...paths]),
    tasks: tasks.map((task) => {
      const own = held(task.touches ?? [])
      return Object.keys(own).length === 0
        ? task
        : { ...task, resources: { ...task.resources, ...own } }
    }),
  }
}

function nameOf(path: string): string {
  return `file ${path}`
}
