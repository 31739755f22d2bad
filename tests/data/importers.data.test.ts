import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { importDocument } from '@cueline/core/formats'
import { planTasks } from '@cueline/core/planner'
import { describe, expect, it } from 'vitest'
import { parseTaskSpecs } from '@cueline/core'

const data = process.env['CUELINE_DATA'] ?? ''
const raw = join(data, 'taskgraphs', 'raw')

describe('real tracker files import completely [X-15]', () => {
  it('reads a Task Master file with three tags and all its edges', () => {
    const result = importFile(join(raw, 'taskmaster-tasks.json'))
    const { tasks } = result.document
    expect(result.format).toBe('task-master')
    expect(result.report.mapped).toMatchObject({ tasks: 221, parents: 174 })
    const groups = records('taskmaster.json')
    for (const tag of ['tm-start', 'autonomous-tdd-git-workflow', 'loop']) {
      const top = groups.find(({ name }) => name === `taskmaster/${tag}/tasks`)
      const own = tasks.filter((task) => task.epic === tag && task.parent === undefined)
      const subtasks = new Set(
        tasks.filter((task) => task.parent !== undefined).map(({ id }) => id),
      )
      expect(edges(own.map((task) => without(task, subtasks)))).toEqual(
        edges((top?.tasks ?? []).map((task) => prefixed(task, tag))),
      )
      const leaf = groups.find(({ name }) => name === `taskmaster/${tag}/subtasks`)
      if (leaf === undefined) continue
      expect(edges(leafTasks(tasks.filter((task) => task.epic === tag)))).toEqual(
        edges(leaf.tasks.map((task) => prefixed(task, tag))),
      )
    }
    expect(planTasks(tasks).ok).toBe(true)
    figure('taskmaster-tasks.json', result)
  })

  it.each([
    ['beads-issues-2025-10-19.jsonl', 163, 0],
    ['beads-issues-2025-11-30.jsonl', 89, 15],
  ])('reads the beads export %s', (name, tasks, dependencies) => {
    const result = importFile(join(raw, name))
    expect(result.format).toBe('beads')
    expect(result.report.mapped).toMatchObject({ tasks, dependencies })
    const lines = readFileSync(join(raw, name), 'utf8').split('\n').filter(Boolean)
    const kinds = lines.flatMap((line) => {
      const issue = JSON.parse(line) as { dependencies?: { type: string }[] }
      return issue.dependencies ?? []
    })
    const refusedEdges = result.report.refused.filter(({ what }) =>
      what.startsWith('discovered-from'),
    )
    expect(dependencies + refusedEdges.length).toBe(kinds.length)
    const closed = lines.filter(
      (line) => (JSON.parse(line) as { status: string }).status === 'closed',
    )
    expect(result.report.mapped.done).toBe(closed.length)
    figure(name, result)
  })

  it('reads a Backlog.md folder', () => {
    const folder = join(raw, 'backlog-md')
    const files = readdirSync(folder).map((path) => ({
      path,
      text: readFileSync(join(folder, path), 'utf8'),
    }))
    const result = importDocument({ files })
    expect(result.format).toBe('backlog-md')
    expect(result.report.mapped).toMatchObject({ tasks: files.length })
    const known = records('backlog-md.json').find(({ name }) => name === 'backlog-md/all-tasks')
    const titles = new Map(known?.tasks.map((task) => [task.id, task.title]))
    for (const task of result.document.tasks) expect(titles.get(task.id)).toBe(task.title)
    const lines = files.flatMap(({ text }) => [...text.matchAll(/^ {2}- task-[\d.]+$/gm)])
    expect(result.report.mapped.dependencies).toBe(lines.length)
    figure('backlog-md/', result)
  })

  it('reads the plan of a real specification as its authors meant it', () => {
    const folder = join(data, 'plans')
    const result = importFile(join(folder, 'speckit-archon-001.md'))
    const expected = JSON.parse(
      readFileSync(join(folder, 'speckit-archon-001.expected.json'), 'utf8'),
    ) as ExpectedTask[]
    expect(result.format).toBe('spec-kit')
    const lastPhase = expected.at(-1)?.phase
    expect(
      result.document.tasks.map(({ id, title, epic, status, touches = [] }) => ({
        id,
        title,
        // The recorded parse knows only headings "Phase N" and files the last one under phase 6.
        epic: epic?.startsWith('Final Phase') === true ? lastPhase : epic,
        done: status === 'done',
        touches: [...touches].sort(),
      })),
    ).toEqual(
      expected.map(({ id, text, phase, done, files }) => ({
        id,
        title: text,
        epic: phase,
        done,
        touches: [...new Set(files)].sort(),
      })),
    )
    const parallel = result.report.mapped.fields.find(({ from }) => from === '[P]')
    expect(parallel?.count).toBe(expected.filter((task) => task.parallel).length)
    const planned = planTasks(result.document.tasks)
    expect(planned.ok).toBe(true)
    figure('speckit-archon-001.md', result)
  })
})

