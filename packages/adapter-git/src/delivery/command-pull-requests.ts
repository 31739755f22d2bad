import { resolve } from 'node:path'

import { CuelineError, type Delivered, type DeliveryProvider } from '@cueline/core'

import { repositoryFolders } from '../repository.ts'
import {
  checkedBase,
  checkedBranch,
  checkedCommit,
  checkedId,
  checkedRemote,
} from './checked-names.ts'
import { createForge, type Forge } from './forge.ts'
import { pushBranch } from './push-branch.ts'
import { remoteUrl } from './remote-url.ts'

export interface CommandPullRequestsOptions {
  /** A folder of the repository whose commits are delivered; it is not changed. */
  readonly repository: string
  /** The name of the remote, as the repository knows it; `origin` when absent. */
  readonly remote?: string
  /** The program that speaks with the forge, as `gh` does, with its first arguments; `['gh']` when absent. */
  readonly command?: readonly string[]
  /** Further environment variables that the program gets, beside the usual ones of `gh`. */
  readonly environment?: readonly string[]
  /** How long one command may take, milliseconds; 120 000 when absent. */
  readonly timeoutMs?: number
}

const usualTimeoutMs = 120_000

/**
 * Delivers finished work as pull requests: pushes a commit to a branch below `cueline/deliver/` of a
 * remote, and asks a program with the words of GitHub's `gh` (`pr list`, `create`, `edit`, `view`) to
 * offer it. Never pushes to any other branch, never over commits of somebody else, and with no hook,
 * setting or credential helper of the repository, which agents may have written.
 *
 * @throws CuelineError, from its methods, that says what to do: no such program, not logged in, no
 *   such remote or base, a branch that somebody else has changed. `limit`, retryable, when the forge
 *   asks to wait.
 */
export function commandPullRequests(options: CommandPullRequestsOptions): DeliveryProvider {
  const { remote = 'origin', command = ['gh'], timeoutMs = usualTimeoutMs } = options
  checkedRemote(remote)
  if (command.length === 0 || command.some((part) => part === '' || part.includes('\0'))) {
    throw new CuelineError(
      'invalid-input',
      "command is empty. Give the program that makes pull requests and its first arguments: ['gh'].",
    )
  }
  let opening: Promise<Place> | undefined

  const open = (): Promise<Place> => {
    const place = (opening ??= openPlace(resolve(options.repository), remote, {
      command,
      timeoutMs,
      environment: options.environment ?? [],
    }))
    // What is wrong with the repository can be mended: the next call looks again.
    place.catch(() => (opening = undefined))
    return place
  }

  return {
    name: 'pull-request',

    async deliver(request, signal): Promise<Delivered> {
      signal.throwIfAborted()
      const branch = checkedBranch(request.branch)
      const base = checkedBase(request.base)
      const commit = checkedCommit(request.commit)
      const { folders, url, forge } = await open()
      // One that was merged or closed may have lost its branch; pushing would bring that back.
      const known = await forge.find(branch, base, signal)
      if (known !== null && known.state !== 'open') return known
      await pushBranch(folders, { url, branch, base, commit, timeoutMs }, signal)
      if (known !== null) {
        await forge.edit(known.id, request, signal)
        return forge.view(known.id, signal)
      }
      try {
        return await forge.create({ ...request, branch, base }, signal)
      } catch (error) {
        // It may have been made all the same, by this call or by another process.
        const made = await forge.find(branch, base, signal).catch(() => null)
        if (made === null) throw error
        return made
      }
    },

    async status(id, signal): Promise<Delivered> {
      signal.throwIfAborted()
      const { forge } = await open()
      return forge.view(checkedId(id), signal)
    },

    async close() {},
  }
}

interface Place {
  readonly folders: Awaited<ReturnType<typeof repositoryFolders>>
  readonly url: string
  readonly forge: Forge
}

async function openPlace(
  repository: string,
  remote: string,
  options: Pick<Required<CommandPullRequestsOptions>, 'command' | 'environment' | 'timeoutMs'>,
): Promise<Place> {
  const folders = await repositoryFolders(repository)
  const url = await remoteUrl(folders, remote)
  return { folders, url, forge: createForge({ ...options, cwd: folders.top, url }) }
}
