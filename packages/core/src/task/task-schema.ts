import * as z from 'zod'
import { isTooLong, longestId } from '../plan/id-length.ts'
import type { GateSpec, TaskContext } from './task-context.ts'
import type { DependencySpec, Estimate, PlanDocument, PlanProject, TaskSpec } from './task-spec.ts'

/** What is accepted at most, in characters or entries. Estimates are minutes. */
export const taskLimits = {
  id: longestId,
  name: 200,
  title: 1000,
  text: 1_048_576,
  path: 4096,
  list: 10_000,
  dependencies: 1_000_000,
  tasks: 1_000_000,
  minutes: 10_000_000,
  timeoutMs: 86_400_000,
} as const

const percentage = 'must be a percentage from 0 to 100'
const share = 'must be from 0 to 1'

const idSchema = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .refine((id) => !isTooLong(id), tooLong(longestId))
  .meta({ maxLength: longestId })

const nameSchema = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(taskLimits.name, tooLong(taskLimits.name))

const textSchema = z.string('must be a string').max(taskLimits.text, tooLong(taskLimits.text))

const pathSchema = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(taskLimits.path, tooLong(taskLimits.path))

const minutesSchema = z
  .number('must be a number of minutes, or { min, max } in minutes')
  .positive('must be above 0 minutes')
  .max(taskLimits.minutes, `must be at most ${taskLimits.minutes} minutes`)

export const estimateSchema = z.union(
  [
    minutesSchema,
    z
      .strictObject({ min: minutesSchema, max: minutesSchema })
      .refine((range) => range.min <= range.max, 'must have min at or below max'),
  ],
  {
    error: `must be minutes above 0 (at most ${taskLimits.minutes}), or { min, max } with min at or below max`,
  },
) satisfies z.ZodType<Estimate>

export const gateSpecSchema = z.strictObject({
  name: nameSchema,
  command: list(z.string('must be a string').max(taskLimits.path, tooLong(taskLimits.path)), 1000)
    .min(1, 'must name a program')
    .refine((command) => command[0] !== '', 'must name a program'),
  timeoutMs: z
    .int('must be a whole number of milliseconds')
    .positive('must be above 0')
    .max(taskLimits.timeoutMs, `must be at most ${taskLimits.timeoutMs}`)
    .optional(),
}) satisfies z.ZodType<GateSpec>

export const taskContextSchema = z.strictObject({
  projectBackground: textSchema,
  architecture: textSchema,
  guidance: textSchema,
  tdd: z.strictObject({
    cases: list(
      z.strictObject({ name: textSchema, given: textSchema, expected: textSchema }),
      taskLimits.list,
    ),
    coverage: z.number('must be a percentage').min(0, percentage).max(100, percentage).optional(),
  }),
  acceptanceCriteria: list(textSchema, taskLimits.list),
  gates: list(gateSpecSchema, 1000),
  tokenBudget: z.int('must be a whole number of tokens').positive('must be above 0').optional(),
}) satisfies z.ZodType<TaskContext>

const dependencySchema = z.union(
  [
    idSchema,
    z.strictObject({
      task: idSchema,
      releaseOn: oneOf(['completed', 'verified', 'merged']).optional(),
      source: oneOf(['declared', 'file', 'symbol', 'text']).optional(),
      confidence: z.number('must be a number').min(0, share).max(1, share).optional(),
      evidence: textSchema.optional(),
    }),
  ],
  {
    error:
      'must be a task id (1 to 200 characters) or { task, releaseOn?, source?, confidence?, evidence? }',
  },
) satisfies z.ZodType<DependencySpec>

export const taskSpecSchema = z.strictObject({
  id: idSchema,
  title: z
    .string('must be a string')
    .min(1, 'must not be empty')
    .max(taskLimits.title, tooLong(taskLimits.title)),
  description: textSchema.optional(),
  type: oneOf(['feature', 'bugfix', 'test', 'docs', 'chore']).optional(),
  priority: oneOf(['high', 'normal', 'low']).optional(),
  epic: nameSchema.optional(),
  sprint: nameSchema.optional(),
  parent: idSchema.optional(),
  estimate: estimateSchema.optional(),
  dependsOn: list(dependencySchema, taskLimits.dependencies).optional(),
  touches: list(pathSchema, taskLimits.list).optional(),
  resources: z
    .record(nameSchema, z.number('must be a number').min(0, 'must not be below 0'), {
      error: 'must be an object of numbers by resource name',
    })
    .optional(),
  repository: pathSchema.optional(),
  baseBranch: nameSchema.optional(),
  account: nameSchema.optional(),
  capabilities: list(nameSchema, 1000).optional(),
  context: taskContextSchema.partial().optional(),
  status: oneOf(['todo', 'done', 'cancelled']).optional(),
}) satisfies z.ZodType<TaskSpec>

export const planProjectSchema = z.strictObject({
  name: z.string('must be a string').max(taskLimits.title, tooLong(taskLimits.title)).optional(),
  background: textSchema.optional(),
  architecture: textSchema.optional(),
  guidance: textSchema.optional(),
  gates: list(gateSpecSchema, 1000).optional(),
}) satisfies z.ZodType<PlanProject>

export const planDocumentSchema = z.strictObject({
  project: planProjectSchema.optional(),
  tasks: list(taskSpecSchema, taskLimits.tasks),
}) satisfies z.ZodType<PlanDocument>

function list<Entry extends z.ZodType>(entry: Entry, max: number) {
  return z.array(entry, 'must be a list').max(max, `must have at most ${max} entries`)
}

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`)
}

function tooLong(max: number): string {
  return `must be at most ${max} characters`
}
