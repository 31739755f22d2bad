import * as z from 'zod'
import { planDocumentSchema, taskSpecSchema } from './task-schema.ts'

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema of one task, as published in `schema/task.json` [S3-01]. It checks shapes; that
 * `min` is at or below `max` and that no key pollutes a prototype is checked by `parseTaskSpec` only.
 */
export function taskJsonSchema(): JsonSchema {
  return published('task', 'Task', 'One task as Cueline takes it.', taskSpecSchema)
}

/** The JSON Schema of a plan document, as published in `schema/plan-document.json`. */
export function planDocumentJsonSchema(): JsonSchema {
  return published(
    'plan-document',
    'Plan document',
    'A project and its tasks: the JSON or YAML form of a plan.',
    planDocumentSchema,
  )
}

function published(
  name: string,
  title: string,
  description: string,
  schema: z.ZodType,
): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' })
  return { $schema, $id: `urn:cueline:schema:${name}`, title, description, ...rest }
}
