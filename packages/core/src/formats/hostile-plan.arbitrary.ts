import fc from 'fast-check'

import type { Plan } from '../plan/plan.ts'
import { planTasks } from '../plan/plan-tasks.ts'
import type { PlanDocument, TaskSpec } from '../task/task-spec.ts'

/** Text that breaks out of one format or another, among ordinary and random ones. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '=HYPERLINK("http://x","y")',
    '@SUM(A1)',
    '-2+3',
    'a,b;c\\n"d"',
    'end',
    '<script>alert(1)</script>',
    ']]>',
    '&quot;&#60;',
    '%%{init: {}}%%',
    '"]; click t0 call x()',
    '`md` **b** #35;',
    'section x :crit',
    '2026-01-01',
    'BEGIN:VEVENT',
    'line\r\nSUMMARY:other',
    '\u0000\u0007\u001B[2J\u202Egnp',
    '\uD800lone',
    '\uFFFE',
    '🧑‍🌾'.repeat(40),
    'ü'.repeat(120),
    '\\N\\L\\"',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 90 }),
)

/** A document of hostile texts that can be planned, and its plan. */
export const hostilePlan: fc.Arbitrary<{ document: PlanDocument; plan: Plan }> = fc
  .record({
    name: hostileText,
    rows: fc.uniqueArray(
      fc.record({
        id: hostileText.filter((id) => id.length > 0),
        title: hostileText,
        epic: fc.option(hostileText, { nil: undefined }),
        estimate: fc.option(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { nil: undefined }),
        after: fc.array(fc.nat(30), { maxLength: 3 }),
      }),
      { maxLength: 12, selector: ({ id }) => id },
    ),
    workers: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ name, rows, workers }) => {
    const tasks = rows.map(({ id, title, epic, estimate, after }, at): TaskSpec => {
      const dependsOn = [...new Set(after.filter((other) => other < at))].map(
        (other) => rows[other]!.id,
      )
      return {
        id,
        title: title === '' ? '-' : title,
        ...(epic === undefined || epic === '' ? {} : { epic }),
        ...(estimate === undefined ? {} : { estimate }),
        ...(dependsOn.length === 0 ? {} : { dependsOn }),
      }
    })
    const result = planTasks(tasks, { workers })
    if (!result.ok) throw new Error(result.problems[0]?.message)
    return {
      document: name === '' ? { tasks } : { project: { name }, tasks },
      plan: result.plan,
    }
  })
