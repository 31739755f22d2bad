import type { Consumer, ConsumeOptions, Delivery, Disposition } from '@cueline/core'

/** Where jobs come from; each of them is a hint that one more work order waits. */
export interface JobSource {
  /** The next job, after a while without one nothing; it is this taker's until it is given up. */
  next(token: string): Promise<Job | undefined>
  /** Whether it cannot be asked at the moment. */
  isAway(): boolean
  /** Resolves when it can be asked again, or `signal` has aborted. */
  back(signal: AbortSignal): Promise<void>
  /** Lets go of the jobs that wait. Resolves with whether there were any. */
  forget(): Promise<boolean>
  close(): void
}

interface Job {
  moveToCompleted(result: null, token: string, fetchNext: false): Promise<unknown>
  moveToWait(token: string): Promise<unknown>
}

/**
 * Reads jobs while a slot is free; each starts one look for work, and a job is over once its look has
 * begun: nothing of the queue is held while an attempt works. A slot that has done something looks
 * again by itself, so jobs only ever have to wake idle ones.
 */
export function consumeJobs(
  { slots, signal }: ConsumeOptions,
  deliver: (delivery: Delivery) => Promise<Disposition>,
  source: JobSource,
): Consumer {
  const finished = Promise.withResolvers<void>()
  let room = Promise.withResolvers<void>()
  let inFlight = 0
  /** Looks that jobs and freed slots still have to make. */
  let due = 0
  /** Whether every free slot looks. */
  let hungry = false
  /** Counts what may have brought work, so that none is lost while an empty answer is on its way. */
  let news = 0
  let over = false

  const hasRoom = () => inFlight < slots()
  const pump = () => {
    while ((hungry || due > 0) && !over && hasRoom()) {
      due = Math.max(0, due - 1)
      inFlight += 1
      void look(news)
    }
    if (over && inFlight === 0) finished.resolve()
    if (!over && !hasRoom()) return
    room.resolve()
    room = Promise.withResolvers()
  }
  const look = async (newsBefore: number) => {
    try {
      // Without the id of the job's work order: the storage knows what is best to start next.
      if ((await deliver({})) === 'done') due += 1
      else if (news === newsBefore) {
        hungry = false
        due = 0
        void forgetWaiting()
      }
    } catch (error) {
      end(error)
    } finally {
      inFlight -= 1
      pump()
    }
  }
  /**
   * The jobs that wait tell of work that others have taken, or that cannot start now. One more look
   * afterwards, for what was dispatched between the look that found nothing and this.
   */
  const forgetWaiting = async () => {
    if (over || source.isAway()) return
    const some = await source.forget().catch(() => false)
    if (some) arrive()
  }
  const arrive = () => {
    news += 1
    due += 1
    pump()
  }
  const wake = () => {
    news += 1
    hungry = true
    pump()
  }
  const end = (error?: unknown) => {
    if (error !== undefined) finished.reject(error)
    if (over) return
    over = true
    source.close()
    pump()
  }
  const read = async () => {
    const token = crypto.randomUUID()
    while (!over) {
      if (!hasRoom()) {
        await room.promise
        continue
      }
      try {
        const job = await source.next(token)
        if (job === undefined) continue
        const taken = !over && hasRoom()
        if (taken) arrive()
        await giveUp(job, token, taken)
      } catch (error) {
        if (over) return
        if (!source.isAway()) return end(error)
        await source.back(signal)
      }
    }
  }
  const giveUp = async (job: Job, token: string, taken: boolean) => {
    try {
      await (taken ? job.moveToCompleted(null, token, false) : job.moveToWait(token))
    } catch {
      // It is gone, as after a restart of Redis, or the queue finds out that nobody holds it.
    }
  }
  signal.addEventListener('abort', () => end(), { once: true })
  if (signal.aborted) end()
  wake()
  void read()
  return { wake, done: finished.promise }
}
