import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { renderTimeline } from '@cueline/core'
import { importDocument } from '@cueline/core/formats'
import { planTasks } from '@cueline/core/planner'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const file = join(root, 'docs', 'planner-timeline.svg')

function drawn(): string {
  const text = readFileSync(join(root, 'examples', 'quickstart', 'plan.md'), 'utf8')
  const { tasks } = importDocument({ name: 'plan.md', text }).document
  const result = planTasks(tasks, { workers: 3 })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return renderTimeline(result.plan, { tasks, title: 'Opening hours' })
}

describe('the picture in docs/planner.md [S4-11]', () => {
  it('is the timeline of the quickstart plan as the planner makes it', () => {
    // `UPDATE_DOCS=1 npm test -- tests/docs` draws it anew.
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, drawn())
    else expect(readFileSync(file, 'utf8')).toBe(drawn())
  })

  it('is shown by the page', () => {
    expect(readFileSync(join(root, 'docs', 'planner.md'), 'utf8')).toContain(
      '](planner-timeline.svg)',
    )
  })
})
