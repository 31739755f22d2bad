import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

import { shortName } from './refs.ts'
import type { Repository } from './repository.ts'
import { askGit } from './run-git.ts'

const oldestGit = [2, 38] as const

/**
 * Moving a branch under somebody's checkout would make that look changed, so it is refused.
 *
 * @throws CuelineError `refused` when the integration branch is checked out somewhere.
 */
export async function refuseCheckedOut({ common, target }: Repository): Promise<void> {
  const worktrees = join(common, 'worktrees')
  const names = await readdir(worktrees).catch(() => [])
  for (const folder of [common, ...names.map((name) => join(worktrees, name))]) {
    const head = await readFile(join(folder, 'HEAD'), 'utf8').catch(() => '')
    if (head.trim() !== `ref: ${target}`) continue
    if (folder === common && (await isBare(common))) continue
    const checkout = await checkoutOf(folder)
    const here = await stat(checkout).then(
      () => true,
      () => false,
    )
    const next = here
      ? 'Check out another branch there'
      : 'That folder is gone: "git worktree prune" gives the branch free'
    throw new CuelineError(
      'refused',
      `Branch "${shortName(target)}" is checked out in ${checkout}, so finished work cannot land on it: the checkout would not follow. ${next}, or land on another branch (\`--branch\`, in code \`branch\`).`,
      { retryable: true, details: { branch: shortName(target), folder: checkout } },
    )
  }
}

/** The folder that people know, of the folder in which git keeps a checkout's HEAD. */
async function checkoutOf(folder: string): Promise<string> {
  const link = await readFile(join(folder, 'gitdir'), 'utf8').catch(() => '')
  const dotGit = link.trim() === '' ? folder : resolve(folder, link.trim())
  return basename(dotGit) === '.git' ? dirname(dotGit) : dotGit
}

async function isBare(common: string): Promise<boolean> {
  const { stdout } = await askGit(['config', '--bool', 'core.bare'], {
    cwd: common,
    answers: [1],
  })
  return stdout.trim() === 'true'
}

export async function checkVersion(cwd: string): Promise<void> {
  const { stdout } = await askGit(['version'], { cwd })
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number)
  if (major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1])) return
  throw new CuelineError(
    'unsupported',
    `${stdout.trim()} is too old: trial merges need git ${oldestGit.join('.')} or newer. Update git.`,
  )
}

export async function refuseShallow(common: string, top: string): Promise<void> {
  const shallow = await readFile(join(common, 'shallow'), 'utf8').catch(() => '')
  if (shallow.trim() === '') return
  throw new CuelineError(
    'unsupported',
    `${top} is a shallow clone: merges need the commits that it left out. Run "git fetch --unshallow" in it first.`,
    { details: { repository: top } },
  )
}

/** Told before anything starts: every attempt would be refused for the same. */
export async function refuseSubmodules(
  { refs, top, target }: Repository,
  commit: string,
): Promise<void> {
  const listed = await refs(['ls-tree', '-r', '-z', '--full-tree', commit])
  const found = /(?:^|\0)(?:160000 [^\t\0]*\t([^\0]*)|\d{6} [^\t\0]*\t(\.gitmodules)\0)/.exec(
    listed,
  )
  if (found === null) return
  const path = found[1] ?? found[2] ?? ''
  throw new CuelineError(
    'unsupported',
    `${top} has submodules (${path}), whose changes a merge of this repository alone would lose. Give each of them a project of its own, or take them and .gitmodules out of branch "${shortName(target)}" and of what it starts from.`,
    { details: { repository: top, path, commit } },
  )
}
