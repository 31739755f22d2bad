import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const keys = [
  'problems',
  'tasks',
  'edges',
  'layers',
  'layerTasks',
  'work',
  'criticalPath',
  'lowerBound',
  'makespan',
  'gap',
  'barrierMakespan',
  'parallelShare',
  'smallestUsefulWorkers',
  'rounds',
  'seed',
  'schedule',
  'batches',
  'lanes',
  'conflicts',
  'inferred',
  'warnings',
  'importReport',
]

/** Build, then test beside document, then release: 10 + 20 + 5 minutes on the critical path. */
const release = JSON.stringify({
  project: { name: 'Release' },
  tasks: [
    { id: 'build', title: 'Build it', estimate: 10 },
    { id: 'test', title: 'Test it', estimate: 20, dependsOn: ['build'] },
    { id: 'document', title: 'Describe it', estimate: 8, dependsOn: ['build'] },
    { id: 'release', title: 'Release it', estimate: 5, dependsOn: ['test', 'document'] },
  ],
})

const tangled = JSON.stringify({
  tasks: [
    { id: 'a', title: 'A', dependsOn: ['c'] },
    { id: 'b', title: 'B', dependsOn: ['a', 'elsewhere'] },
    { id: 'c', title: 'C', dependsOn: ['b'] },
    { id: 'd', title: 'D', dependsOn: ['d'] },
  ],
})

