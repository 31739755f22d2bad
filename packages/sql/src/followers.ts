import { CuelineError } from '@cueline/core'

type Wake = () => void

export interface FollowedLogs {
  /**
   * Calls back when others may have written, to these projects or to any; returns the function that
   * ends it.
   */
  listen(wake: (projectIds?: ReadonlySet<string>) => void): () => void
  /** The last sequence of each of these logs; those without events may be left out. */
  lastSequences(projectIds: ReadonlySet<string>): Promise<ReadonlyMap<string, number>>
}

/**
 * Who wants to hear that logs have grown: listens to other processes while there is anybody. Where any
 * log may have grown, as at every poll, one read tells which, so that a thousand followers cost what one does.
 */
export class Followers {
  readonly #logs: FollowedLogs
  /** Whom to wake, and whose log it follows. */
  readonly #followers = new Map<Wake, string>()
  /** Whom only the writes of other processes wake. */
  readonly #strangers = new Set<Wake>()
  /** The last sequence of each log when it was looked at last, and its followers were woken if it had grown. */
  #seen = new Map<string, number>()
  #looking: 'no' | 'once' | 'again' = 'no'
  #stopListening: (() => void) | undefined
  #ended = false

  constructor(logs: FollowedLogs) {
    this.#logs = logs
  }

  /** Wakes for every write to the project; returns what ends that. */
  follow(projectId: string, wake: Wake): () => void {
    this.#followers.set(wake, projectId)
    this.#listen()
    return () => {
      this.#followers.delete(wake)
      this.#listenNoMore()
    }
  }

  /** Wakes for every write of another process; returns what ends that. */
  hearOthers(wake: Wake): () => void {
    this.#strangers.add(wake)
    this.#listen()
    return () => {
      this.#strangers.delete(wake)
      this.#listenNoMore()
    }
  }

  /** Wakes who follows one of these projects; everybody when none is named. */
  wake(projectIds?: ReadonlySet<string>): void {
    for (const [wake, projectId] of this.#followers) {
      if (projectIds === undefined || projectIds.has(projectId)) wake()
    }
  }

  /** Who was woken could not read: the next look wakes for this project even if nothing was added. */
  missed(projectId: string): void {
    this.#seen.delete(projectId)
  }

  /** Listens no more, whoever comes. */
  end(): void {
    this.#ended = true
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  #listen(): void {
    if (this.#ended) return
    this.#stopListening ??= this.#logs.listen((projectIds) => {
      if (projectIds === undefined) void this.#look()
      else this.wake(projectIds)
      for (const wake of this.#strangers) wake()
    })
  }

  #listenNoMore(): void {
    if (this.#followers.size + this.#strangers.size > 0) return
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  async #look(): Promise<void> {
    if (this.#looking !== 'no') {
      this.#looking = 'again'
      return
    }
    do {
      this.#looking = 'once'
      await this.#wakeGrown()
    } while (this.#isAskedAgain())
    this.#looking = 'no'
  }

  #isAskedAgain(): boolean {
    return this.#looking === 'again' && !this.#ended
  }

  async #wakeGrown(): Promise<void> {
    const followed = new Set(this.#followers.values())
    if (followed.size === 0) return
    try {
      const found = await this.#logs.lastSequences(followed)
      const last = new Map([...followed].map((id) => [id, found.get(id) ?? 0]))
      // Whoever has begun to follow meanwhile reads by itself, after this.
      const grown = [...last].filter(([id, sequence]) => this.#seen.get(id) !== sequence)
      this.#seen = last
      this.wake(new Set(grown.map(([id]) => id)))
    } catch (error) {
      // Busy, or away: there will be another look. Anything else the followers' own reads meet and tell.
      if (!(error instanceof CuelineError && error.retryable)) this.wake()
    }
  }
}
