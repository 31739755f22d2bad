import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

import type { RepositoryFolders } from '../repository.ts'
import { askGit } from '../run-git.ts'

/** Ways to a remote that start no program that the address names. */
const plain = /^(?:https?|ssh):\/\/[^-\s]\S*$/
const scpLike = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[^-\s:]\S*$/

/**
 * Where a remote is: read, not resolved, so that no `insteadOf` or `pushurl` of the repository leads
 * elsewhere. Only https, ssh and folders; addresses such as `ext::…`, which start programs, are
 * refused.
 */
export async function remoteUrl(
  { common, top }: RepositoryFolders,
  remote: string,
): Promise<string> {
  const file = join(common, 'config')
  const { stdout } = await askGit(
    ['config', '--file', file, '--no-includes', '--get-all', `remote.${remote}.url`],
    { cwd: common, answers: [1] },
  )
  const [url = ''] = stdout.split('\n')
  if (url === '') {
    throw new CuelineError(
      'not-found',
      `The repository has no remote "${remote}". Add one with "git remote add ${remote} <address>", or name another.`,
      { details: { remote } },
    )
  }
  if (plain.test(url) || scpLike.test(url)) return url
  const folder = resolve(top, url.replace(/^file:\/\//, ''))
  if (!url.startsWith('-') && !url.includes('::') && existsSync(folder)) return folder
  throw new CuelineError(
    'refused',
    `Remote "${remote}" is at ${JSON.stringify(url.slice(0, 200))}, which is neither https, ssh nor a folder. Give the remote such an address.`,
    { details: { remote } },
  )
}

/** What `gh --repo` takes for an address; undefined for a folder, and for what is none. */
export function forgeRepository(url: string): string | undefined {
  const found =
    /^(?:https?|ssh):\/\/(?:[^@/\s]*@)?([A-Za-z0-9.-]+)(?::\d+)?\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(
      url,
    ) ?? /^[A-Za-z0-9._-]+@([A-Za-z0-9.-]+):([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(url)
  if (found === null) return undefined
  const [, host, owner, name] = found
  return `${host}/${owner}/${name}`
}
