import { CuelineError } from '@cueline/core'

/** Below this Cueline makes and moves branches of a remote; nowhere else. */
export const deliveryBranches = 'cueline/deliver/'

/** A branch that Cueline may push: its own namespace, and nothing that git or a program could misread. */
export function checkedBranch(branch: string): string {
  const rest = branch.startsWith(deliveryBranches) ? branch.slice(deliveryBranches.length) : ''
  if (/^[a-z0-9](?:[a-z0-9-]{0,148}[a-z0-9])?$/.test(rest)) return branch
  throw new CuelineError(
    'invalid-input',
    `${JSON.stringify(branch)} is no branch to deliver as. It has to be "${deliveryBranches}" and letters a-z, digits and dashes.`,
    { details: { branch } },
  )
}

/** The branch that a pull request is for: never an option, never a branch of Cueline's own. */
export function checkedBase(base: string): string {
  const legal =
    /^[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}$/.test(base) &&
    !/\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$/.test(base) &&
    !base.startsWith('refs/')
  if (legal && !`${base}/`.startsWith(deliveryBranches)) return base
  throw new CuelineError(
    'invalid-input',
    `${JSON.stringify(base)} is no branch to deliver to. Name one that people work on, such as "main".`,
    { details: { base } },
  )
}

export function checkedCommit(commit: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return commit
  throw new CuelineError(
    'invalid-input',
    `${JSON.stringify(commit).slice(0, 100)} is no commit. Only work that landed in a git repository can be a pull request: run with gitWorkspaces (cueline run --repository).`,
    { details: { commit } },
  )
}

export function checkedRemote(remote: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(remote)) return remote
  throw new CuelineError(
    'invalid-input',
    `${JSON.stringify(remote)} is no name of a remote. Give one that "git remote" lists, such as "origin".`,
    { details: { remote } },
  )
}

/** The number of a pull request, as the forge gave it. */
export function checkedId(id: string): string {
  if (/^[1-9]\d{0,14}$/.test(id)) return id
  throw new CuelineError(
    'invalid-input',
    `${JSON.stringify(id).slice(0, 100)} is no number of a pull request.`,
    { details: { id } },
  )
}
