import type { PlanWarning } from './plan.ts'
import { shown } from './shown.ts'

/** One warning per group of different ids that become one under Unicode NFKC: they look the same to a person. */
export function similarIds(ids: readonly string[]): PlanWarning[] {
  const groups = new Map<string, Set<string>>()
  for (const id of ids) {
    if (typeof id !== 'string') continue
    const normal = id.normalize('NFKC')
    const group = groups.get(normal)
    if (group === undefined) groups.set(normal, new Set([id]))
    else group.add(id)
  }
  const warnings: PlanWarning[] = []
  for (const group of groups.values()) {
    if (group.size < 2) continue
    const tasks = [...group]
    warnings.push({
      kind: 'similar-ids',
      tasks,
      message: `The ids ${tasks.map(shown).join(' and ')} look alike but are different tasks. Rename one if they are meant to be the same.`,
    })
  }
  return warnings
}