async function plan(files: Readonly<Record<string, string | Uint8Array>>, ...args: string[]) {
  const terminal = capturedTerminal({ cwd: temporaryFolder(onTestFinished, files) })
  const code = await runProgram(['plan', ...args], terminal)
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

async function planJson(files: Readonly<Record<string, string | Uint8Array>>, ...args: string[]) {
  const { code, stdout } = await plan(files, ...args, '--json')
  return { code, object: JSON.parse(stdout) as Readonly<Record<string, unknown>> }
}

describe('cueline plan --json [S3-03]', () => {
  it('prints one object with layers, bounds, critical path and schedule in minutes', async () => {
    const { code, object } = await planJson({ 'plan.json': release }, 'plan.json', '--workers', '2')
    expect(code).toBe(0)
    expect(Object.keys(object)).toEqual(keys)
    expect(object).toMatchObject({
      problems: [],
      tasks: 4,
      edges: 4,
      layers: 3,
      layerTasks: [['build'], ['test', 'document'], ['release']],
      work: 43,
      criticalPath: { length: 35, tasks: ['build', 'test', 'release'] },
      lowerBound: 35,
      makespan: 35,
      gap: 0,
      barrierMakespan: { stage: 35, layer: 35 },
      parallelShare: 0.5,
      smallestUsefulWorkers: 2,
    })
    expect(object.schedule).toContainEqual({ task: 'release', start: 30, finish: 35, lane: 0 })
    expect(object.importReport).toMatchObject({ format: 'cueline', mapped: { tasks: 4 } })
  })

  it('names every problem, a cycle with its whole path, and exits with 2', async () => {
    const { code, object } = await planJson({ 'plan.json': tangled }, 'plan.json')
    expect(code).toBe(2)
    expect(Object.keys(object)).toEqual(keys)
    const problems = object.problems as { kind: string; tasks: string[]; message: string }[]
    expect(problems.map(({ kind }) => kind).toSorted()).toEqual(['cycle', 'missing', 'self'])
    const cycle = problems.find(({ kind }) => kind === 'cycle')
    expect(cycle?.tasks).toHaveLength(4)
    expect(cycle?.tasks[0]).toBe(cycle?.tasks.at(-1))
    expect(problems.find(({ kind }) => kind === 'missing')?.tasks).toEqual(['b', 'elsewhere'])
    expect(object).toMatchObject({ tasks: 4, schedule: null, makespan: null, layers: null })
  })

  it('keeps its keys when the input is no plan at all', async () => {
    const garbage = Uint8Array.from({ length: 4_096 }, (_, at) => (at * 37) % 256)
    const { code, object } = await planJson({ 'plan.bin': garbage }, 'plan.bin')
    expect(code).toBe(2)
    expect(Object.keys(object)).toEqual(keys)
    expect(object.problems).toMatchObject([{ kind: 'invalid-input', tasks: [] }])
    expect(object.tasks).toBeNull()
  })

  it('plans under the barrier asked for', async () => {
    const tasks = [
      { id: 'long', title: 'Long', estimate: 10 },
      { id: 'short', title: 'Short', estimate: 2 },
      { id: 'after', title: 'After', estimate: 10, dependsOn: ['short'] },
    ]
    const files = { 'plan.json': JSON.stringify({ tasks }) }
    const free = await planJson(files, 'plan.json')
    const staged = await planJson(files, 'plan.json', '--barrier=stage')
    expect(free.object.makespan).toBe(12)
    expect(staged.object.makespan).toBe(20)
  })
})

describe('cueline plan for people', () => {
  it('shows figures, layers, a timeline and the schedule within 80 columns', async () => {
    const { code, stdout } = await plan({ 'plan.json': release }, 'plan.json', '--workers', '2')
    expect(code).toBe(0)
    expect(stdout).toContain('build → test → release')
    expect(stdout).toContain('Barriers        stages 35 m (no more), layers 35 m (no more)')
    expect(stdout).toMatch(/^0 \[build·+\]\[test·+\]\[release·*\]$/m)
    expect(stdout).toMatch(/^1 +\[document·*\]$/m)
    expect(stdout).toContain('read as cueline: 4 tasks, 4 dependencies, 4 estimates')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('says every figure whole, in more lines where one is too short', async () => {
    const tasks = Array.from({ length: 12 }, (_, nth) => ({
      id: `a-task-with-a-long-name-${nth}`,
      title: 'One',
      touches: [nth < 6 ? 'a.ts' : `${nth}.ts`],
      ...(nth === 0
        ? {}
        : { dependsOn: nth % 4 === 0 ? [`a-task-with-a-long-name-${nth - 1}`] : [] }),
    }))
    const files = { 'plan.json': JSON.stringify({ tasks }) }
    const { stdout } = await plan(files, 'plan.json', '--workers', '9', '--lanes', '8')
    const figures = stdout.slice(0, stdout.indexOf('Conflicts'))
    expect(figures).not.toContain('…')
    const words = figures.replaceAll(/\s+/g, ' ')
    expect(words).toMatch(
      /Useful workers \d+ if nothing were kept apart; more make it no faster \(widest layer: \d+\)/,
    )
    expect(words).toContain('a-task-with-a-long-name-3 → a-task-with-a-long-name-4')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('says why there is no plan, with the path of the cycle and what to do', async () => {
    const { code, stdout } = await plan({ 'plan.json': tangled }, 'plan.json')
    expect(code).toBe(2)
    expect(stdout).toContain('3 problems in 4 tasks; there is no plan until they are mended.')
    const message = stdout.replaceAll('\n  ', ' ')
    expect(message.match(/(?:a -> c -> b -> a|c -> b -> a -> c|b -> a -> c -> b)/g)).toHaveLength(1)
    expect(stdout).not.toContain('→')
    expect(stdout).toContain('Add that task')
  })

  it('shows no control character that a title brings along', async () => {
    const evil = { tasks: [{ id: 'a', title: 'red \u001b[31m alert \u0007' }] }
    const { stdout } = await plan({ 'plan.json': JSON.stringify(evil) }, 'plan.json')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})

describe('cueline plan reads what trackers hold [X-15]', () => {
  it('finds the tasks of Task Master in their folder', async () => {
    const tasks = {
      master: { tasks: [{ id: 1, title: 'One', status: 'pending', dependencies: [] }] },
    }
    const { code, object } = await planJson(
      { '.taskmaster/tasks/tasks.json': JSON.stringify(tasks), 'README.md': '# Hello' },
      '.',
    )
    expect(code).toBe(0)
    expect(object).toMatchObject({ tasks: 1, importReport: { format: 'task-master' } })
  })

  it('finds the issues of beads in their folder', async () => {
    const issue = { id: 'bd-1', title: 'One', status: 'open', priority: 1, issue_type: 'task' }
    const { object } = await planJson({ '.beads/issues.jsonl': `${JSON.stringify(issue)}\n` }, '.')
    expect(object).toMatchObject({ tasks: 1, importReport: { format: 'beads' } })
  })

  it('reads a folder of Backlog.md', async () => {
    const task = (id: string, rest: string) =>
      `---\nid: ${id}\ntitle: Task ${id}\nstatus: To Do\n${rest}---\n\n## Description\n\nDo it.\n`
    const { object } = await planJson(
      {
        'backlog/tasks/task-1 - One.md': task('task-1', 'dependencies: []\n'),
        'backlog/tasks/task-2 - Two.md': task('task-2', 'dependencies:\n  - task-1\n'),
      },
      'backlog',
    )
    expect(object).toMatchObject({ tasks: 2, edges: 1, importReport: { format: 'backlog-md' } })
  })

  it('plans a project of PSPLIB with what it says there is of each resource', async () => {
    const project = [
      '*'.repeat(40),
      'jobs (incl. supersource/sink ):  4',
      'PRECEDENCE RELATIONS:',
      'jobnr.    #modes  #successors   successors',
      '   1        1          2           2   3',
      '   2        1          1           4',
      '   3        1          1           4',
      '   4        1          0',
      '*'.repeat(40),
      'REQUESTS/DURATIONS:',
      'jobnr. mode duration  R 1',
      '-'.repeat(40),
      '  1      1     0       0',
      '  2      1     4       2',
      '  3      1     3       2',
      '  4      1     0       0',
      '*'.repeat(40),
      'RESOURCEAVAILABILITIES:',
      '  R 1',
      '    3',
      '*'.repeat(40),
    ].join('\n')
    const files = { 'j.sm': project }
    const { object } = await planJson(files, 'j.sm')
    expect(object).toMatchObject({ makespan: 7, warnings: [] })
    const more = await planJson(files, 'j.sm', '--resources', 'R1=4')
    expect(more.object).toMatchObject({ makespan: 4, warnings: [] })
  })

  it('reads a Markdown plan', async () => {
    const text =
      '# Plan\n\n## T1: Measure\n\nEstimate: 10 minutes\n\n## T2: Water\n\nDepends on: T1\n'
    const { object } = await planJson({ 'plan.md': text }, 'plan.md')
    expect(object).toMatchObject({ tasks: 2, edges: 1, importReport: { format: 'markdown' } })
  })
})

describe('cueline plan, for other tools [X-15]', () => {
  it.each([
    ['mermaid', 'flowchart LR\n'],
    ['gantt', 'gantt\n'],
    ['dot', 'digraph plan {\n'],
    ['csv', 'task,title,epic,'],
    ['ics', 'BEGIN:VCALENDAR\r\n'],
  ])('writes %s alone to standard output', async (format, start) => {
    const { code, stdout, stderr } = await plan(
      { 'plan.json': release },
      'plan.json',
      '--export',
      format,
    )
    expect(code).toBe(0)
    expect(stdout.slice(0, start.length)).toBe(start)
    expect(stderr).toBe('')
  })

  it('writes a document that it reads again as the same plan', async () => {
    const { stdout } = await plan({ 'plan.json': release }, 'plan.json', '--export', 'json')
    expect(JSON.parse(stdout)).toEqual(JSON.parse(release))
  })

  it('writes an export to a file, beside what it says of the plan', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': release })
    const terminal = capturedTerminal({ cwd })
    const out = join('new', 'plan.ics')
    const args = ['--export', 'ics', '--start', '2026-03-02T09:00+01:00', '--out', out, '--json']
    expect(await runProgram(['plan', 'plan.json', ...args], terminal)).toBe(0)
    expect(JSON.parse(terminal.stdout())).toMatchObject({ tasks: 4 })
    expect(terminal.stderr()).toBe(`Wrote ${out}.\n`)
    const calendar = readFileSync(join(cwd, out), 'utf8')
    // Eight o'clock in UTC, and twenty minutes that start ten minutes later.
    expect(calendar).toContain('DTSTART:20260302T081000Z\r\nDTEND:20260302T083000Z\r\n')
  })

  it('makes the folders that a picture is to stand in', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': release })
    const terminal = capturedTerminal({ cwd })
    const args = ['plan', 'plan.json', '--svg', 'missing/dir/plan.svg']
    expect(await runProgram(args, terminal)).toBe(0)
    expect(readFileSync(join(cwd, 'missing', 'dir', 'plan.svg'), 'utf8')).toContain('<svg')
    expect(terminal.stderr()).toContain(`Wrote ${join('missing', 'dir', 'plan.svg')}.`)
  })

  it('draws the schedule', async () => {
    const cwd = temporaryFolder(onTestFinished, { 'plan.json': release })
    const terminal = capturedTerminal({ cwd })
    expect(await runProgram(['plan', 'plan.json', '--svg', 'plan.svg'], terminal)).toBe(0)
    expect(terminal.stdout()).toContain('Critical path')
    const svg = readFileSync(join(cwd, 'plan.svg'), 'utf8')
    expect(svg).toContain('<title id="timeline-title">Release</title>')
    expect(svg).toContain('after test, document')
  })

  it.each([
    ['a format there is not', ['--export', 'png'], 'Allowed choices are mermaid'],
    [
      'a start without a zone',
      ['--export', 'ics', '--start', '2026-03-02T09:00'],
      'Give a time such',
    ],
    ['a file for nothing', ['--out', 'x'], '--out is where --export writes'],
    ['two things for standard output', ['--export', 'csv', '--json'], 'both write to standard'],
    ['a file that is a folder', ['--svg', '.'], '. cannot be written (EISDIR)'],
    [
      'a folder that is a file',
      ['--svg', 'plan.json/x.svg'],
      /plan\.json\/x\.svg cannot be written \((?:ENOTDIR|EEXIST)\)\. Name a file/,
    ],
  ])('says what is wrong with %s', async (_, args, message) => {
    const { code, stderr } = await plan({ 'plan.json': release }, 'plan.json', ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('writes nothing of a plan with problems', async () => {
    const { code, stdout, stderr } = await plan(
      { 'plan.json': tangled },
      'plan.json',
      '--export',
      'csv',
      '--svg',
      'plan.svg',
    )
    expect(code).toBe(2)
    expect(stdout).not.toContain('task,title')
    expect(stderr).not.toContain('Wrote')
  })
})

describe('cueline plan, given something wrong', () => {
  it.each([
    ['a file that is not there', ['nothing.md'], 'nothing.md does not exist'],
    ['no file', [], "missing required argument 'file-or-folder'"],
    ['an unknown option', ['plan.json', '--worker', '3'], 'Did you mean --workers?'],
    ['workers that are no number', ['plan.json', '--workers', 'many'], 'whole number from 1'],
    ['an unknown barrier', ['plan.json', '--barrier', 'wall'], 'Allowed choices are none, stage'],
    ['an empty file', ['empty.md'], 'empty.md is empty'],
    ['a folder without a plan', ['folder'], 'folder holds no plan'],
  ])('says what is wrong with %s, and exits with 2', async (_, args, message) => {
    const files = { 'plan.json': release, 'empty.md': '', 'folder/picture.png': 'x' }
    const { code, stdout, stderr } = await plan(files, ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
    expect(stdout).toBe('')
  })

  it('refuses a description of 10 MB with its size, quickly', async () => {
    const tasks = [{ id: 'a', title: 'A', description: 'x'.repeat(10 * 1024 * 1024) }]
    const { code, stderr } = await plan({ 'plan.json': JSON.stringify({ tasks }) }, 'plan.json')
    expect(code).toBe(2)
    expect(stderr).toContain('10485760 characters')
    expect(stderr.length).toBeLessThan(1_000)
  })
})
