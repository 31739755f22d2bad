import type { Now } from './clock.ts'
import { refuseNewer } from './migrate.ts'

/** The database's time as this process gives it out: it never stands still because its clock is behind. */
export class SteadyTime {
  readonly #steadyNow: () => number
  readonly #place: string
  /** A time of the database's clock, and when that was by this process's own, which never jumps. */
  #read = { now: 0, at: 0 }
  #mark = 0

  /** `place` names the database in errors. */
  constructor(steadyNow: () => number, place: string) {
    this.#steadyNow = steadyNow
    this.#place = place
  }

  /** The high-water mark, as far as it is known. */
  get mark(): number {
    return this.#mark
  }

  /**
   * What was read of the clock, as the time to go by; with a `now` of 0, the time since the last look.
   * Throws `storage-newer` when a later version has migrated the database.
   */
  of(at: Now): Now {
    refuseNewer(at.schema, this.#place)
    this.#mark = Math.max(this.#mark, at.mark)
    const own = this.#steadyNow()
    // While the clock is behind a time that was given out already, time goes on at its own pace.
    const now = Math.max(at.now, this.#read.now + Math.floor(own - this.#read.at))
    if (at.now === now) this.#read = { now, at: own }
    return { ...at, now }
  }
}
