/** Of so many claims of a process, one is offered to who has waited longest. */
export const claimsPerTurn = 8

/** When a project's settings do not say it: an hour. */
export const usualAgeingMs = 3_600_000

/** What a process has claimed of a project so far. */
export interface ClaimTurns {
  readonly claimed: number
  /** Turns of those who waited longest, taken or left to others because nobody had waited. */
  readonly aged: number
}

export const noTurns: ClaimTurns = { claimed: 0, aged: 0 }

/** How many of the next claims, at most `free`, go first to those who have waited longest. */
export function agedTurns({ claimed, aged }: ClaimTurns, free: number): number {
  const due = Math.floor((claimed + free) / claimsPerTurn) - aged
  return Math.min(free, Math.max(0, due))
}

/** After `claimed` more claims, `aged` of them by age. A turn that nobody wanted is not saved up. */
export function afterClaims(turns: ClaimTurns, claimed: number, aged: number): ClaimTurns {
  const all = turns.claimed + claimed
  return { claimed: all, aged: Math.max(turns.aged + aged, Math.floor(all / claimsPerTurn)) }
}
