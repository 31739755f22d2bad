import { ChangedFile } from './changed-file.ts'
import { askGit } from './ask-git.ts'
import { readPatch } from './read-patch.ts'

export interface WindowOptions {
  /** How many commits. */
  readonly size: number
  /** The commit after which it starts; `size` commits before the newest when absent. */
  readonly from?: string | undefined
  readonly signal: AbortSignal
}

/** One commit of the window: a task of the replay. */
export interface ReplayedCommit {
  readonly hash: string
  readonly title: string
  readonly body: string
  readonly paths: readonly string[]
  /** Lines that it brings and takes away. */
  readonly lines: number
  /** Commits of the window, by number, that it cannot do without. */
  readonly needs: ReadonlySet<number>
}

export interface HistoryWindow {
  readonly start: string
  readonly tip: string
  readonly commits: readonly ReplayedCommit[]
  readonly files: ReadonlyMap<string, ChangedFile>
  /** Commits that change no file. */
  readonly empty: number
  /** What the planner may know: the files at the start, and what was changed before it. */
  readonly filesAtStart: readonly string[]
  readonly history: readonly { title: string; body: string; files: string[] }[]
}

const mostHistory = 2_000

/**
 * Reads a window of a repository's history, first parents only: what each commit changed, and which
 * other ones of the window it cannot do without.
 *
 * @throws an Error for people when there is no such window, or one that cannot be replayed.
 */
export async function readWindow(
  repository: string,
  { size, from, signal }: WindowOptions,
): Promise<HistoryWindow> {
  const ask = (args: readonly string[], input?: string) =>
    askGit(repository, args, { signal, ...(input !== undefined && { input }) })
  await refuseShallow(ask, repository)
  const { start, chain } = await chainOf(ask, repository, size, from)
  const files = new Map<string, ChangedFile>()
  const commits: ReplayedCommit[] = []
  let empty = 0
  let before = start
  for (const hash of chain) {
    const entries = entriesOf(await ask(['diff-tree', '-r', '-z', '--no-renames', before, hash]))
    if (entries.length === 0) {
      empty += 1
    } else {
      const number = commits.length
      refuseSubmodules(entries, hash)
      await meet(ask, files, entries)
      const flags = ['-r', '-p', '-U0', '--text', '--no-renames', '--no-ext-diff', '--no-textconv']
      const patches = readPatch(await ask(['diff-tree', ...flags, before, hash]))
      const needs = new Set<number>()
      let lines = 0
      let patch = 0
      for (const { path, status, newMode } of entries) {
        const mode = newMode === '000000' ? null : newMode
        // A file that becomes a link, or one a file, is taken away and made again in the patch.
        const parts = status === 'T' ? [null, mode] : [mode]
        for (const each of parts) {
          const hunks = patches[patch++] ?? []
          for (const hunk of hunks) lines += hunk.removed + hunk.added.length
          const file = files.get(path) as ChangedFile
          for (const need of file.apply(number, each, hunks)) needs.add(need)
        }
        for (const need of needsOfPlace(files, path)) needs.add(need)
      }
      needs.delete(number)
      const paths = entries.map(({ path }) => path)
      commits.push({ hash, ...(await textOf(ask, hash)), paths, lines, needs })
    }
    before = hash
  }
  const listed = await ask(['ls-tree', '-r', '-z', '--name-only', start])
  return {
    start,
    tip: before,
    commits,
    files,
    empty,
    filesAtStart: listed
      .split('\0')
      .filter((path) => path !== '')
      .map(utf8),
    history: await historyBefore(ask, start),
  }
}

type Ask = (args: readonly string[], input?: string) => Promise<string>

async function refuseShallow(ask: Ask, repository: string): Promise<void> {
  if ((await ask(['rev-parse', '--is-shallow-repository'])).trim() !== 'true') return
  throw new Error(
    `${repository} is a shallow clone: the history that a replay needs was left out. Run "git fetch --unshallow" in it, or clone without --depth.`,
  )
}

