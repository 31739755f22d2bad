import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder, and those above it that are missing, one by one: where the one above is there and the
 * folder can not be made all the same, as in /proc, Node's own way to make them all tries for ever.
 *
 * @throws the system's error.
 */
export function makeFolder(folder: string): void {
  const missing = [resolve(folder)]
  for (let above = dirname(resolve(folder)); !isThere(above); above = dirname(above)) {
    missing.push(above)
  }
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path)
    } catch (error) {
      // It was there, or somebody else has made it meanwhile.
      if (!isFolder(path)) throw error
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
