import process from 'node:process'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import { importDocument } from './import-document.ts'
import type { ImportInput } from './import-input.ts'

describe('importing anything [X-15]', () => {
  it('throws nothing but a named error for any text', () => {
    fc.assert(
      fc.property(bytes, (text) => survives(text)),
      { numRuns: 500 },
    )
  })

  it('throws nothing but a named error for any text that resembles a plan', () => {
    fc.assert(
      fc.property(fc.array(planPiece, { maxLength: 40 }), (pieces) => survives(pieces.join(''))),
      { numRuns: 1500 },
    )
  })

  it('throws nothing but a named error for any JSON in the shape of a tracker file', () => {
    fc.assert(
      fc.property(trackerValue, fc.boolean(), (value, lines) =>
        survives(
          lines && Array.isArray(value)
            ? value.map((entry) => JSON.stringify(entry)).join('\n')
            : JSON.stringify(value),
        ),
      ),
      { numRuns: 1500 },
    )
  })

  it('throws nothing but a named error for any folder', () => {
    const file = fc.record({
      path: fc.string(),
      text: fc.array(planPiece).map((all) => all.join('')),
    })
    fc.assert(fc.property(fc.array(file, { maxLength: 5 }), (files) => survivesInput({ files })))
  })

  it('keeps the number of tasks that a list of checkboxes has', () => {
    const title = fc.stringMatching(/^[a-z]{3,12}( [a-z]{3,12}){0,4}$/)
    fc.assert(
      fc.property(fc.array(title, { minLength: 1, maxLength: 50 }), (titles) => {
        const text = titles.map((words, index) => `- [ ] T${index + 1}: ${words}\n`).join('')
        const { document } = importDocument({ name: 'plan.md', text: `# Plan\n\n${text}` })
        expect(document.tasks.map((task) => [task.id, task.title])).toEqual(
          titles.map((words, index) => [`T${index + 1}`, words]),
        )
      }),
    )
  })

  it('gives back the plan that was written as Cueline JSON', () => {
    const id = fc.string({ minLength: 1, maxLength: 20 })
    const task = fc.record(
      {
        id,
        title: fc.string({ minLength: 1 }),
        description: fc.string(),
        dependsOn: fc.array(id),
        estimate: fc.oneof(fc.integer({ min: 1, max: 999 }), fc.constant({ min: 30, max: 90 })),
      },
      { requiredKeys: ['id', 'title'] },
    )
    fc.assert(
      fc.property(fc.array(task, { minLength: 1 }), (tasks) => {
        const { document } = importDocument({ name: 'plan.json', text: JSON.stringify({ tasks }) })
        expect(document).toEqual({ tasks })
      }),
    )
  })
})