async function chainOf(ask: Ask, repository: string, size: number, from: string | undefined) {
  const resolve = async (rev: string) =>
    (await ask(['rev-parse', '--verify', '--end-of-options', `${rev}^{commit}`])).trim()
  const log = ['rev-list', '--first-parent']
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')
  if (from === undefined) {
    const found = lines(await ask([...log, `--max-count=${size + 1}`, 'HEAD']))
    const start = found.pop()
    if (start === undefined || found.length === 0) {
      throw new Error(
        `${repository} has fewer than two commits at HEAD, so there is nothing to replay. Name a clone with a history.`,
      )
    }
    return { start, chain: found.toReversed() }
  }
  const start = await resolve(from)
  const after = lines(await ask([...log, '--reverse', `${start}..HEAD`])).slice(0, size)
  const [first] = after
  const parent = first === undefined ? undefined : await resolve(`${first}^`)
  if (parent === start) return { start, chain: after }
  throw new Error(`${from} is no first-parent ancestor of HEAD with commits after it.`)
}

interface Entry {
  readonly path: string
  readonly status: string
  readonly oldMode: string
  readonly newMode: string
  readonly oldObject: string
}

function entriesOf(raw: string): Entry[] {
  const parts = raw.split('\0')
  const entries: Entry[] = []
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [oldMode = '', newMode = '', oldObject = '', , status = ''] = (parts[at] as string)
      .replace(/^:/, '')
      .split(' ')
    entries.push({ path: utf8(parts[at + 1] as string), status, oldMode, newMode, oldObject })
  }
  return entries
}

function refuseSubmodules(entries: readonly Entry[], hash: string): void {
  const found = entries.find((entry) => [entry.oldMode, entry.newMode].includes('160000'))
  if (found === undefined) return
  throw new Error(
    `${hash.slice(0, 12)} changes the submodule ${found.path}: these are not replayed.`,
  )
}

/** Takes files in that the window has not met before, as they were at its start. */
async function meet(ask: Ask, files: Map<string, ChangedFile>, entries: readonly Entry[]) {
  const fresh = entries.filter(({ path }) => !files.has(path))
  const old = fresh.filter(({ oldMode }) => oldMode !== '000000')
  const blobs = blobsOf(
    await ask(['cat-file', '--batch'], old.map(({ oldObject }) => `${oldObject}\n`).join('')),
  )
  for (const { path, oldMode } of fresh) {
    const start = oldMode === '000000' ? null : { mode: oldMode, text: blobs.shift() as string }
    files.set(path, new ChangedFile(start))
  }
}

/** The contents that `git cat-file --batch` printed. */
export function blobsOf(batch: string): string[] {
  const blobs: string[] = []
  for (let at = 0; at < batch.length;) {
    const end = batch.indexOf('\n', at)
    const size = Number(batch.slice(at, end).split(' ')[2])
    if (!Number.isInteger(size)) throw new Error(`git has no object ${batch.slice(at, end)}.`)
    blobs.push(batch.slice(end + 1, end + 1 + size))
    at = end + 1 + size + 1
  }
  return blobs
}

/** A file cannot be where a folder is, and the other way round: whoever made room comes first. */
function needsOfPlace(files: ReadonlyMap<string, ChangedFile>, path: string): number[] {
  const needs: number[] = []
  for (const [other, file] of files) {
    if (!other.startsWith(`${path}/`) && !path.startsWith(`${other}/`)) continue
    needs.push(...file.touchedBy)
  }
  return needs
}

async function textOf(ask: Ask, hash: string): Promise<{ title: string; body: string }> {
  const [title = '', body = ''] = utf8(
    await ask(['show', '-s', '--no-show-signature', '--encoding=UTF-8', '--format=%s%x00%b', hash]),
  ).split('\0')
  return { title: title.trim(), body: body.trim() }
}

async function historyBefore(ask: Ask, start: string): Promise<HistoryWindow['history']> {
  const log = await ask([
    'log',
    `--max-count=${mostHistory}`,
    '--no-merges',
    '--reverse',
    '--name-only',
    '--no-show-signature',
    '-z',
    '--format=%x1e%s%x1f%b%x1d',
    start,
  ])
  return utf8(log)
    .split('\u001e')
    .slice(1)
    .flatMap((commit) => {
      const body = commit.indexOf('\u001f')
      const paths = commit.indexOf('\u001d', body)
      const names = commit.slice(paths + 1).split('\0')
      const files = names.map((name) => name.replace(/^\n+/, '')).filter((name) => name !== '')
      if (files.length === 0) return []
      return [{ title: commit.slice(0, body), body: commit.slice(body + 1, paths), files }]
    })
}

/** Text whose characters are bytes, as text. */
function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
