import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import type { AttemptId } from '@cueline/core'

import { nameOf } from './names.ts'
import type { Repository } from './repository.ts'

/**
 * What only one workspace may have at a time: `ports` of this machine, among all that share the
 * repository, and `rooms` and `lanes`, among those of one integration branch.
 */
export type ClaimedKind = 'ports' | 'rooms' | 'lanes'

/**
 * Claims a name for an attempt among all processes; false when it is taken. A claim is a file that
 * says whose it is from the first moment, and goes with the workspace: its manifest must be there
 * before, so that whoever removes the workspace after a crash frees it.
 */
export async function claimName(
  place: Repository,
  kind: ClaimedKind,
  name: string,
  attemptId: AttemptId,
): Promise<boolean> {
  const folder = folderOf(place, kind)
  await mkdir(folder, { recursive: true })
  const draft = join(folder, `new-${randomUUID()}`)
  try {
    await writeFile(draft, ownerOf(place, attemptId), { flag: 'wx' })
    await link(draft, join(folder, name))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Whether the attempt has claimed the name, and has not given it back. */
export async function ownsName(
  place: Repository,
  kind: ClaimedKind,
  name: string,
  attemptId: AttemptId,
): Promise<boolean> {
  const owner = await readFile(join(folderOf(place, kind), name), 'utf8').catch(() => '')
  return owner === ownerOf(place, attemptId)
}

/** Frees a name that the attempt has claimed. */
export async function freeName(place: Repository, kind: ClaimedKind, name: string): Promise<void> {
  await rm(join(folderOf(place, kind), name), { force: true })
}

/** Frees everything that the attempt has claimed, whatever became of it. */
export async function freeNames(place: Repository, attemptId: AttemptId): Promise<void> {
  const owner = ownerOf(place, attemptId)
  for (const kind of ['ports', 'rooms', 'lanes'] as const) {
    const folder = folderOf(place, kind)
    for (const name of await readdir(folder).catch(() => [])) {
      const file = join(folder, name)
      if ((await readFile(file, 'utf8').catch(() => '')) === owner) await rm(file, { force: true })
    }
  }
}

function ownerOf({ control }: Repository, attemptId: AttemptId): string {
  return `${basename(control)} ${nameOf(attemptId)}\n`
}

function folderOf({ common, control }: Repository, kind: ClaimedKind): string {
  return kind === 'ports' ? join(common, 'cueline', 'ports') : join(control, kind)
}
