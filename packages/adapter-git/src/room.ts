import { statfs } from 'node:fs/promises'

import { CuelineError, type AttemptId } from '@cueline/core'

import { claimName } from './claimed-names.ts'
import { readManifests } from './manifest.ts'
import type { Repository } from './repository.ts'

export interface RoomLimits {
  /** How many workspaces of one integration branch may exist at a time, among all processes. */
  readonly maxWorkspaces?: number
  /** Bytes that must be free on the disks of workspaces and of the repository. */
  readonly minFreeBytes: number
}

const usualFreeBytes = 64 * 2 ** 20

/** @throws CuelineError `invalid-input` for limits that are none. */
export function checkedLimits({
  maxWorkspaces,
  minFreeBytes = usualFreeBytes,
}: Partial<RoomLimits>): RoomLimits {
  if (maxWorkspaces !== undefined && !(Number.isInteger(maxWorkspaces) && maxWorkspaces > 0)) {
    throw new CuelineError(
      'invalid-input',
      `maxWorkspaces is ${maxWorkspaces}; give a whole number of 1 or more, or leave it out for no limit.`,
    )
  }
  if (!(minFreeBytes >= 0)) {
    throw new CuelineError(
      'invalid-input',
      `minFreeBytes is ${minFreeBytes}; give a number of bytes, 0 for no limit.`,
    )
  }
  return { minFreeBytes, ...(maxWorkspaces !== undefined && { maxWorkspaces }) }
}

/** @throws CuelineError `limit` when a disk has less than it must keep free. */
export async function requireFreeDisk(
  { root, common }: Repository,
  { minFreeBytes }: RoomLimits,
): Promise<void> {
  if (minFreeBytes === 0) return
  for (const folder of [root, common]) {
    const { bavail, bsize } = await statfs(folder)
    const left = bavail * bsize
    if (left >= minFreeBytes) continue
    throw new CuelineError(
      'limit',
      `The disk of ${folder} has ${inMiB(left)} MiB left, and a new workspace needs ${inMiB(minFreeBytes)} (--min-free, minFreeBytes in code). Make room; work goes on by itself then.`,
      { retryable: true, details: { folder, left, minFreeBytes } },
    )
  }
}

/**
 * Takes one of the rooms that there are, for as long as the workspace exists.
 *
 * @throws CuelineError `limit` when all are taken.
 */
export async function takeRoom(
  place: Repository,
  { maxWorkspaces }: RoomLimits,
  attemptId: AttemptId,
): Promise<void> {
  if (maxWorkspaces === undefined) return
  // Workspaces of processes without this limit have no room of their own, but count.
  const others = (await readManifests(place)).filter((other) => other.attemptId !== attemptId)
  const held = others.filter(({ gitFolder }) => gitFolder !== null).length
  for (let room = 1; held < maxWorkspaces && room <= maxWorkspaces; room += 1) {
    if (await claimName(place, 'rooms', String(room), attemptId)) return
  }
  throw new CuelineError(
    'limit',
    `There are ${maxWorkspaces} workspaces already, as many as --max-workspaces (maxWorkspaces in code) allows. Work goes on when one is removed; raise the limit, or let fewer workers run.`,
    { retryable: true, details: { maxWorkspaces } },
  )
}

/** The limit behind an error, when the disk is full; else the error itself. */
export function asLimit(error: unknown, folder: string): unknown {
  const said = fullDiskOf(error)
  if (said === null) return error
  return new CuelineError(
    'limit',
    `The disk is full: no workspace could be made below ${folder}, and nothing is left of it (${said}). Make room; work goes on by itself then.`,
    { retryable: true, details: { folder }, cause: error },
  )
}

/** What was said about a disk that takes no more, by the system or by git; null when it does. */
function fullDiskOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT') return code
  const said = (details as { readonly stderr?: unknown } | undefined)?.stderr
  if (typeof said !== 'string') return null
  return said.split('\n').find((line) => takesNoMore.test(line)) ?? null
}

/** The last is all that a checkout says of it. */
const takesNoMore = /no space left on device|disk quota exceeded|unable to write file/i

function inMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
