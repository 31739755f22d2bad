import type { ProjectDelivery } from '../staging/state.ts'

/**
 * Where finished work is handed over to people: pull requests of a forge, for instance. A delivery
 * offers a commit for a base branch and never moves that branch itself.
 */
export interface DeliveryProvider {
  readonly name: string
  /**
   * Offers `commit` for `base` under `branch`. The same key is the same delivery, also after a crash
   * between any two steps: its commit, title and body are brought up to date, and no second one is
   * made. One that was merged or closed meanwhile stays as it is and is told as that.
   *
   * @throws CuelineError `refused` when the provider does not let us (log in, rights), `limit`
   *   (retryable) when it asks to wait, `unsupported` when its tool is not there, `conflict` when
   *   somebody else has changed the branch.
   */
  deliver(request: DeliveryRequest, signal: AbortSignal): Promise<Delivered>
  /** What has become of a delivery, by the id that `deliver` gave. */
  status(id: string, signal: AbortSignal): Promise<Delivered>
  close(): Promise<void>
}

export interface DeliveryRequest {
  /** Names the delivery: stable over retries and restarts. */
  readonly key: string
  /** The branch to offer it as; made and moved by the provider, nobody else's. */
  readonly branch: string
  readonly commit: string
  /** The branch that it is meant for. */
  readonly base: string
  /** One line, and Markdown: data, never part of a command. */
  readonly title: string
  readonly body: string
}

export interface Delivered extends Pick<ProjectDelivery, 'url' | 'state' | 'checks'> {
  /** The provider's own id, for `status`. */
  readonly id: string
}
