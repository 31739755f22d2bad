import { CuelineError } from '../error.ts'

/** Why attempts are aborted; `reason` of their signal. */
export class AttemptAborted extends CuelineError {
  readonly kind: 'shutdown' | 'lease-lost' | 'cancelled' | 'timeout'
  constructor(kind: AttemptAborted['kind'], message: string) {
    super(kind === 'shutdown' ? 'cancelled' : kind, message)
    this.kind = kind
  }
}
