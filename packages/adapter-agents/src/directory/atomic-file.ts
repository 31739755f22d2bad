import { randomUUID } from 'node:crypto'
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises'

import { isGone } from './scan-tree.ts'

/** Writes a file whole or not at all, with its content on the disk before it has its name. */
export async function writeDurably(file: string, content: string): Promise<void> {
  const draft = draftOf(file)
  await writeFile(draft, content, { flag: 'wx', flush: true })
  await rename(draft, file)
}

/** As `writeDurably`, but never over another; says whether the file is the one given. */
export async function writeOnce(file: string, content: string): Promise<boolean> {
  const draft = draftOf(file)
  await writeFile(draft, content, { flag: 'wx', flush: true })
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

/** Writes a file whole or not at all; only a power failure may lose it. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  const draft = draftOf(file)
  await writeFile(draft, content, { flag: 'wx' })
  await rename(draft, file)
}

export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

/** Has a file's content on the disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function draftOf(file: string): string {
  return `${file}.${randomUUID()}.new`
}

/** Has the names in a folder on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await syncFile(folder)
  } catch {
    // Some file systems do not sync folders; the content itself is synced.
  }
}
