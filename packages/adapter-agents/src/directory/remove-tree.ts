import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { walk } from './scan-tree.ts'

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
