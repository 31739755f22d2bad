import * as z from 'zod'
import { isTooLong, longestId } from '../plan/id-length.ts'
import type {
  AttemptId,
  BatchId,
  PlanId,
  ProjectId,
  RequestId,
  SessionId,
  WorkerId,
} from '../id.ts'

const id = z
  .string()
  .min(1)
  .refine((value) => !isTooLong(value), `must be at most ${longestId} characters`)
  .meta({ maxLength: longestId })

/** Ids arrive as plain strings and leave with their kind. */
export const projectId = id.transform((value) => value as ProjectId)
export const batchId = id.transform((value) => value as BatchId)
export const planId = id.transform((value) => value as PlanId)
export const requestId = id.transform((value) => value as RequestId)
export const attemptId = id.transform((value) => value as AttemptId)
export const sessionId = id.transform((value) => value as SessionId)
export const workerId = id.transform((value) => value as WorkerId)
/** The id or the code of a task. */
export const taskReference = id
export const name = z.string().trim().min(1).max(200)
export const text = z.string().max(100_000)
/** Who asks, for the log. */
export const actor = z.string().min(1).max(200).default('host')

export const projectSettings = z
  .strictObject({
    barrier: z.enum(['none', 'stage', 'layer']),
    maxParallelTasks: z.int().min(1).max(10_000),
    accountLimits: z.record(z.string(), z.int().min(0).max(10_000)),
    resources: z.record(z.string(), z.number().min(0).max(1e9)),
    releaseOn: z.enum(['completed', 'verified', 'merged']),
    maxAttempts: z.int().min(1).max(100),
    mergeRounds: z.int().min(1).max(100),
    reviewCapability: z.string().min(1).max(200),
    maxInterruptions: z.int().min(1).max(1_000),
    ageingMs: z.int().min(0).max(8_640_000_000),
    retryBaseMs: z.int().min(0),
    retryMaxMs: z.int().min(0),
    stuckAfterMs: z.int().min(0),
    stuckPolicy: z.enum(['retry', 'skip', 'hold']),
    sessionIdleMs: z.int().min(0),
    sessionMaxAgeMs: z.int().min(0),
  })
  .partial()
