type Wake = () => void

/** Who wants to hear that logs have grown: listens to other processes while there is anybody. */
export class Followers {
  readonly #listenTo: (wake: (projectIds?: ReadonlySet<string>) => void) => () => void
  /** Whom to wake, and whose log it follows. */
  readonly #followers = new Map<Wake, string>()
  /** Whom only the writes of other processes wake. */
  readonly #strangers = new Set<Wake>()
  #stopListening: (() => void) | undefined
  #ended = false

  /** `listenTo` calls back when others may have written, to these projects or to any. */
  constructor(listenTo: (wake: (projectIds?: ReadonlySet<string>) => void) => () => void) {
    this.#listenTo = listenTo
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

  /** Listens no more, whoever comes. */
  end(): void {
    this.#ended = true
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  #listen(): void {
    if (this.#ended) return
    this.#stopListening ??= this.#listenTo((projectIds) => {
      this.wake(projectIds)
      for (const wake of this.#strangers) wake()
    })
  }

  #listenNoMore(): void {
    if (this.#followers.size + this.#strangers.size > 0) return
    this.#stopListening?.()
    this.#stopListening = undefined
  }
}
