import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Changes with everything that a build reads: declarations look into the sources of all packages. */
export function sourcesHash(root: string): string {
  const hash = createHash('sha256')
  const add = (path: string) => {
    if (!existsSync(join(root, path))) return
    hash
      .update(`${path}\n`)
      .update(readFileSync(join(root, path)))
      .update('\n')
  }
  for (const name of readdirSync(root).toSorted()) {
    if (/^(tsup\..*|tsconfig.*|package\.json|pnpm-lock\.yaml)$/.test(name)) add(name)
  }
  for (const name of readdirSync(join(root, 'packages')).toSorted()) {
    const folder = join('packages', name)
    for (const file of ['package.json', 'tsup.config.ts', 'tsconfig.json']) add(join(folder, file))
    if (!existsSync(join(root, folder, 'src'))) continue
    const sources = readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
    for (const file of sources.toSorted()) {
      if (/\.(ts|json)$/.test(file) && !file.endsWith('.test.ts')) add(join(folder, 'src', file))
    }
  }
  return hash.digest('hex')
}

/** What to note of a package that has just been built. */
export function stampOf(sources: string, dist: string): string {
  return `${sources}\n${builtFiles(dist)}`
}

/** Whether nothing has changed since the stamp was written, neither what was read nor what was made. */
export function isBuilt(stamp: string, sources: string, dist: string): boolean {
  if (!existsSync(stamp) || !existsSync(dist)) return false
  return readFileSync(stamp, 'utf8') === stampOf(sources, dist)
}

function builtFiles(dist: string): string {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).toSorted()
  return files
    .map((file) => {
      const { size, mtimeMs } = statSync(join(dist, file))
      return `${file} ${size} ${mtimeMs}`
    })
    .join('\n')
}
