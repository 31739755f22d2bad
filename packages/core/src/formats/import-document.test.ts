import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planTasks } from '../plan/index.ts'
import type { TaskSpec } from '../task/task-spec.ts'
import { importDocument } from './import-document.ts'
import type { ImportResult } from './import-report.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

describe('recognising an input by its content [X-15]', () => {
  it.each([
    ['task-master.json', 'task-master'],
    ['task-master-tags.json', 'task-master'],
    ['beads.jsonl', 'beads'],
    ['spec-kit.md', 'spec-kit'],
    ['greenhouse.md', 'markdown'],
    ['plan.yaml', 'cueline'],
  ])('knows %s under any name', (file, format) => {
    const text = readFileSync(join(fixtures, file), 'utf8')
    expect(importDocument({ name: 'input', text }).format).toBe(format)
    expect(
      importDocument({ name: 'input', text: `\uFEFF${text.replaceAll('\n', '\r\n')}` }),
    ).toEqual(importDocument({ name: 'input', text }))
  })

  it('knows a list of tasks, and issues in a JSON list', () => {
    expect(imported('[{"id":"a","title":"Dig"}]').format).toBe('cueline')
    expect(imported('[{"id":"a","title":"Dig","issue_type":"task"}]').format).toBe('beads')
    expect(imported('{"id":"a","title":"Dig","issue_type":"task"}').format).toBe('beads')
  })

  it('reads a Markdown list that starts with a checkbox or a link as Markdown', () => {
    expect(imported('[notes](a.md)\n\n- [ ] T1 Dig\n').format).toBe('markdown')
    expect(imported('- [ ] T1 Dig\n').format).toBe('markdown')
  })

  it('finds the one plan of a folder and names the other files', () => {
    const files = [
      { path: 'tasks.md', text: '- [ ] T1 Dig\n' },
      { path: 'README.md', text: 'Nothing to do.\n' },
    ]
    const { document, report } = importDocument({ files })
    expect(document.tasks.map(({ id }) => id)).toEqual(['T1'])
    expect(report.refused).toEqual([
      {
        where: 'README.md',
        what: 'the file',
        reason: expect.stringContaining('holds no task'),
        count: 1,
      },
    ])
  })

  it('asks which plan is meant when a folder holds two', () => {
    const text = '- [ ] T1 Dig\n'
    expect(() =>
      importDocument({
        files: [
          { path: 'a.md', text },
          { path: 'b.md', text },
        ],
      }),
    ).toThrow('The folder holds 2 plans: a.md, b.md. Give one of these files.')
  })
})

