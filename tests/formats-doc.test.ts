import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importDocument } from '@cueline/core/formats'
import { planTasks } from '@cueline/core/planner'

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'formats.md'), 'utf8')

describe('the plans in docs/formats.md [X-15]', () => {
  it('reads the Markdown plan without refusing a line', () => {
    const { document, report } = importDocument({ name: 'docs', text: fence('markdown') })
    expect(report.refused).toEqual([])
    expect(report.warnings).toEqual([])
    expect(document.tasks.map(({ id, estimate }) => [id, estimate])).toEqual([
      ['T1', 30],
      ['T2', { min: 60, max: 120 }],
      ['T3', 45],
      ['T4', undefined],
    ])
    expect(document.tasks[0]?.context).toEqual({
      tdd: {
        cases: [{ name: 'empty file', given: 'an empty file', expected: 'the defaults' }],
        coverage: 90,
      },
      acceptanceCriteria: ['It names the line of an error.'],
    })
    const planned = planTasks(document.tasks)
    expect(planned.ok && planned.plan.criticalPath.tasks).toEqual(['T1', 'T2', 'T3'])
  })

  it('reads the JSON plan', () => {
    const { document, report } = importDocument({ name: 'docs', text: fence('json') })
    expect(document.tasks).toHaveLength(2)
    expect([...report.refused, ...report.guessed]).toEqual([])
  })
})

/** The first fenced block of a language. */
function fence(language: string): string {
  const start = text.indexOf(`\`\`\`${language}\n`) + language.length + 4
  return text.slice(start, text.indexOf('\n```', start))
}
