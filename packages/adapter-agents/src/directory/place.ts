import { lstat, realpath, symlink } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'

import { CuelineError } from '@cueline/core'

import { makeFolder } from '../make-folder.ts'
import { controlFolder, controlName, type ControlFolder } from './control-folder.ts'

export interface DirectoryWorkspacesOptions {
  /** The folder that finished work comes together in; made when it is not there. */
  readonly result: string
  /** Where workspaces are made; `.cueline/workspaces` in the result when absent. */
  readonly root?: string
  /**
   * Names of files and folders, at any depth, that are neither copied nor landed nor salvaged;
   * `.git` and `node_modules` when absent. `.cueline` always belongs to them.
   */
  readonly ignore?: readonly string[]
  /**
   * Ignored names at the top of the result that workspaces get as a link to the result's own, such
   * as `node_modules`. Whoever writes there writes into the result; none when absent.
   */
  readonly link?: readonly string[]
  /**
   * How long a process that lands or removes may be silent - frozen, or on a machine that is gone -
   * before others take over from it, milliseconds; 60 000 if absent.
   */
  readonly silenceMs?: number
}

/** What is left out when `ignore` is absent. */
export const defaultIgnored: readonly string[] = ['.git', 'node_modules']

/** The options, checked and opened. */
export interface Place {
  readonly result: string
  readonly root: string
  readonly control: ControlFolder
  readonly ignore: ReadonlySet<string>
  readonly links: readonly string[]
}

/** Names that are left out, and the links among them; checked before anything is touched. */
export function checkedNames({ ignore: wanted, link = [] }: DirectoryWorkspacesOptions) {
  const ignore = new Set([...(wanted ?? defaultIgnored), controlName])
  for (const name of link) {
    if (ignore.has(name) && name !== controlName && !name.includes('/')) continue
    throw new CuelineError(
      'invalid-input',
      `link names ${JSON.stringify(name)}, which is not ignored; only ignored names at the top can be links.`,
    )
  }
  return { ignore, links: link }
}

/** Makes the folders that are not there yet. */
export async function openPlace(options: DirectoryWorkspacesOptions): Promise<Place> {
  const { ignore, links } = checkedNames(options)
  makeFolder(options.result, 'result')
  const result = await realpath(options.result)
  const control = controlFolder(result)
  const wanted = resolve(options.root ?? control.workspaces)
  await control.open()
  makeFolder(wanted, 'root')
  const root = await realpath(wanted)
  const inside = root === result ? [] : root.startsWith(result + sep) ? parts(result, root) : null
  if (inside !== null && !inside.some((part) => ignore.has(part))) {
    throw new CuelineError(
      'invalid-input',
      `The workspaces' root ${root} lies in the result ${result}, which would be copied into itself; choose a root outside or below an ignored name.`,
      { details: { root, result } },
    )
  }
  return { result, root, control, ignore, links }
}

function parts(result: string, root: string): string[] {
  return root.slice(result.length + 1).split(sep)
}

/** Gives a workspace the shared folders of the result, as links. */
export async function linkShared(
  result: string,
  to: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    if (await isThere(join(result, name))) await symlink(join(result, name), join(to, name))
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}
