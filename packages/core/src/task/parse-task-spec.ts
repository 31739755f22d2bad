import type * as z from 'zod'
import { CuelineError } from '../error.ts'
import { findUnsafeKey } from './unsafe-key.ts'
import { planDocumentSchema, planProjectSchema, taskLimits, taskSpecSchema } from './task-schema.ts'
import type { PlanDocument, PlanProject, TaskSpec } from './task-spec.ts'

/** One thing that is wrong with an input, as data in `error.details.issues`. */
export interface InputIssue {
  /** Where it is, e.g. `tasks[3].estimate`. */
  readonly path: string
  /** Id of the task it belongs to, when that can be read. */
  readonly task?: string
  readonly message: string
  readonly received: string
}

/**
 * Checks the tasks a host or an importer gives and returns them as they are.
 *
 * @throws CuelineError `invalid-input`, naming task, path and value, with every issue (at most 100)
 *   in `details.issues`. Unknown keys are refused, so that a mistyped one is not lost.
 */
export function parseTaskSpecs(input: unknown): TaskSpec[] {
  if (!Array.isArray(input)) {
    throw refusal([{ path: 'tasks', message: 'must be a list', received: show(input) }])
  }
  if (input.length > taskLimits.tasks) {
    const message = `must have at most ${taskLimits.tasks} entries`
    throw refusal([{ path: 'tasks', message, received: `${input.length} entries` }])
  }
  const issues: InputIssue[] = []
  const tasks: TaskSpec[] = []
  for (let index = 0; index < input.length && issues.length < mostIssues; index++) {
    const task = check(taskSpecSchema, input[index], `tasks[${index}]`, issues)
    if (task !== undefined) tasks.push(task)
  }
  if (issues.length > 0) throw refusal(issues)
  return tasks
}

/** Checks one task; `path` is how the error calls it. See `parseTaskSpecs`. */
export function parseTaskSpec(input: unknown, path = 'task'): TaskSpec {
  const issues: InputIssue[] = []
  const task = check(taskSpecSchema, input, path, issues)
  if (task === undefined) throw refusal(issues)
  return task
}

/** Checks a whole plan document. See `parseTaskSpecs`. */
export function parsePlanDocument(input: unknown): PlanDocument {
  const issues: InputIssue[] = []
  if (typeof input === 'string') {
    throw new CuelineError(
      'invalid-input',
      `A plan document is an object, not text ("${input.slice(0, 40)}"). Read the text first: importDocument({ name, text }).document, from '@cueline/core/formats'.`,
    )
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refusal([{ path: 'plan', message: 'must be an object', received: show(input) }])
  }
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(planDocumentSchema.shape, key)) {
      issues.push({ path: key, message: 'is not a key of a plan document', received: show(key) })
    }
  }
  if (issues.length > 0) throw refusal(issues)
  const { project, tasks } = input as { project?: unknown; tasks?: unknown }
  const checked = parseTaskSpecs(tasks)
  return project === undefined
    ? { tasks: checked }
    : { project: parsePlanProject(project), tasks: checked }
}

/** Checks what holds for every task of a plan. See `parseTaskSpecs`. */
export function parsePlanProject(input: unknown): PlanProject {
  const issues: InputIssue[] = []
  const project = check(planProjectSchema, input, 'project', issues)
  if (project === undefined) throw refusal(issues)
  return project
}

const mostIssues = 100

function check<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  path: string,
  issues: InputIssue[],
): z.output<Schema> | undefined {
  const task = idOf(input)
  const at = task === undefined ? {} : { task }
  const unsafe = findUnsafeKey(input, path)
  if (unsafe !== undefined) {
    issues.push({
      path: unsafe,
      ...at,
      message: 'is a key that is never accepted',
      received: unsafe,
    })
    return undefined
  }
  const result = schema.safeParse(input)
  if (result.success) return result.data
  for (const issue of result.error.issues.slice(0, mostIssues - issues.length)) {
    issues.push({
      path: path + issue.path.map(segment).join(''),
      ...at,
      message: messageOf(issue),
      received: show(valueAt(input, issue.path)),
    })
  }
  return undefined
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `has the unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.map((key) => show(key)).join(', ')}`
  }
  return issue.message
}

function refusal(issues: InputIssue[]): CuelineError {
  const shown = issues.slice(0, 5).map((issue) => {
    const owner = issue.task === undefined ? '' : ` of task ${show(issue.task)}`
    return `${issue.path}${owner} ${issue.message}; received ${issue.received}`
  })
  const rest = issues.length - shown.length
  const more = rest > 0 ? `\n… and ${rest} more, all in error.details.issues` : ''
  return new CuelineError(
    'invalid-input',
    `${shown.join('\n')}${more}\nCorrect the input and give it again.`,
    { details: { issues } },
  )
}

function idOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, 'id')) return undefined
  const { id } = input as { id: unknown }
  return typeof id === 'string' && id !== '' ? id.slice(0, taskLimits.id) : undefined
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

function segment(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`
  const name = String(key)
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name.slice(0, 80))}]`
}

/** A short picture of a value for a message; long texts show their size instead of their end. */
function show(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const text = JSON.stringify(value.slice(0, 60))
      return value.length > 60 ? `${text}… (${value.length} characters)` : text
    }
    case 'undefined':
      return 'nothing'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `a list of ${value.length}` : 'an object'
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    default:
      return String(value)
  }
}
