import type { PartialTaskContext } from './task-context.ts'
import type { TaskSpec } from './task-spec.ts'

export interface StatelessReadiness {
  readonly ready: boolean
  /** Share of the required parts that are there, weighted, from 0 to 1; 1 means ready. */
  readonly score: number
  /** In the order of `contextParts`. */
  readonly missing: readonly MissingPart[]
}

export interface MissingPart {
  readonly part: ContextPart
  readonly message: string
}

export type ContextPart =
  | 'description'
  | 'projectBackground'
  | 'architecture'
  | 'guidance'
  | 'tdd'
  | 'acceptanceCriteria'
  | 'gates'

/** The parts of a context in the order they are checked, with their weight in the score. */
export const contextParts: readonly { readonly part: ContextPart; readonly weight: number }[] = [
  { part: 'description', weight: 2 },
  { part: 'projectBackground', weight: 1 },
  { part: 'architecture', weight: 1 },
  { part: 'guidance', weight: 1 },
  { part: 'tdd', weight: 2 },
  { part: 'acceptanceCriteria', weight: 2 },
  { part: 'gates', weight: 1 },
]

/**
 * Can an agent that knows nothing else do this task? Says exactly which parts are missing [S3-02].
 *
 * Tasks of type `docs` and `chore` need no test cases; every other part is needed by all. A part
 * that is there but blank counts as missing.
 */
export function isStatelessReady(
  task: Pick<TaskSpec, 'id' | 'type' | 'description' | 'context'>,
): StatelessReadiness {
  const missing: MissingPart[] = []
  let wanted = 0
  let found = 0
  for (const { part, weight } of contextParts) {
    if (part === 'tdd' && !needsTests(task)) continue
    wanted += weight
    const message = whatIsMissing(part, task)
    if (message === undefined) found += weight
    else missing.push({ part, message: `Task ${task.id} ${message}` })
  }
  return { ready: missing.length === 0, score: found / wanted, missing }
}

function needsTests(task: Pick<TaskSpec, 'type'>): boolean {
  return task.type !== 'docs' && task.type !== 'chore'
}

function whatIsMissing(
  part: ContextPart,
  task: Pick<TaskSpec, 'type' | 'description' | 'context'>,
): string | undefined {
  const context: PartialTaskContext = task.context ?? {}
  switch (part) {
    case 'description':
      return blank(task.description) ? 'has no description: say what is to be done.' : undefined
    case 'projectBackground':
      return blank(context.projectBackground)
        ? 'has no project background: say what the project is and for whom.'
        : undefined
    case 'architecture':
      return blank(context.architecture)
        ? 'has no architecture: say where in the code it belongs.'
        : undefined
    case 'guidance':
      return blank(context.guidance) ? 'has no guidance: say how it should be done.' : undefined
    case 'tdd':
      return missingTests(task.type ?? 'feature', context)
    case 'acceptanceCriteria':
      return (context.acceptanceCriteria ?? []).every(blank)
        ? 'has no acceptance criterion: say how one sees that it is done.'
        : undefined
    case 'gates':
      return (context.gates ?? []).length === 0
        ? 'has no gate: name a command that must pass.'
        : undefined
  }
}

function missingTests(type: string, context: PartialTaskContext): string | undefined {
  const cases = context.tdd?.cases ?? []
  if (cases.length === 0) return `is of type ${type} and has no test case: give at least one.`
  const open = cases.find((test) => blank(test.name) || blank(test.expected))
  if (open === undefined) return undefined
  const lacking = blank(open.name) ? 'a name' : 'an expected result'
  return `has the test case ${JSON.stringify(open.name)} without ${lacking}: fill it in.`
}

function blank(text: string | undefined): boolean {
  return text === undefined || text.trim() === ''
}
