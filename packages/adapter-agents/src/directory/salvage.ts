import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { mergeFiles, type AttemptId, type KeptWork } from '@cueline/core'

import { readIfThere, writeDurably } from './atomic-file.ts'
import type { ControlFolder, Manifest } from './control-folder.ts'
import { copyPath } from './copy-tree.ts'
import { faultPoint } from './fault-point.ts'
import { inParallel } from './in-parallel.ts'
import { removeTree } from './remove-tree.ts'
import { scanTree, type Tree } from './scan-tree.ts'

/**
 * Keeps the work that has not landed in a folder of its own: changed files under `files/`, and in
 * `salvage.json` what they belong to and which files were deleted. Resolves with that folder, or
 * with null when there was nothing to lose.
 */
export async function salvage(
  control: ControlFolder,
  manifest: Manifest,
  base: Tree,
  ignore: ReadonlySet<string>,
): Promise<string | null> {
  const work = await workIn(manifest.path, base, ignore)
  const { changed } = mergeFiles(base, work, base)
  if (changed.length === 0) return null
  const folder = await freeFolder(control.salvageOf(manifest.attemptId))
  await mkdir(join(folder, 'files'), { recursive: true })
  await inParallel(changed, async (path) => {
    const entry = work.get(path)
    if (entry !== undefined) await copyPath(manifest.path, join(folder, 'files'), path, entry)
  })
  faultPoint('salvage:copied')
  const { attemptId, fence } = manifest
  const deleted = changed.filter((path) => !work.has(path))
  const about = { attemptId, fence, base: manifest.base, changed, deleted }
  await writeDurably(join(folder, 'salvage.json'), `${JSON.stringify(about, null, 2)}\n`)
  return folder
}

/** What was kept of workspaces that are gone, oldest first. */
export async function salvagedWork(control: ControlFolder): Promise<readonly KeptWork[]> {
  const found: KeptWork[] = []
  const folder = dirname(control.salvageOf('x' as AttemptId))
  for (const entry of await readdir(folder).catch(() => [])) {
    const name = join(folder, entry)
    const text = await readIfThere(join(name, 'salvage.json'))
    if (text === null) continue
    const { attemptId } = JSON.parse(text) as { readonly attemptId: AttemptId }
    const { mtimeMs } = await stat(join(name, 'salvage.json'))
    const keptAt = Math.trunc(mtimeMs)
    found.push({ attemptId, kind: 'salvage', name, keptAt, look: [`ls -R ${join(name, 'files')}`] })
  }
  return found.toSorted((one, other) => (one.keptAt ?? 0) - (other.keptAt ?? 0))
}

/** The first name that holds no finished salvage; what an interrupted one left is cleared away. */
async function freeFolder(name: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const folder = n === 1 ? name : `${name}-${n}`
    if ((await readIfThere(join(folder, 'salvage.json'))) !== null) continue
    await removeTree(folder)
    return folder
  }
}

/** What a workspace holds. Links out of the result were not copied, so their absence means nothing. */
export async function workIn(path: string, base: Tree, ignore: ReadonlySet<string>): Promise<Tree> {
  const work = new Map(await scanTree(path, ignore))
  for (const [each, entry] of base) {
    if (entry.startsWith('outside ') && !work.has(each)) work.set(each, entry)
  }
  return work
}
