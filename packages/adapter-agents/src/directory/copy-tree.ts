import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { inParallel } from './in-parallel.ts'
import { fileDigest, isGone, walk, type Found, type Tree } from './scan-tree.ts'

/**
 * Copies a folder and tells what was copied. Digests are those of the copies, so they are right
 * also when somebody writes the original meanwhile. Links stay links; those that lead out are told
 * but not copied, because whoever writes through one would write outside.
 */
export async function copyTree(
  from: string,
  to: string,
  ignore: ReadonlySet<string>,
): Promise<Tree> {
  await mkdir(to, { recursive: true })
  const found: Found[] = []
  for await (const each of walk(from, ignore)) {
    if (each.kind === 'folder') await mkdir(join(to, each.path), { recursive: true })
    else found.push(each)
  }
  const entries = await inParallel(found, async (each) => {
    const entry = await copyFound(from, to, each)
    return entry === null ? null : ([each.path, entry] as const)
  })
  return new Map(entries.filter((entry) => entry !== null))
}

/** Copies one file or link in place of whatever is there, and makes the folders it needs. */
export async function copyPath(
  from: string,
  to: string,
  path: string,
  entry: string,
): Promise<string | null> {
  const space = entry.indexOf(' ')
  const kind = entry.slice(0, space) as Found['kind']
  await mkdir(dirname(join(to, path)), { recursive: true })
  await rm(join(to, path), { recursive: true, force: true })
  return await copyFound(from, to, { path, kind, target: entry.slice(space + 1) }, true)
}

async function copyFound(
  from: string,
  to: string,
  { path, kind, target }: Found,
  outsideToo = false,
): Promise<string | null> {
  const copy = join(to, path)
  if (kind === 'link' || kind === 'outside') {
    if (kind === 'link' || outsideToo) await symlink(target, copy)
    return `${kind} ${target}`
  }
  try {
    await copyFile(join(from, path), copy, constants.COPYFILE_FICLONE)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
  const { mode, size } = await lstat(copy)
  // The owner can always read and write; nobody gets to run as somebody else.
  const wanted = (mode & 0o777) | 0o600
  if ((mode & 0o7777) !== wanted) await chmod(copy, wanted)
  return `${kind} ${await fileDigest(copy, size)}`
}
