import type { Verdict } from '../staging/state.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'

/**
 * Judges the work of an attempt. A gate that cannot judge says `error`; only `pass` passes. It must
 * not change the work. When `signal` aborts it stops what it has started and settles soon.
 */
export interface Gate {
  readonly name: string
  /**
   * Gates of the same key say the same of the same folder, whichever attempt asks: where several are
   * merged as a group, one of them judges for all. Without a key a gate judges for each of them.
   */
  readonly key?: string
  judge(subject: GateSubject, signal: AbortSignal): Promise<Verdict>
}

export interface GateSubject {
  readonly attempt: AttemptBrief
  /** The folder that holds the work, when there is one. */
  readonly path?: string
}

/** Which gates judge a task: the same for all, or by its context (`gates`). */
export type Gates = (attempt: AttemptBrief) => readonly Gate[]
