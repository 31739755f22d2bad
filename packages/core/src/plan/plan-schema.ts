import * as z from 'zod'

import { isTooLong, longestId } from './id-length.ts'
import type { Plan } from './plan.ts'

const minutes = z.number().nonnegative()
const count = z.int().nonnegative()
const id = z
  .string()
  .min(1)
  .refine((value) => !isTooLong(value), `must have at most ${longestId} characters`)
  .meta({ maxLength: longestId })

/** A plan as it may arrive from a file or another program. */
export const planSchema = z
  .strictObject({
    workers: z.int().positive(),
    barrier: z.enum(['none', 'stage', 'layer']),
    tasks: count.describe('How many tasks the plan has.'),
    edges: count.describe('How many distinct dependencies they have.'),
    layers: z
      .array(z.array(id))
      .describe('Layer 0 waits for nothing, layer k for at least one task of layer k - 1.'),
    work: minutes.describe('Minutes of all tasks together.'),
    criticalPath: z.strictObject({
      length: minutes.describe('Minutes that any number of workers needs.'),
      tasks: z.array(id),
    }),
    lowerBound: minutes.describe('No schedule for this many workers is shorter.'),
    makespan: minutes.describe('Minutes until the last task of the schedule finishes.'),
    gap: z.number().nonnegative().describe('makespan / lowerBound - 1.'),
    barrierMakespan: z
      .strictObject({ stage: minutes, layer: minutes })
      .describe('What the same workers need under the two barriers.'),
    parallelShare: z.number().min(0).max(1).describe('Share of tasks in layers of two or more.'),
    smallestUsefulWorkers: count.describe('More workers than these buy nothing without barriers.'),
    rounds: count.describe(
      'Rounds of improvement; with them and the seed the plan is the same again.',
    ),
    seed: z.int(),
    schedule: z.array(z.strictObject({ task: id, start: minutes, finish: minutes, lane: count })),
    facts: z.array(
      z.strictObject({
        task: id,
        layer: count,
        tail: minutes.describe('Minutes from its start to the end of the plan at best.'),
        urgency: minutes
          .describe('Started by it: the expected longest way to the end. Without it the tail.')
          .optional(),
        slack: minutes.describe('Minutes it may start late before the critical path grows.'),
        estimate: minutes,
        estimated: z.boolean().describe('False when the estimate was assumed.'),
      }),
    ),
    batches: z.array(
      z.strictObject({
        tasks: z.array(id),
        canParallel: z.boolean(),
        dependsOn: z.array(count).describe('Positions in batches.'),
        duration: minutes.describe('Minutes it takes by itself, with all workers.'),
      }),
    ),
    laneCap: z
      .int()
      .positive()
      .describe('At most so many tasks run at once: workers, or lanes where they are fewer.'),
    lanes: z
      .array(
        z.strictObject({
          lane: count,
          tasks: z.array(id).describe('In order of start.'),
          epics: z.array(z.string()),
          busy: minutes.describe('Minutes in which something runs on it.'),
        }),
      )
      .describe('The lanes that the schedule uses.'),
    conflicts: z
      .array(
        z.strictObject({
          tasks: z.tuple([id, id]),
          kind: z.string().optional(),
          confidence: z.number().min(0).max(1).optional(),
          evidence: z.array(z.string()),
          allowed: z.boolean().describe('Whether they may run at once all the same.'),
        }),
      )
      .describe('Pairs of tasks that do not run at once, unless allowed.'),
    inferred: z
      .array(
        z.strictObject({
          task: id.describe('The later task.'),
          dependsOn: id.describe('The earlier task it waits for.'),
          source: z.string().describe('How it is known, in a word.'),
          confidence: z.number().min(0).max(1),
          evidence: z.string().describe('A sentence for people.'),
        }),
      )
      .describe('Dependencies that count because they were inferred; none of them is declared.'),
    warnings: z.array(
      z.strictObject({
        kind: z.enum([
          'duplicate-dependency',
          'similar-ids',
          'unlimited-resource',
          'unused-resource',
          'unknown-allowed',
          'unknown-option',
        ]),
        tasks: z.array(id),
        message: z.string(),
      }),
    ),
  })
  .describe('A Cueline plan. All times are minutes.') satisfies z.ZodType<Plan>

/** The JSON Schema (draft 2020-12) of a plan, as published in `schema/plan.json`. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(planSchema, { target: 'draft-2020-12' })
  return { $schema, $id: 'urn:cueline:schema:plan', title: 'Plan', ...rest }
}
