import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'

import { CuelineError } from '@cueline/core'
import { type ImportInput, importDocument, type ImportResult } from '@cueline/core/formats'

/** What a plan in a folder may consist of. */
const planFile = /\.(md|markdown|mdx|json|jsonl|ya?ml|txt)$/i
/** Where trackers keep their one file, and which hidden folders may hold plans. */
const trackerFiles = [
  join('.taskmaster', 'tasks', 'tasks.json'),
  join('.beads', 'issues.jsonl'),
  join('.beads', 'beads.jsonl'),
]
const hiddenFolders = new Set(['.backlog', '.specify', '.taskmaster', '.beads'])
const largestFile = 64 * 1024 * 1024
const mostFiles = 100_000

/** Reads a plan from a file or a folder, whatever format it has. */
export async function readPlan(path: string, cwd: string): Promise<ImportResult> {
  return importDocument(await readInput(resolve(cwd, path), path))
}

async function readInput(path: string, shown: string): Promise<ImportInput> {
  const found = await statOf(path, shown)
  if (found.isFile()) return { name: basename(path), text: await textOf(path, shown) }
  if (!found.isDirectory()) {
    throw new CuelineError('invalid-input', `${shown} is neither a file nor a folder. Give a plan.`)
  }
  for (const name of trackerFiles) {
    const file = join(path, name)
    const tracker = await stat(file).catch(() => null)
    if (tracker?.isFile()) return { name: basename(file), text: await textOf(file, file) }
  }
  const files = await filesBelow(path, shown)
  const [first] = files
  if (first === undefined) {
    throw new CuelineError(
      'invalid-input',
      `${shown} holds no plan: no Markdown, JSON, JSONL or YAML file. Give the file or folder that has one.`,
    )
  }
  let left = largestFile
  const read: { path: string; text: string }[] = []
  for (const file of files) {
    const text = await textOf(file, file)
    left -= text.length
    if (left < 0) throw tooLarge(shown, 'together')
    read.push({ path: relative(path, file).split(sep).join('/'), text })
  }
  return read.length === 1 ? { name: basename(first), text: read[0]?.text ?? '' } : { files: read }
}

async function statOf(path: string, shown: string) {
  try {
    return await stat(path)
  } catch (cause) {
    throw unreadable(shown, cause)
  }
}

async function textOf(path: string, shown: string): Promise<string> {
  const { size } = await statOf(path, shown)
  if (size > largestFile) throw tooLarge(shown, `${size} bytes`)
  try {
    return new TextDecoder().decode(await readFile(path))
  } catch (cause) {
    throw unreadable(shown, cause)
  }
}

/** In a fixed order; links are not followed, so a folder cannot lead out of itself. */
async function filesBelow(folder: string, shown: string): Promise<string[]> {
  const files: string[] = []
  const open = [folder]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch((cause: unknown) => {
      throw unreadable(shown, cause)
    })
    for (const entry of entries) {
      const path = join(next, entry.name)
      const hidden = entry.name.startsWith('.') && !hiddenFolders.has(entry.name)
      if (hidden || entry.name === 'node_modules') continue
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile() && planFile.test(entry.name)) files.push(path)
      if (files.length > mostFiles) throw tooLarge(shown, `more than ${mostFiles} files`)
    }
  }
  return files.sort()
}

function tooLarge(shown: string, size: string): CuelineError {
  return new CuelineError(
    'invalid-input',
    `${shown} is too large to be a plan (${size}; at most ${largestFile / 1024 / 1024} MiB are read). Give the plan alone, or split it.`,
  )
}

function unreadable(shown: string, cause: unknown): CuelineError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const [why, next] =
    code === 'ENOENT'
      ? ['does not exist', 'Check the path']
      : code === 'EACCES' || code === 'EPERM'
        ? ['cannot be read: permission denied', 'Check who may read it']
        : [`cannot be read (${String(code ?? cause)})`, 'Check the path']
  return new CuelineError('invalid-input', `${shown} ${why}. ${next}.`, {
    details: { path: shown },
    cause,
  })
}