describe('importing large and hostile text [X-15]', () => {
  const many = 10_000
  it.each([
    ['headings', '### T1: a\n'.repeat(many)],
    [
      'epics that name each other',
      Array.from({ length: many }, (_, i) => `## Phase ${i}: a\n- [ ] b\n`).join(''),
    ],
    ['open brackets', `- [ ] T1 ${'['.repeat(many)}${'('.repeat(many)}`],
    ['closing brackets', `- [ ] T1 ${')'.repeat(many)}`],
    ['groups of brackets', `- [ ] T1 ${'(3h)'.repeat(many)}`],
    ['after', `- [ ] T1 a\n- [ ] T2 ${'after T1 '.repeat(many)}`],
    ['after and', `- [ ] T1 a\n- [ ] T2 after ${'T1 and '.repeat(many)}`],
    ['depends on', `- [ ] T1 a\n  - Depends on: ${'T1, '.repeat(many)}`],
    ['depends on words', `- [ ] T1 a\n  - Depends on: ${'some words here, '.repeat(many)}`],
    ['blanks', `- [ ] T1 a${' '.repeat(many)}b${'\t'.repeat(many)}(${' '.repeat(many)}`],
    ['backticks', `- [ ] T1 ${'`a/b` '.repeat(many)}\n  - Files: ${'`'.repeat(many + 1)}`],
    ['colons', `# P\n## Dependencies\n${`${'a'.repeat(150)} : `.repeat(many / 10)}`],
    ['arrows', `- [ ] T1 a\n- [ ] T2 b\n\n## Dependencies\n${'T1 → T2 → '.repeat(many)}T1`],
    ['dashes', `- [ ] T1 ${' - '.repeat(many)}3h ${' — '.repeat(many)}3h`],
    [
      'stars',
      `- [ ] ${'*'.repeat(many)}T1${'*'.repeat(many)}: a\n\n${'**Depends on'.repeat(many)}`,
    ],
    [
      'table cells',
      `| ID | Task |${'a|'.repeat(many)}\n|-|-|${'-|'.repeat(many)}\n|T1|a|${'b|'.repeat(many)}`,
    ],
    ['list marks', '- '.repeat(many)],
    ['quote marks', `${'> '.repeat(many)}- [ ] T1 a`],
    ['open JSON', '['.repeat(many)],
    ['open YAML', `tasks: ${'['.repeat(many)}`],
    [
      'nested YAML',
      `tasks:\n${Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}- a:`).join('\n')}`,
    ],
    ['YAML marks', `tasks:\n${'- '.repeat(many)}`],
    ['front matter', `---\nid: a\ntitle: b\n${'a: b\n'.repeat(3)}${'---'.repeat(many)}`],
    ['comments', '<!-- '.repeat(many)],
    ['JSON lines', '{"id":"a","issue_type":"task"}\n'.repeat(many)],
  ])('comes to an end on %s', (_, text) => {
    const start = process.cpuUsage()
    survives(text)
    expect(process.cpuUsage(start).user).toBeLessThan(15_000_000)
  })

  it('does not expand a YAML text that refers to itself again and again', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]']
    for (let at = 1; at < 12; at++) lines.push(`a${at}: &a${at} [${`*a${at - 1},`.repeat(9)}]`)
    const text = `${lines.join('\n')}\ntasks: [*a11]\n`
    expect(() => importDocument({ name: 'plan.yaml', text })).toThrow(/plan\.yaml is no valid YAML/)
  })
})

const bytes = fc.uint8Array({ maxLength: 500 }).map((codes) => String.fromCharCode(...codes))

const planPiece = fc.oneof(
  fc.constantFrom(
    '# ',
    '## Tasks\n',
    '### T1: ',
    '### Phase 1: ',
    '- [ ] ',
    '- [x] T2 ',
    '  - [ ] T2.1 ',
    '- ',
    '1. ',
    '\n',
    '\n\n',
    'Depends on: ',
    '**Estimate**: ',
    'Acceptance criteria:\n',
    '#### Tests\n',
    '## Gates\n',
    '## Dependencies\n',
    'T1 → T2',
    '(30m, after T2)',
    '[P] ',
    '`src/a.ts`',
    '```\n',
    '| ID | Task | Depends on |\n|--|--|--|\n| T1 | a | T2 |\n',
    '---\nid: task-1\ntitle: a\ndependencies: [task-2]\n---\n',
    'tasks:\n  - id: a\n    title: b\n',
    '<!-- ',
    '-->\n',
    '3h',
    'T1',
    'none',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

const key = fc.constantFrom(
  'id',
  'title',
  'tasks',
  'subtasks',
  'dependencies',
  'dependsOn',
  'status',
  'priority',
  'issue_type',
  'type',
  'depends_on_id',
  'estimate',
  'context',
  'project',
  '__proto__',
  'constructor',
)
const { value: trackerValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, 1, 2, '1', '1.2', 'done', 'blocks', 'high', '', -5, true),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 6 })
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`,
          ) as unknown,
      ),
  ),
}))

function survives(text: string): void {
  for (const name of ['plan.md', 'plan.yaml']) survivesInput({ name, text })
}

function survivesInput(input: ImportInput): void {
  try {
    const { document, report } = importDocument(input)
    expect(report.mapped.tasks).toBe(document.tasks.length)
  } catch (error) {
    expect(error).toBeInstanceOf(CuelineError)
    expect((error as CuelineError).code).toBe('invalid-input')
  }
}
