import type { Clock } from '../clock.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { abortReason, whenAborted } from './abort.ts'
import type { Outcome, Question, Runner, RunnerContext } from './runner.ts'

/**
 * What one attempt does, in this order: session, progress, output, ask, takesMs, work, end. An attempt that
 * the script does not mention completes at once.
 */
export interface ScriptedAttempt {
  /** The agent's own id of its session. */
  readonly session?: string
  readonly progress?: string
  readonly output?: string
  /** Asked before anything else takes time; the answer is kept in `answers` of the run. */
  readonly ask?: Question
  /** Milliseconds of the runner's clock. */
  readonly takesMs?: number
  /** Does something real, such as writing a file into the workspace. */
  readonly work?: (attempt: AttemptBrief, context: RunnerContext) => Promise<void> | void
  /**
   * An outcome; `throws` for a crash; `never` runs until it is aborted; `ignores-abort` does not
   * even end then (until the runner is closed). Completed when absent, with the answer as summary
   * if it has asked.
   */
  readonly end?: Outcome | { readonly throws: unknown } | 'never' | 'ignores-abort'
}

/**
 * What each task's attempts do: by task code a list whose first entry is the first attempt, or a
 * function. Attempts past the end of a list complete.
 */
export type Script =
  | ReadonlyMap<string, readonly ScriptedAttempt[]>
  | ((attempt: AttemptBrief) => ScriptedAttempt | undefined)

export interface ScriptedRunnerOptions {
  /** Needed for `takesMs` only. */
  readonly clock?: Pick<Clock, 'setTimeout'>
}

/** One call of `run`, for assertions. */
export interface ScriptedRun {
  readonly attempt: AttemptBrief
  readonly answers: readonly string[]
  /** Null while it runs; a thrown error shows as `crashed`. */
  readonly ended: Outcome['status'] | 'crashed' | 'aborted' | null
}

export interface ScriptedRunner extends Runner {
  /** Every call of `run`, in order. */
  readonly runs: readonly ScriptedRun[]
  /** Runs going on now, and the most that ever went on at once. */
  readonly running: number
  readonly peak: number
}

/** A runner that plays a script: for tests, simulations and trying a plan without any agent. */
export function scriptedRunner(
  script: Script = new Map(),
  { clock }: ScriptedRunnerOptions = {},
): ScriptedRunner {
  const runs: ScriptedRun[] = []
  const closed = new AbortController()
  let running = 0
  let peak = 0

  const play = async (
    step: ScriptedAttempt,
    attempt: AttemptBrief,
    context: RunnerContext,
    answered: (answer: string) => void,
  ): Promise<Outcome> => {
    const { signal, report } = context
    signal.throwIfAborted()
    if (step.session !== undefined) report.session(step.session)
    if (step.progress !== undefined) report.progress(step.progress)
    if (step.output !== undefined) report.output(step.output, 'stdout')
    let summary = `${attempt.task.code} done`
    if (step.ask !== undefined) answered((summary = await report.ask(step.ask)))
    if (step.takesMs !== undefined) await elapse(step.takesMs, clock, signal)
    if (step.work !== undefined) await step.work(attempt, context)
    signal.throwIfAborted()
    const end = step.end ?? { status: 'completed', summary }
    if (end === 'never') throw await whenAborted(signal)
    if (end === 'ignores-abort') throw await whenAborted(closed.signal)
    if ('throws' in end) throw end.throws
    return end
  }

  return {
    name: 'scripted',
    runs,
    get running() {
      return running
    },
    get peak() {
      return peak
    },
    async run(attempt, context) {
      const step =
        typeof script === 'function'
          ? script(attempt)
          : script.get(attempt.task.code)?.[attempt.number - 1]
      const index = runs.push({ attempt, answers: [], ended: null }) - 1
      const note = (change: Partial<ScriptedRun>) => {
        runs[index] = { ...(runs[index] as ScriptedRun), ...change }
      }
      running += 1
      peak = Math.max(peak, running)
      try {
        const outcome = await play(step ?? {}, attempt, context, (answer) =>
          note({ answers: [...(runs[index] as ScriptedRun).answers, answer] }),
        )
        note({ ended: outcome.status })
        return outcome
      } catch (error) {
        note({ ended: context.signal.aborted ? 'aborted' : 'crashed' })
        throw error
      } finally {
        running -= 1
      }
    },
    async close() {
      closed.abort()
    },
  }
}

async function elapse(
  ms: number,
  clock: Pick<Clock, 'setTimeout'> | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (clock === undefined) {
    throw new TypeError(
      `The script waits ${ms} ms but the scripted runner has no clock; pass { clock }.`,
    )
  }
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      cancel()
      reject(abortReason(signal))
    }
    const cancel = clock.setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
