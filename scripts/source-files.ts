import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'fixtures', 'recorded', 'coverage'])

/** Paths of files below `folder`, relative to `root`, sorted; hidden folders are left out. */
export function sourceFiles(root: string, folder: string, wanted: (path: string) => boolean) {
  const found: string[] = []
  const open = [folder]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    let entries
    try {
      entries = readdirSync(join(root, path), { withFileTypes: true })
    } catch {
      // A folder that does not exist holds no files.
      continue
    }
    for (const entry of entries) {
      const child = `${path}/${entry.name}`
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name) && !entry.name.startsWith('.')) open.push(child)
      } else if (wanted(child)) {
        found.push(child)
      }
    }
  }
  return found.sort()
}
