import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

import { gitFiles, gitHistory } from '@cueline/adapter-git'
import { CuelineError, errorMessage } from '@cueline/core'

/** What a folder says about which files tasks may touch. */
export interface RepositoryKnowledge {
  /** Paths from the folder on, with `/`. */
  readonly files: string[]
  /** Past changes, the oldest first; none without git. */
  readonly history: RepositoryChange[]
}

export interface RepositoryChange {
  readonly title: string
  readonly body: string
  readonly files: string[]
}

const mostFiles = 100_000

/**
 * Files and history of the folder: from git where it is a repository of one, else by walking it, links
 * not followed, `node_modules` and hidden folders left out. Changes nothing.
 */
export async function readRepository(folder: string): Promise<RepositoryKnowledge> {
  await requireFolder(folder)
  try {
    const files = await gitFiles({ repository: folder })
    return {
      files: files.slice(0, mostFiles),
      history: await gitHistory({ repository: folder }),
    }
  } catch (cause) {
    // Neither a repository nor a git program is needed to look at a plan.
    if (cause instanceof CuelineError && cause.code === 'not-found') {
      return { files: await filesBelow(folder), history: [] }
    }
    throw new CuelineError(
      'invalid-input',
      `git gave no answer in ${folder} (${errorMessage(cause).slice(0, 200)}). Plan with --conflicts declared, which asks no history.`,
      { cause },
    )
  }
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null)
  if (found?.isDirectory()) return
  throw new CuelineError(
    'invalid-input',
    `${folder} is ${found === null ? 'not there' : 'no folder'}, so no conflict can be predicted from it. Give the folder with the files that the tasks change.`,
    { details: { folder } },
  )
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = []
  const open = [folder]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    // A folder that cannot be read holds no file that a plan could be kept from.
    const entries = await readdir(next, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const path = join(next, entry.name)
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile()) files.push(relative(folder, path).split(sep).join('/'))
      if (files.length >= mostFiles) return files.sort()
    }
  }
  return files.sort()
}
