import { outcomeProblem } from './outcome-problem.ts'
import type { Outcome, Runner, RunnerFunction } from './runner.ts'

/**
 * Makes a runner of a bare async function. Nothing or a string counts as completed, with the string
 * as summary; an `Outcome` passes through; anything else is a failure of class `invalid-output`.
 * What the function throws passes through.
 */
export function functionRunner(run: RunnerFunction, name = run.name || 'function'): Runner {
  return {
    name,
    async run(attempt, context) {
      const result: unknown = await run(attempt, context)
      if (result === undefined || result === null) return { status: 'completed', summary: '' }
      if (typeof result === 'string') return { status: 'completed', summary: result }
      const problem = outcomeProblem(result)
      if (problem === null) return result as Outcome
      return {
        status: 'failed',
        class: 'invalid-output',
        message:
          `The runner "${name}" resolved with something that is no outcome: ${problem}. ` +
          `Return nothing, a summary, or { status: 'completed' | 'failed' | 'yielded', … }.`,
      }
    },
  }
}
