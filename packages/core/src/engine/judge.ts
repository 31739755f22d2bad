import type { Gate } from '../gate/gate.ts'
import { allPass, runGates } from '../gate/run-gates.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Failure, Verdict } from '../staging/state.ts'
import type { EngineContext } from './context.ts'
import { orGiveUp } from './or-give-up.ts'

/**
 * Has the gates of the task judge its work, or the merged result, at `path`. A task without any gate
 * is not judged: it only runs when a person forced it.
 */
export function judge(
  context: EngineContext,
  brief: AttemptBrief,
  path: string | undefined,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  return judgeBy(context, context.gates?.(brief) ?? [], brief, path, signal)
}

function judgeBy(
  context: EngineContext,
  gates: readonly Gate[],
  brief: AttemptBrief,
  path: string | undefined,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const asked = brief.task.context?.gates.length ?? 0
  if (gates.length === 0 && asked === 0) return Promise.resolve([])
  const subject = { attempt: brief, ...(path !== undefined && { path }) }
  const judging = runGates(gates, subject, signal, { now: () => context.clock.now() })
  return orGiveUp(context, 'A gate', judging, signal)
}

/**
 * The same for several whose work is merged together, in the order in which it was merged; one list of
 * verdicts each. Gates of the same key judge once, for the last that has them.
 */
export async function judgeGroup(
  context: EngineContext,
  briefs: readonly AttemptBrief[],
  path: string | undefined,
  signal: AbortSignal,
): Promise<readonly (readonly Verdict[])[]> {
  const said = new Map<string, Verdict>()
  const all: (readonly Verdict[])[] = []
  for (const brief of briefs.toReversed()) {
    const gates = context.gates?.(brief) ?? []
    const left = gates.filter(({ key }) => key === undefined || !said.has(key))
    const found =
      gates.length > 0 && left.length === 0 ? [] : await judgeBy(context, left, brief, path, signal)
    left.forEach(({ key }, at) => {
      const verdict = found[at]
      if (key !== undefined && verdict !== undefined) said.set(key, verdict)
    })
    all.unshift(gates.length === 0 ? found : inOrder(gates, left, found, said))
  }
  return all
}

/** One verdict for each gate, its own or the one that another attempt of the group got. */
function inOrder(
  gates: readonly Gate[],
  left: readonly Gate[],
  found: readonly Verdict[],
  said: ReadonlyMap<string, Verdict>,
): readonly Verdict[] {
  return gates.flatMap((gate) => {
    const at = left.indexOf(gate)
    return (at === -1 ? said.get(gate.key ?? '') : found[at]) ?? []
  })
}

/** Nobody has gates for this task, and it asks for none. */
export function isUnjudged(context: EngineContext, brief: AttemptBrief): boolean {
  return context.gates === null && (brief.task.context?.gates.length ?? 0) === 0
}

export function passes(verdicts: readonly Verdict[]): boolean {
  return verdicts.length === 0 || allPass(verdicts)
}

/** Why the gates did not pass on the work or the merged result, with what they printed. */
export function gatesFailure(verdicts: readonly Verdict[], what: string): Failure {
  const failed = verdicts.filter((verdict) => verdict.result !== 'pass')
  const names = failed.map((verdict) => `"${verdict.gate}" (${verdict.result})`).join(', ')
  return {
    class: 'gate-failed',
    message: `Gates did not pass on ${what}: ${names}. ${reason(failed[0])}`,
    evidence: failed.map((verdict) => verdict.evidence).join('\n'),
  }
}

/**
 * What the gate says, and of what it printed the last line that names an error, else the last one with
 * words: usually why. Test runners end with counts, stacks or a brace.
 */
function reason(verdict: Verdict | undefined): string {
  const summary = verdict?.summary ?? ''
  const lines = (verdict?.evidence ?? '').split('\n').filter((line) => /[\p{L}\p{N}]/u.test(line))
  const why = (lines.findLast((line) => namesError.test(line)) ?? lines.at(-1) ?? '').trim()
  if (why === '' || summary.includes(why)) return summary
  return `${summary}: ${why.slice(0, mostOfLine)}`
}

const namesError = /\b(?:[A-Z][a-z]+Error|Error|error|failed|failure|FAIL|panicked|Exception)\b/

/** Characters of a printed line that still help a reader. */
const mostOfLine = 300
