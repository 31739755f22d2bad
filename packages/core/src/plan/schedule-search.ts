/** A schedule that gets better round by round. The same seed gives the same rounds. */
export interface ScheduleSearch {
  /** Minutes of the best schedule so far; infinite before the first round. */
  readonly makespan: number
  /** When each task starts in the best schedule; later rounds write over it. */
  readonly starts: Float64Array
  /** One more try; allocates nothing. */
  round(): void
}
