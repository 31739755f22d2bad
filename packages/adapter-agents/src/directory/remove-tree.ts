import { chmod, lstat, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { isGone, isInRealFolders, walk } from './scan-tree.ts'

/** Removes a folder with everything in it, also when what is in it was made read-only. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    await chmod(folder, 0o700)
    for await (const { kind, path } of walk(folder, new Set())) {
      if (kind === 'folder') await chmod(join(folder, path), 0o700)
    }
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Removes a file or link of a tree; harmless when it is gone, when a folder stands there by now, or
 * a link above it, which would lead to what is none of its business.
 */
export async function removeFile(root: string, path: string): Promise<void> {
  if (!(await isInRealFolders(root, path))) return
  const file = join(root, path)
  try {
    await rm(file, { force: true })
  } catch (error) {
    if (isGone(error)) return
    if (!(await lstat(file)).isDirectory()) throw error
  }
}
