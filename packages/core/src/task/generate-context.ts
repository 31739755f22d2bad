import { CuelineError } from '../error.ts'
import { defaultCoverage } from './task-context.ts'
import type { GateSpec, TaskContext, TestSpec } from './task-context.ts'
import type { PlanDocument, TaskSpec } from './task-spec.ts'

export interface GenerateContextOptions {
  /** Upper bound for the embedded text in estimated tokens; the task's own bound when absent. */
  readonly tokenBudget?: number | undefined
}

export interface GeneratedContext {
  readonly context: TaskContext
  /** Estimated tokens of all texts of `context`. */
  readonly tokens: number
  /** What was cut to meet the budget, least important first; empty when all fitted. */
  readonly trimmed: readonly TrimmedPart[]
  /** False when even the parts that are never cut exceed the budget. */
  readonly withinBudget: boolean
}

export interface TrimmedPart {
  readonly part: 'projectBackground' | 'architecture' | 'guidance'
  readonly tokensBefore: number
  readonly tokensAfter: number
}

/** Budget that counts when neither the call nor the task names one. */
export const defaultTokenBudget = 32_000

/**
 * The context of one task, generated from its plan: what the project says for every task, and what
 * the task says for itself, embedded so that an agent needs nothing else [S3-01].
 *
 * A task's own text stands before the project's. When the whole exceeds the budget, the least
 * important is cut first and from its end: project background, then architecture, then the
 * project's part of the guidance. What the task itself brings - its guidance, test cases and
 * acceptance criteria - and the gates are never cut; `withinBudget` says when they alone are too much.
 * The same input gives the same output. Nothing is invented: an empty part stays empty.
 *
 * @param taskOrId a task of the plan; giving the task itself saves the search for its id.
 * @throws CuelineError `not-found` when the plan has no task of that id, `invalid-input` for a budget
 *   that is not a whole number above 0.
 */
export function generateContext(
  plan: PlanDocument,
  taskOrId: TaskSpec | string,
  options: GenerateContextOptions = {},
): GeneratedContext {
  const task = typeof taskOrId === 'string' ? taskOf(plan, taskOrId) : taskOrId
  const tokenBudget = checkedBudget(
    options.tokenBudget ?? task.context?.tokenBudget ?? defaultTokenBudget,
    task.id,
  )
  const whole = wholeContext(plan, task, tokenBudget)
  return fit(whole, task.context?.guidance ?? '', tokenBudget)
}

/**
 * How many tokens a text will take, estimated as one per four characters, rounded up. Deterministic
 * and without a tokenizer, so it is the same for every model; for code and for languages without
 * spaces it is low by up to a third.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken)
}

const charactersPerToken = 4
const cutMark = '\n[… cut to fit the token budget]'
const trimOrder = ['projectBackground', 'architecture', 'guidance'] as const

function wholeContext(plan: PlanDocument, task: TaskSpec, tokenBudget: number): TaskContext {
  const own = task.context ?? {}
  const project = plan.project ?? {}
  return {
    projectBackground: joined(own.projectBackground, project.background),
    architecture: joined(own.architecture, project.architecture),
    guidance: joined(own.guidance, project.guidance),
    tdd: testsOf(own.tdd),
    acceptanceCriteria: own.acceptanceCriteria ?? [],
    gates: mergedGates(own.gates ?? [], project.gates ?? []),
    tokenBudget,
  }
}

function fit(whole: TaskContext, ownGuidance: string, tokenBudget: number): GeneratedContext {
  const context = { ...whole }
  let tokens = tokensOf(whole)
  const trimmed: TrimmedPart[] = []
  for (const part of trimOrder) {
    if (tokens <= tokenBudget) break
    const text = context[part]
    const kept = part === 'guidance' ? ownGuidance.trim().length : 0
    const tokensBefore = estimateTokens(text)
    const shorter = cut(text, tokensBefore - (tokens - tokenBudget), kept)
    if (shorter.length >= text.length) continue
    context[part] = shorter
    tokens = tokensOf(context)
    trimmed.push({ part, tokensBefore, tokensAfter: estimateTokens(shorter) })
  }
  return { context, tokens, trimmed, withinBudget: tokens <= tokenBudget }
}

/** The start of `text` in at most `tokens`, but never less than its first `kept` characters. */
function cut(text: string, tokens: number, kept: number): string {
  const room = Math.max(0, tokens) * charactersPerToken - cutMark.length
  if (room <= kept) return text.slice(0, kept)
  const end = text.lastIndexOf('\n', room)
  // A line break is the better place to cut, unless it costs more than a quarter of the room.
  const start = text.slice(0, end > kept && end >= room * 0.75 ? end : wholeCharacters(text, room))
  return start.trimEnd() + cutMark
}

/** An end that does not tear a surrogate pair apart. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end
}

function tokensOf(context: TaskContext): number {
  let tokens =
    estimateTokens(context.projectBackground) +
    estimateTokens(context.architecture) +
    estimateTokens(context.guidance)
  for (const test of context.tdd.cases) {
    tokens += estimateTokens(test.name) + estimateTokens(test.given) + estimateTokens(test.expected)
  }
  for (const criterion of context.acceptanceCriteria) tokens += estimateTokens(criterion)
  for (const gate of context.gates) {
    tokens += estimateTokens(gate.name) + estimateTokens(gate.command.join(' '))
  }
  return tokens
}

function testsOf(own: TestSpec | undefined): TestSpec {
  return { cases: own?.cases ?? [], coverage: own?.coverage ?? defaultCoverage }
}

/** The task's gates first; a project gate of the same name gives way to the task's. */
function mergedGates(own: readonly GateSpec[], shared: readonly GateSpec[]): GateSpec[] {
  const names = new Set(own.map((gate) => gate.name))
  return [...own, ...shared.filter((gate) => !names.has(gate.name))]
}

function joined(own: string | undefined, shared: string | undefined): string {
  const parts = [own?.trim() ?? '', shared?.trim() ?? ''].filter((text) => text !== '')
  return parts[0] === parts[1] ? (parts[0] ?? '') : parts.join('\n\n')
}

function checkedBudget(tokens: number, taskId: string): number {
  if (Number.isSafeInteger(tokens) && tokens > 0) return tokens
  throw new CuelineError(
    'invalid-input',
    `The token budget for task ${JSON.stringify(taskId)} is ${tokens}; give a whole number above 0.`,
    { details: { task: taskId, tokenBudget: tokens } },
  )
}

function taskOf(plan: PlanDocument, taskId: string): TaskSpec {
  const task = plan.tasks.find((candidate) => candidate.id === taskId)
  if (task !== undefined) return task
  const known = plan.tasks.slice(0, 10).map((task) => task.id)
  const rest = plan.tasks.length > known.length ? `, … (${plan.tasks.length} in all)` : ''
  throw new CuelineError(
    'not-found',
    `The plan has no task ${JSON.stringify(taskId)}. It has: ${known.join(', ')}${rest}. Give one of these ids.`,
    { details: { task: taskId } },
  )
}
