import { errorMessage } from '../error-message.ts'
import type { Verdict } from '../staging/state.ts'
import type { Gate, GateSubject } from './gate.ts'

const longestSummary = 500
const longestEvidence = 4096

export interface RunGatesOptions {
  /** Any clock, in milliseconds. */
  readonly now: () => number
  /** Gates that judge at once; 1 when absent, which runs them in order. */
  readonly concurrency?: number
}

/**
 * Has every gate judge the subject and gives one verdict each, in the order of the gates. Fails
 * closed: a gate that throws, gives no proper verdict or was not run because `signal` aborted gets
 * `error`, and no gates at all give a single `error`. Never rejects. Waits for gates that have
 * begun, so nothing judges any more when it resolves. Every gate runs, also after one has failed,
 * so that the next attempt learns of all that is wrong.
 */
export async function runGates(
  gates: readonly Gate[],
  subject: GateSubject,
  signal: AbortSignal,
  { now, concurrency = 1 }: RunGatesOptions,
): Promise<readonly Verdict[]> {
  if (gates.length === 0) {
    return [
      verdict('gates', 'error', {
        summary: 'No gate judged this work; give the task a gate, or the engine one for all tasks.',
        cause: 'environment',
      }),
    ]
  }
  const verdicts: Verdict[] = []
  let next = 0
  const work = async () => {
    while (next < gates.length) {
      const index = next
      next += 1
      verdicts[index] = await judge(gates[index] as Gate, subject, signal, now)
    }
  }
  const lanes = Math.max(1, Math.min(gates.length, Math.floor(concurrency) || 1))
  await Promise.all(Array.from({ length: lanes }, work))
  return verdicts
}

/** True when there is at least one verdict and every one is `pass`. */
export function allPass(verdicts: readonly Verdict[]): boolean {
  return verdicts.length > 0 && verdicts.every((each) => each.result === 'pass')
}

async function judge(
  gate: Gate,
  subject: GateSubject,
  signal: AbortSignal,
  now: () => number,
): Promise<Verdict> {
  if (signal.aborted) return notFinished(gate, signal, 0, 'was not run')
  const start = now()
  const took = () => Math.max(0, now() - start)
  try {
    const given: unknown = await gate.judge(subject, signal)
    // What a gate says after the abort was perhaps said because of it.
    if (signal.aborted) return notFinished(gate, signal, took(), 'was stopped')
    return checked(gate, given, took())
  } catch (error) {
    if (signal.aborted) return notFinished(gate, signal, took(), 'was stopped')
    return verdict(gate.name, 'error', {
      summary: `The gate "${gate.name}" failed itself: ${errorMessage(error)}`,
      durationMs: took(),
      cause: 'environment',
    })
  }
}

const results = new Set<unknown>(['pass', 'fail', 'error', 'skipped'])
const causes = new Set<unknown>(['code', 'flaky', 'environment', null])

function checked(gate: Gate, given: unknown, durationMs: number): Verdict {
  if (typeof given !== 'object' || given === null || !results.has((given as Verdict).result)) {
    return verdict(gate.name, 'error', {
      summary: `The gate "${gate.name}" gave no verdict; it must resolve with { result: 'pass' | 'fail' | 'error' | 'skipped', … }.`,
      durationMs,
      cause: 'environment',
    })
  }
  const { result, summary, evidence, cause, durationMs: own } = given as Verdict
  return verdict(gate.name, result, {
    summary: typeof summary === 'string' ? summary : '',
    evidence: typeof evidence === 'string' ? evidence : '',
    cause: causes.has(cause) ? cause : null,
    durationMs: typeof own === 'number' && Number.isFinite(own) && own >= 0 ? own : durationMs,
  })
}

function notFinished(gate: Gate, signal: AbortSignal, durationMs: number, what: string): Verdict {
  return verdict(gate.name, 'error', {
    summary: `The gate "${gate.name}" ${what}: ${errorMessage(signal.reason)}`,
    durationMs,
    cause: 'environment',
  })
}

function verdict(
  gate: string,
  result: Verdict['result'],
  rest: Partial<Pick<Verdict, 'summary' | 'evidence' | 'cause' | 'durationMs'>>,
): Verdict {
  const { summary = '', evidence = '', cause = null, durationMs = 0 } = rest
  return {
    gate,
    result,
    summary: summary.length > longestSummary ? `${summary.slice(0, longestSummary - 1)}…` : summary,
    durationMs,
    cause,
    // The end says what went wrong.
    evidence:
      evidence.length > longestEvidence ? `…${evidence.slice(1 - longestEvidence)}` : evidence,
  }
}
