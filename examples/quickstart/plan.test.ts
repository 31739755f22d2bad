import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { importDocument } from '@cueline/core/formats'
import { planTasks } from '@cueline/core/planner'
import { describe, expect, it } from 'vitest'

const text = readFileSync(join(import.meta.dirname, 'plan.md'), 'utf8')
const { document, report } = importDocument({ name: 'plan.md', text })
const recorded = join(import.meta.dirname, 'recorded')

describe('the plan of the quickstart', () => {
  it('is imported whole: nothing refused, guessed or warned about', () => {
    expect(report.refused).toEqual([])
    expect(report.guessed).toEqual([])
    expect(report.warnings).toEqual([])
    expect(document.tasks.map((task) => task.id)).toEqual(
      Array.from({ length: 14 }, (_, index) => `T${index + 1}`),
    )
    expect(document.tasks[10]).toMatchObject({
      title: 'Free slots',
      estimate: { min: 30, max: 50 },
      dependsOn: ['T4', 'T8'],
      touches: ['src/free-slots.ts', 'test/free-slots.test.ts'],
      epic: 'booking',
    })
    expect(document.project?.gates).toEqual([
      { name: 'whole suite', command: ['node', '--test', '--test-isolation=none'] },
    ])
  })

  it('says for every task all that an agent needs, its own gate included', () => {
    for (const { id, description, context } of document.tasks) {
      expect(description, id).not.toBe('')
      expect(context?.tdd?.cases.length, id).toBeGreaterThanOrEqual(4)
      for (const { given, expected } of context?.tdd?.cases ?? []) {
        expect([given, expected], id).not.toContain('')
      }
      expect(context?.acceptanceCriteria?.length, id).toBeGreaterThanOrEqual(1)
      expect(
        context?.gates?.some((gate) => gate.name === 'own tests'),
        id,
      ).toBe(true)
    }
  })

  it('keeps four workers busy over five layers', () => {
    const result = planTasks(document.tasks, { workers: 4 })
    if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'))
    const { plan } = result
    expect(plan.layers.map((layer) => layer.length)).toEqual([5, 3, 3, 2, 1])
    expect(plan.work).toBe(365)
    expect(plan.criticalPath).toEqual({ length: 125, tasks: ['T3', 'T8', 'T9', 'T12', 'T14'] })
    expect(plan.work / plan.makespan).toBeGreaterThan(2.5)
  })

  it('has recorded tests under the names of its cases, for every task', () => {
    for (const { id, context } of document.tasks) {
      const titles = testTitles(join(recorded, id))
      const names = context?.tdd?.cases.map((each) => each.name) ?? []
      expect(titles.toSorted(), id).toEqual(names.toSorted())
    }
  })
})

/** The titles of a task's recorded tests, which are the same for every choice. */
function testTitles(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const titles = files
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/^test\('(.*)',/gm)])
    .map(([, title = '']) => title)
  return [...new Set(titles)]
}