describe('inputs that nobody can read [X-15]', () => {
  it.each([
    ['', 'plan.md is empty'],
    [' \n ', 'plan.md is empty'],
    ['\u0000\u0001ELF', 'plan.md is no text: it starts with "\\u0000\\u0001ELF"'],
    ['\uFFFD\uFFFDPNG\uFFFD', 'plan.md is no text'],
    ['Hello.', 'plan.md holds no task; 1 block of Markdown was read. Write each task as'],
    ['{"tasks": [', 'plan.md is no valid JSON'],
    ['{"a": 1, "b": 2}', 'plan.md holds an object with the keys a, b, which is no plan we know'],
    ['[]', 'plan.md holds a list of 0'],
  ])('says what it saw in %j', (text, message) => {
    expect(() => imported(text)).toThrow(message)
  })

  it('names line and column of a YAML mistake', () => {
    expect(() => importDocument({ name: 'plan.yaml', text: 'tasks:\n  - id: "a\n' })).toThrow(
      /plan\.yaml is no valid YAML: .*line \d+, column \d+/,
    )
  })

  it('refuses 64 MB and more before it reads them', () => {
    const text = 'x'.repeat(64 * 1_048_576 + 1)
    expect(() => imported(text)).toThrow('has 67108865 characters; at most 67108864 are read')
  })

  it('names the task and the size of a description of 10 MB', () => {
    const text = `# P\n\n### T7: Dig\n\n${'word '.repeat(2_097_152)}\n`
    expect(() => imported(text)).toThrow(
      /tasks\[0\]\.description of task "T7" must be at most 1048576 characters; received .*\(10485759 characters\)/,
    )
  })

  it('refuses keys that pollute prototypes', () => {
    const text = '{"tasks":[{"id":"a","title":"Dig","resources":{"__proto__":1}}]}'
    expect(() => imported(text)).toThrow('tasks[0].resources.__proto__')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('Task Master [X-15]', () => {
  const result = fixture('task-master.json')

  it('flattens subtasks and keeps a cycle among them for the planner to name', () => {
    expect(waits(result)['12.3']).toEqual(['12.2', '12.99', '1', '2'])
    const planned = planTasks(withoutDuplicates(result))
    const problems = planned.ok ? [] : planned.problems
    expect(problems.find(({ kind }) => kind === 'cycle')?.tasks).toEqual(
      expect.arrayContaining(['12.1', '12.4']),
    )
    expect(problems.filter(({ kind }) => kind === 'missing').map(({ tasks }) => tasks)).toEqual([
      ['12.3', '12.99'],
    ])
  })

  it('keeps ids that collide when flattened, and reports them', () => {
    const all = result.document.tasks.map(({ id }) => id)
    expect(all).toEqual(['1', '2', '12', '12.1', '12.2', '12.3', '12.4', '12.4', '12.1'])
    expect(result.report.warnings.map(({ where }) => where)).toEqual([
      '12.1',
      '12.4',
      '12.3',
      '12.1',
    ])
  })

  it('lets a task wait for its subtasks and its subtasks for what it waits for', () => {
    expect(waits(result)['12']).toEqual(['1', '2', '12.1', '12.2', '12.3', '12.4'])
    expect(waits(result)['12.2']).toEqual(['12.1', '1', '2'])
    expect(
      result.report.guessed.filter(({ task }) => task === '12').map(({ value }) => value),
    ).toEqual(['its 5 subtasks', '1, 2'])
  })

  it('maps texts, priorities and statuses, and says which it guessed', () => {
    expect(result.document.tasks[0]).toEqual({
      id: '1',
      title: 'Choose the plants',
      description: 'A list with their needs.',
      priority: 'high',
      status: 'done',
      context: {
        guidance: 'Ask the gardener first.',
        tdd: {
          cases: [
            {
              name: 'Test strategy',
              given: '',
              expected: 'Every plant has a minimum temperature.',
            },
          ],
        },
      },
    })
    const statuses = result.report.guessed.filter(({ what }) => what === 'status')
    expect(statuses.map(({ task, evidence }) => [task, evidence])).toEqual([
      ['2', 'status in-progress'],
      ['12.2', 'status deferred'],
    ])
  })

  it('names every field that has no place', () => {
    expect(result.report.refused.map(({ what }) => what)).toEqual([
      'metadata',
      'task.complexity',
      'subtask.assignee',
      'priority soon',
    ])
  })

  it('puts the tag before every id when there are several', () => {
    const tags = fixture('task-master-tags.json')
    expect(waits(tags)).toEqual({
      'master/1': ['master/1.1'],
      'master/1.1': [],
      'winter/1': ['winter/2'],
      'winter/2': [],
    })
    expect(tags.document.tasks.map(({ epic }) => epic)).toEqual([
      'master',
      'master',
      'winter',
      'winter',
    ])
    expect(tags.report.refused.map(({ what }) => what)).toEqual(['tag.metadata', 'version'])
  })
})

describe('beads [X-15]', () => {
  const result = fixture('beads.jsonl')

  it('maps or refuses every kind of edge', () => {
    expect(waits(result)['gh-3']).toEqual(['gh-2', 'gh-9', 'gh-4'])
    expect(task(result, 'gh-3').parent).toBe('gh-1')
    expect(task(result, 'gh-3').epic).toBe('Glass house')
    const edges = result.report.refused.filter(({ where }) => where === 'gh-3')
    expect(edges.map(({ what }) => what)).toEqual([
      'related gh-2',
      'discovered-from gh-1',
      'conditional-blocks gh-4',
      'parent gh-2',
    ])
  })

  it('keeps dangling blockers and duplicate ids, and reports them', () => {
    expect(result.report.warnings.map(({ where }) => where)).toEqual(['gh-4', 'gh-3'])
  })

  it('refuses torn lines and merge marks by their number', () => {
    const lines = result.report.refused.filter(({ where }) => where.startsWith('line'))
    expect(lines.map(({ where }) => where)).toEqual(['line 3', 'line 7'])
  })

  it('maps texts, estimate, type, priority and status', () => {
    expect(task(result, 'gh-2')).toMatchObject({
      description: 'Seen twice.',
      type: 'bugfix',
      priority: 'high',
      estimate: 90,
      status: 'done',
      context: {
        guidance: 'Use thicker glass.\nAsk the glazier.',
        acceptanceCriteria: ['Survives minus ten', 'Survives wind'],
      },
    })
    expect(task(result, 'gh-4')).toMatchObject({ status: 'cancelled', priority: 'low' })
    expect(result.report.refused.map(({ what }) => what)).toContain('priority 9')
  })
})

describe('Backlog.md folders [X-15]', () => {
  const result = importDocument({ files: folder(join(fixtures, 'backlog')) })

  it('keeps the same task of two folders twice and names both files', () => {
    expect(result.document.tasks.map(({ id }) => id).filter((id) => id.endsWith('7'))).toEqual([
      'TASK-7',
      'DRAFT-7',
      'task-7',
    ])
    expect(result.report.warnings[0]).toEqual({
      where: 'TASK-7',
      message: 'The id TASK-7 stands in 2 files: completed/task-7.md, tasks/task-7.md.',
    })
  })

  it('finds dependencies across prefixes and keeps those that lead nowhere', () => {
    expect(waits(result)['BACK-12']).toEqual(['TASK-7', 'task-99'])
    expect(result.report.warnings.map(({ message }) => message).join()).toContain('"task-99"')
  })

  it('finds a task by its number alone when its prefix has changed', () => {
    const files = [
      { path: 'a.md', text: '---\nid: BACK-1.02\ntitle: Dig\n---\n' },
      { path: 'b.md', text: '---\nid: BACK-2\ntitle: Plant\ndependencies: [task-1.2]\n---\n' },
    ]
    const moved = importDocument({ files })
    expect(waits(moved)['BACK-2']).toEqual(['BACK-1.02'])
    expect(moved.report.guessed).toEqual([
      {
        task: 'BACK-2',
        what: 'dependsOn',
        value: 'BACK-1.02',
        evidence: 'task-1.2, the same number',
      },
    ])
  })

  it('maps front matter and sections', () => {
    expect(task(result, 'BACK-12')).toEqual({
      id: 'BACK-12',
      title: 'Open the roof: by motor',
      description: 'The roof opens above 28 degrees.\n\n## Colours\n\nGreen.',
      priority: 'normal',
      epic: 'Roof',
      parent: 'task-3',
      dependsOn: ['TASK-7', 'task-99'],
      touches: ['src/roof.ts'],
      context: {
        guidance: "1. Read the motor's manual",
        acceptanceCriteria: ['It opens within a minute', 'It closes in rain'],
      },
      status: 'todo',
    })
  })

  it('names unknown fields, broken files and files that are no task', () => {
    const refused = result.report.refused.map(({ where, what }) => `${where}: ${what}`)
    expect(refused).toEqual([
      'config.yml: the file',
      'tasks/back-12.md: assignee',
      'tasks/back-12.md: labels',
      'tasks/broken.md: the file',
    ])
  })
})

describe('Spec Kit lists [X-15]', () => {
  const result = fixture('spec-kit.md')

  it('takes the checkboxes of the phases and not the line that explains the notation', () => {
    expect(result.document.tasks.map(({ id, status }) => [id, status])).toEqual([
      ['T001', 'done'],
      ['T002', undefined],
      ['T003', undefined],
      ['T004', undefined],
      ['T005', undefined],
      ['T006', undefined],
      ['T007', undefined],
    ])
    expect(result.report.refused.map(({ what }) => what)).toContain(
      'T000 [P] This line explains the notation',
    )
  })

  it('orders phases by their prose and tasks by their marks, as guesses', () => {
    expect(waits(result)).toEqual({
      T001: [],
      T002: ['T001'],
      T003: ['T001'],
      T004: ['T002', 'T003'],
      T005: ['T004'],
      T006: ['T005'],
      T007: ['T004'],
    })
    const edges = result.report.guessed.filter(({ what }) => what === 'dependsOn')
    expect(edges.map(({ task: of }) => of)).toEqual([
      'T002',
      'T003',
      'T004',
      'T005',
      'T006',
      'T007',
    ])
    expect(result.report.refused.map(({ what }) => what)).toContain('Water is wet.')
  })

  it('takes the paths in the text as what a task touches, its phase as its epic', () => {
    expect(task(result, 'T006')).toMatchObject({
      title: 'Open the valve in `src/beds/valve.ts`',
      epic: 'Phase 3: User Story 1 - Water a bed (Priority: P1)',
      touches: ['src/beds/valve.ts'],
    })
  })
})

describe('Markdown plans [X-15] [S3-01]', () => {
  const result = fixture('greenhouse.md')

  it('reads the project from its sections', () => {
    expect(result.document.project).toEqual({
      name: 'Greenhouse',
      background: 'A greenhouse that looks after itself.\n\nWater is scarce.',
      architecture: 'One module per device.',
      guidance: 'Small functions.',
      gates: [{ name: 'tests', command: ['node', '--test', 'src/**/*.test.ts'] }],
    })
  })

  it('reads a task with its properties, tests, criteria and gates', () => {
    expect(task(result, 'T1')).toEqual({
      id: 'T1',
      title: 'Parse the config',
      description: 'Reads a file.\n\n```ts\n// ## T99: not a task\n```',
      type: 'feature',
      priority: 'high',
      estimate: 30,
      touches: ['src/types.ts', 'src/config.ts'],
      context: {
        tdd: {
          cases: [{ name: 'empty file', given: 'an empty file', expected: 'the defaults' }],
          coverage: 90,
        },
        acceptanceCriteria: ['It reads 1 MB in a second.', 'It names the line of an error.'],
        gates: [{ name: 'types', command: ['tsc', '--noEmit'] }],
      },
    })
  })

  it('reads labels, ranges and what stands in brackets', () => {
    expect(task(result, 'T2')).toMatchObject({
      title: 'Read the sensor',
      epic: 'Sensors',
      estimate: { min: 60, max: 120 },
      dependsOn: ['T1'],
      description: 'Only one reader at a time.',
      context: { acceptanceCriteria: ['Ten readings a minute.'] },
    })
  })

  it('names a task without an id after its title and finds it by that', () => {
    expect(task(result, 'water-the-beds')).toMatchObject({
      estimate: 960,
      description: 'Story points: 5',
      dependsOn: ['T9', { task: 'T2', source: 'text', evidence: 'Read the sensor' }],
    })
  })

  it('reads checkboxes with their state, nested lines and ranges of ids', () => {
    expect(task(result, 'T4')).toMatchObject({
      epic: 'Reporting',
      estimate: { min: 840, max: 1200 },
      description: '- Keep it short.',
      context: { acceptanceCriteria: ['Prints a table'] },
    })
    expect(waits(result)['T4']).toEqual(['T1', 'T2'])
    expect(task(result, 'clean-up-after-t4').status).toBe('done')
    expect(task(result, 'T6')).toMatchObject({ status: 'cancelled', priority: 'low' })
  })

  it('reads a section of dependencies and the words of a title, as guesses', () => {
    expect(waits(result)['T6']).toEqual(['T4'])
    expect(waits(result)['clean-up-after-t4']).toEqual(['T4'])
  })

  it('names every line it did not take', () => {
    expect(result.report.refused.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      'line 20: lint: `npm run lint && npm test`',
      'line 84: section "Colours", 1 block',
      'line 82: The weather decides.',
    ])
    expect(result.report.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('depends on "T9", which is not in the input'),
    ])
  })

  it('keeps what a task plainly depends on, and refuses software named as a requirement', () => {
    const result = imported(
      '### T1: Dig\nDepends on: the spade\n\n**Dependencies:**\n\n- redis\n- T2\n\n### T2: Plant\nRequires: T9\n',
    )
    expect(waits(result)).toEqual({ T1: ['the spade', 'T2'], T2: ['T9'] })
    expect(result.report.refused).toEqual([
      { where: 'line 6', what: 'redis', reason: 'names no task of the plan', count: 1 },
    ])
  })

  it.each(['NaN min', '-5 min', '20-10 min'])(
    'reports an estimate in a heading or an item that is none: (%s)',
    (words) => {
      for (const mark of ['### ', '- [ ] ']) {
        const text = `# Plan\n\n## Tasks\n\n${mark}T1: Parse (${words})\n\n${mark}T2: Test (5 min)\n`
        const { document, report } = importDocument({ name: 'plan.md', text })
        expect(document.tasks).toMatchObject([
          { id: 'T1', title: `Parse (${words})` },
          { id: 'T2', title: 'Test', estimate: 5 },
        ])
        expect(document.tasks[0]).not.toHaveProperty('estimate')
        expect(report.refused).toEqual([
          {
            where: 'T1',
            what: `estimate ${words}`,
            reason: 'is no time: write 30 min, 3h or 2-3 days; it was left in the title',
            count: 1,
          },
        ])
      }
    },
  )

  it('takes numbered headings below a phase as tasks', () => {
    const { document } = imported(
      '# Bed\n\n## Day 1: Soil\n\n### 1. Dig (30-45 min)\n\n### 2. Plant\n\n## Notes\n\n### 3. Colours\n\nGreen.\n',
    )
    expect(document.tasks).toEqual([
      { id: '1', title: 'Dig', epic: 'Day 1: Soil', estimate: { min: 30, max: 45 } },
      { id: '2', title: 'Plant', epic: 'Day 1: Soil' },
    ])
    expect(document.project?.guidance).toBe('### 3. Colours\n\nGreen.')
  })

  it('reads a table of tasks', () => {
    const { document } = imported(
      '| ID | Task | Depends on | Estimate | Owner |\n|--|--|--|--|--|\n| A1 | Dig | - | 2h | Ada |\n| A2 | Plant | A1 | 1 day | |\n',
    )
    expect(document.tasks).toEqual([
      { id: 'A1', title: 'Dig', description: 'Owner: Ada', estimate: 120 },
      { id: 'A2', title: 'Plant', estimate: 480, dependsOn: ['A1'] },
    ])
  })

  it('reads numbered sections with numbered checkboxes and their subtasks', () => {
    const { document } = imported(
      '# Implementation Plan\n\n- [ ] 1. Dig\n  - Soft ground first.\n  - [x] 1.1 Find the spade\n- [ ] 2. Plant (after 1)\n',
    )
    expect(document.tasks).toEqual([
      { id: '1', title: 'Dig', description: '- Soft ground first.' },
      { id: '1.1', title: 'Find the spade', parent: '1', status: 'done' },
      { id: '2', title: 'Plant', dependsOn: ['1'] },
    ])
  })

  it('keeps dependencies that form a cycle for the planner to name', () => {
    const { document } = imported('- [ ] T1 Dig (after T2)\n- [ ] T2 Plant (after T1)\n')
    const planned = planTasks(document.tasks)
    expect(planned.ok ? [] : planned.problems.map(({ kind }) => kind)).toEqual(['cycle'])
  })
})

describe('Cueline JSON and YAML [X-15] [S3-01]', () => {
  it('reads what is plainly meant and says so', () => {
    const { document, report } = fixture('plan.yaml')
    expect(document).toEqual({
      project: { name: 'Greenhouse' },
      tasks: [
        { id: '1', title: 'Dig', estimate: 180 },
        { id: 'plant', title: 'Plant', dependsOn: ['1'], estimate: { min: 30, max: 60 } },
      ],
    })
    expect(report.guessed.map(({ task: of, what, evidence }) => [of, what, evidence])).toEqual([
      ['1', 'id', '1'],
      ['1', 'estimate', '"3h"'],
    ])
    expect(report.refused).toEqual([
      { where: 'tasks[0]', what: 'tasks[].labels', reason: 'is not a known key', count: 1 },
    ])
  })

  it('names task, path and value of what is plainly wrong', () => {
    expect(() => imported('{"tasks":[{"id":"a","title":"Dig","estimate":-5}]}')).toThrow(
      'tasks[0].estimate of task "a" must be above 0 minutes; received -5',
    )
  })
})

function imported(text: string): ImportResult {
  return importDocument({ name: 'plan.md', text })
}

function fixture(name: string): ImportResult {
  return importDocument({ name, text: readFileSync(join(fixtures, name), 'utf8') })
}

function folder(root: string): { path: string; text: string }[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path: path.slice(root.length + 1), text: readFileSync(path, 'utf8') }
    })
}

function task({ document }: ImportResult, id: string): TaskSpec {
  const found = document.tasks.find((candidate) => candidate.id === id)
  if (found === undefined) throw new Error(`There is no task ${id}`)
  return found
}

function waits({ document }: ImportResult): Record<string, string[]> {
  return Object.fromEntries(
    document.tasks
      .toReversed()
      .map(({ id, dependsOn = [] }) => [
        id,
        dependsOn.map((entry) => (typeof entry === 'string' ? entry : entry.task)),
      ]),
  )
}

function withoutDuplicates({ document }: ImportResult): TaskSpec[] {
  const ids = new Set<string>()
  return document.tasks.filter(({ id }) => !ids.has(id) && ids.add(id))
}
