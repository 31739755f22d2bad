import { randomBytes } from 'node:crypto'
import { lstat, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { CuelineError, type WorkspaceReport, type WorkspaceRequest } from '@cueline/core'

import { freeNames } from './claimed-names.ts'
import { unparkLane } from './lane.ts'
import { indexOf, removeManifest, writeManifest, type Manifest } from './manifest.ts'
import { nameOf, slugOf, triedRefOf } from './names.ts'
import { placeFiles } from './place-files.ts'
import { claimPorts } from './ports.ts'
import type { Repository } from './repository.ts'
import { runSetup } from './set-up.ts'
import { takeSnapshot } from './snapshot.ts'
import type { CheckedSetup } from './workspace-setup.ts'
import { addWorktree, removeWorktree } from './worktree.ts'

/** What is known of a workspace before it is made. */
export function draftWorkspace(
  { root }: Repository,
  { attemptId, fence, workOrderId, code, title, upon }: WorkspaceRequest,
  base: string,
): Manifest {
  const name = `${slugOf(code)}-${nameOf(attemptId)}`
  const branch = `refs/heads/cueline/attempt/${name}`
  const path = join(root, name)
  // In the usual temp folder, whose paths are short enough for sockets.
  const temp = join(tmpdir(), `cueline-${randomBytes(8).toString('hex')}`)
  const draft = { attemptId, fence, workOrderId, code, title, path, branch, base, temp }
  return { ...draft, gitFolder: null, ...(upon !== undefined && { upon }) }
}

/**
 * Makes and fills a workspace. `begun` is told what is known of it at each step, so that whatever was made can
 * be taken back.
 */
export async function makeWorkspace(
  place: Repository,
  setup: CheckedSetup,
  draft: Manifest,
  begun: (manifest: Manifest) => void,
  signal: AbortSignal,
  report: WorkspaceReport | undefined,
): Promise<Manifest> {
  const { attemptId, path, branch, base, temp } = draft
  const index = indexOf(place, attemptId)
  if (temp !== undefined) await mkdir(temp, { mode: 0o700 })
  const ports = await claimPorts(place, setup, attemptId, signal)
  const lane = await unparkLane(place, draft, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    report?.progress(`The folder of the lane cannot be used again: ${String(error)}`)
    return null
  })
  if (lane !== null) {
    await refuseSubmodules(path, base)
    const again = { ...draft, ports, ...lane }
    await writeManifest(place, again)
    return again
  }
  // Where a lane could not be used again, something of it may be there.
  if (draft.lane !== undefined) await removeWorktree(place, path, null)
  const gitFolder = await addWorktree(place, { path, commit: base, branch, index }, signal)
  signal.throwIfAborted()
  await refuseSubmodules(path, base)
  const placed = await placeFiles(place, setup, { path, index, signal })
  const runs = setup.run.length > 0 || setup.teardown.length > 0
  const ready = { ...draft, ports, placed, ...(setup.teardown.length > 0 && { setUp: true }) }
  if (runs) {
    // Without its folder of git: what is found like this is unfinished, and nothing in it is work.
    await writeManifest(place, ready)
    begun(ready)
    await runSetup(setup, ready, { path, kind: 'workspace', signal, report })
    const { changed } = await takeSnapshot(place, ready)
    if (changed.length > 0) throw leftChanges(changed)
  }
  const manifest = { ...ready, gitFolder }
  await writeManifest(place, manifest)
  return manifest
}

/** To be asked of the files as they were checked out: that costs no process. */
async function refuseSubmodules(path: string, base: string): Promise<void> {
  const has = await lstat(join(path, '.gitmodules')).then(
    () => true,
    () => false,
  )
  if (!has) return
  throw new CuelineError(
    'unsupported',
    'The repository has submodules (.gitmodules), whose changes a merge of this repository alone would lose. Give each of them a project of its own, or remove .gitmodules.',
    { details: { base } },
  )
}

/** Takes back everything that a workspace has; harmless where it was never made. */
export async function discardWorkspace(place: Repository, manifest: Manifest): Promise<void> {
  const { attemptId, path, branch, gitFolder, landedTree, temp } = manifest
  await removeWorktree(place, path, gitFolder)
  // Only what is named as ours: the manifest lies where agents can write.
  if (temp !== undefined && tempName.test(basename(temp))) {
    await rm(temp, { recursive: true, force: true, maxRetries: 3 })
  }
  await freeNames(place, attemptId)
  // What has landed is reachable from the branch; what has not stays named as it was tried.
  const done = landedTree === undefined ? [branch] : [branch, triedRefOf(attemptId)]
  await place.refs(['update-ref', '--stdin'], {
    input: done.map((ref) => `delete ${ref}\n`).join(''),
  })
  await rm(indexOf(place, attemptId), { force: true })
  await removeManifest(place, attemptId)
}

const tempName = /^cueline-[0-9a-f]{16}$/

function leftChanges(changed: readonly string[]): CuelineError {
  const shown = changed.slice(0, 5).join(', ')
  return new CuelineError(
    'refused',
    `The set-up of a workspace has changed files that git does not ignore (${shown}${changed.length > 5 ? ', …' : ''}), so they would land with the work of every agent. Ignore them, commit them, or use commands that leave them alone, such as "npm ci" instead of "npm install".`,
    { details: { changed } },
  )
}
