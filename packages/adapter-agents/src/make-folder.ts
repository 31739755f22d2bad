import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

/**
 * Makes a folder, and those above it that are missing, one by one: where the one above is there and the
 * folder can not be made all the same, as in /proc, Node's own way to make them all tries for ever.
 *
 * @throws CuelineError `invalid-input` that names the folder and the option that chose it; retryable
 *   where the disk is full.
 */
export function makeFolder(folder: string, option: string, mode?: number): void {
  const missing = [resolve(folder)]
  for (let above = dirname(resolve(folder)); !isThere(above); above = dirname(above)) {
    missing.push(above)
  }
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, mode)
    } catch (cause) {
      // It was there, or somebody else has made it meanwhile.
      if (isFolder(path)) continue
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
      throw new CuelineError(
        'invalid-input',
        `The folder ${folder} cannot be made (${code}). Choose a place you may write to with ${option}.`,
        { retryable: code === 'ENOSPC' || code === 'EDQUOT', details: { folder }, cause },
      )
    }
  }
}

/** The topmost folder counts as there: nothing above it could be made. */
function isThere(path: string): boolean {
  return dirname(path) === path || statSync(path, { throwIfNoEntry: false }) !== undefined
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
