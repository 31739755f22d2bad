import { atMost } from './at-most.ts'

/** A connection of its own for LISTEN and NOTIFY; a client of `pg` is one. */
export interface SignalClient {
  readonly processID?: number | null
  query(query: { readonly text: string; readonly values?: unknown[] }): Promise<unknown>
  on(event: 'notification', listener: (message: Notification) => void): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
}

interface Notification {
  readonly processId: number
  readonly payload?: string | undefined
}

export interface SignalsOptions {
  /** Opens the connection. */
  readonly open: () => Promise<SignalClient>
  /** Closes it, whatever state it is in; must not throw. */
  readonly close: (client: SignalClient) => void
  readonly channel: string
  /** How long notifications are gathered before the next one goes out, milliseconds. */
  readonly gatherMs: number
  /** How often the connection must answer, and how long it may take, milliseconds. */
  readonly pingMs: number
}

/** What one notification may hold, bytes; the server's limit is 8 000. */
const longestPayload = 7_900
const longestPauseMs = 2_000
/** A server that does not answer keeps nobody from closing for longer, milliseconds. */
const longestGoodbyeMs = 1_000

/**
 * Wake-ups between processes. A notification is a hint: it may be lost with its connection, so the
 * listener polls as well. It goes out after the commit, on a connection of its own and at most once
 * in `gatherMs`, because NOTIFY inside transactions makes all commits of the server wait in line.
 */
export class Signals {
  readonly #options: SignalsOptions
  readonly #pending = new Set<string>()
  #wake: ((projectIds?: ReadonlySet<string>) => void) | undefined
  #client: SignalClient | undefined
  #opening: Promise<SignalClient | undefined> | undefined
  #pauseMs = 0
  #sending = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #pinger: ReturnType<typeof setInterval> | undefined
  #closed = false

  constructor(options: SignalsOptions) {
    this.#options = options
  }

  /** Tells other processes that these logs have grown. */
  notify(projectIds: ReadonlySet<string>): void {
    for (const projectId of projectIds) this.#pending.add(projectId)
    if (!this.#sending) void this.#send()
  }

  /** Calls back for what other processes tell, and whenever something may have been missed. */
  listen(wake: (projectIds?: ReadonlySet<string>) => void): () => void {
    this.#wake = wake
    const client = this.#client
    if (client === undefined) void this.#keepListening()
    else this.#listenOn(client).catch(() => this.#drop(client))
    return () => {
      this.#wake = undefined
      this.#drop(this.#client)
    }
  }

  /** Sends what is still gathered, unless that takes too long, then closes. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#pending.size > 0) await atMost(longestGoodbyeMs, this.#flush())
    this.#closed = true
    this.#drop(this.#client)
  }

  async #send(): Promise<void> {
    this.#sending = true
    while (this.#pending.size > 0 && !this.#closed) {
      await this.#flush()
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, this.#options.gatherMs)
        this.#timer.unref()
      })
    }
    this.#sending = false
  }

  async #flush(): Promise<void> {
    const client = await this.#connect()
    if (client !== undefined && this.#pending.size > 0) await this.#deliver(client)
  }

  async #deliver(client: SignalClient): Promise<void> {
    const payload = payloadOf(this.#pending)
    this.#pending.clear()
    try {
      const values = [this.#options.channel, payload]
      await client.query({ text: 'select pg_notify($1, $2)', values })
    } catch {
      // Whoever listens polls too.
      this.#drop(client)
    }
  }

  #connect(): Promise<SignalClient | undefined> {
    if (this.#client !== undefined) return Promise.resolve(this.#client)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<SignalClient | undefined> {
    if (this.#pauseMs > 0) {
      await new Promise<void>((resolve) => setTimeout(resolve, this.#pauseMs).unref())
    }
    let client: SignalClient | undefined
    try {
      if (this.#closed) return undefined
      client = await this.#options.open()
      const opened = client
      this.#client = client
      client.on('error', () => this.#drop(opened))
      client.on('end', () => this.#drop(opened))
      client.on('notification', ({ payload, processId }) => {
        if (processId !== opened.processID) this.#wake?.(projectsOf(payload))
      })
      if (this.#wake !== undefined) await this.#listenOn(client)
      if (this.#closed) this.#drop(client)
      this.#pauseMs = 0
      return this.#client
    } catch {
      this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, 50), longestPauseMs)
      this.#drop(client)
      return undefined
    }
  }

  async #listenOn(client: SignalClient): Promise<void> {
    this.#ping(client)
    await client.query({ text: `listen "${this.#options.channel}"` })
    // What was told while nobody listened.
    this.#wake?.()
  }

  async #keepListening(): Promise<void> {
    while (this.#wake !== undefined && this.#client === undefined && !this.#closed) {
      await this.#connect()
    }
  }

  /** A connection that is half open looks alive for hours, so it has to answer. */
  #ping(client: SignalClient): void {
    clearInterval(this.#pinger)
    let answered = true
    this.#pinger = setInterval(() => {
      if (!answered) {
        this.#drop(client)
        return
      }
      answered = false
      client.query({ text: 'select 1' }).then(
        () => {
          answered = true
        },
        () => this.#drop(client),
      )
    }, this.#options.pingMs)
    this.#pinger.unref()
  }

  /** Gives a connection up; a listener gets another one. */
  #drop(client: SignalClient | undefined): void {
    if (client === undefined || client !== this.#client) return
    this.#client = undefined
    clearInterval(this.#pinger)
    this.#options.close(client)
    void this.#keepListening()
  }
}

function payloadOf(projectIds: ReadonlySet<string>): string {
  const payload = JSON.stringify([...projectIds])
  // Empty: any project.
  return Buffer.byteLength(payload) > longestPayload ? '' : payload
}

function projectsOf(payload: string | undefined): ReadonlySet<string> | undefined {
  if (payload === undefined || payload === '') return undefined
  try {
    const ids: unknown = JSON.parse(payload)
    return Array.isArray(ids) ? new Set(ids.map(String)) : undefined
  } catch {
    // Anybody may notify on this channel.
    return undefined
  }
}