describe('real task graphs pass the schema and the planner [S3-01]', () => {
  it.each(['taskmaster.json', 'beads.json', 'backlog-md.json', 'workspaces.json', 'seeds.json'])(
    'plans every graph of %s',
    (file) => {
      for (const { name, tasks } of records(file)) {
        const specs = parseTaskSpecs(
          tasks.map(({ id, title, dependsOn }) => ({ id, title, dependsOn })),
        )
        const result = planTasks(specs)
        expect(result.ok ? [] : result.problems).toEqual([])
        const count = specs.reduce((sum, task) => sum + (task.dependsOn?.length ?? 0), 0)
        console.log(`${name}: ${specs.length} tasks, ${count} dependencies, planned`)
      }
    },
  )
})

interface GraphTask {
  readonly id: string
  readonly title: string
  readonly dependsOn: readonly string[]
}

interface ExpectedTask {
  readonly id: string
  readonly text: string
  readonly phase: string
  readonly done: boolean
  readonly parallel: boolean
  readonly files: readonly string[]
}

type Result = ReturnType<typeof importDocument>
type Task = Result['document']['tasks'][number]

function importFile(path: string): Result {
  return importDocument({ name: path, text: readFileSync(path, 'utf8') })
}

function records(file: string): { name: string; tasks: GraphTask[] }[] {
  return JSON.parse(readFileSync(join(data, 'taskgraphs', file), 'utf8')) as {
    name: string
    tasks: GraphTask[]
  }[]
}

function ids(task: Task): string[] {
  return (task.dependsOn ?? []).map((entry) => (typeof entry === 'string' ? entry : entry.task))
}

function without(task: Task, dropped: ReadonlySet<string>): GraphTask {
  return { id: task.id, title: task.title, dependsOn: ids(task).filter((id) => !dropped.has(id)) }
}

function prefixed(task: GraphTask, tag: string): GraphTask {
  return {
    ...task,
    id: `${tag}/${task.id}`,
    dependsOn: task.dependsOn.map((id) => `${tag}/${id}`),
  }
}

function edges(tasks: readonly GraphTask[]): string[] {
  return tasks.map(({ id, dependsOn }) => `${id} < ${[...dependsOn].sort().join(' ')}`).sort()
}

/** A task with subtasks is replaced by them, as the recorded graphs have it. */
function leafTasks(tasks: readonly Task[]): GraphTask[] {
  const children = new Map<string, string[]>()
  for (const { id, parent } of tasks) {
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  return tasks
    .filter(({ id }) => !children.has(id))
    .map((task) => ({
      id: task.id,
      title: task.title,
      dependsOn: [...new Set(ids(task).flatMap((id) => children.get(id) ?? [id]))],
    }))
}

function figure(name: string, { report }: Result): void {
  const { tasks, dependencies, parents, done } = report.mapped
  console.log(
    `${name}: ${tasks} tasks, ${dependencies} dependencies, ${parents} parents, ${done} done, ` +
      `${report.guessed.length} guessed, ${report.refused.length} refused, ${report.warnings.length} warnings`,
  )
}
