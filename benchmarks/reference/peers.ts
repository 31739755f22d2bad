// What benchmarks compare with is no dependency of the workspace: it lies in a folder of its own,
// with a lock file of its own, and is installed by the first benchmark that wants it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const folder = join(import.meta.dirname, '..', 'peers')

/** Installs all peers unless each is there in the version asked for. Throws when that fails. */
export function installPeers(): void {
  const missing = missingPeers()
  if (missing.length === 0) return
  console.error(`Installing what to compare with: ${missing.join(', ')} ...`)
  // Not `npm ci`: it refuses a lock file in which an optional package of another platform is missing.
  const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', install, {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status === 0 && missingPeers().length === 0) return
  throw new Error(
    `${missing.join(', ')} could not be installed: npm install in ${folder} ended with ${status}. They are downloaded once and kept. If this machine is offline, run this again when it is not.`,
  )
}

/** The module of a peer; its types are written where it is used. */
export async function loadPeer<Module>(name: string): Promise<Module> {
  const { resolve } = createRequire(join(folder, 'package.json'))
  return (await import(pathToFileURL(resolve(name)).href)) as Module
}

function missingPeers(): string[] {
  const { dependencies } = readManifest(folder) as { dependencies: Record<string, string> }
  return Object.entries(dependencies)
    .filter(([name, version]) => {
      const installed = join(folder, 'node_modules', name)
      return (
        !existsSync(join(installed, 'package.json')) || readManifest(installed).version !== version
      )
    })
    .map(([name, version]) => `${name} ${version}`)
}

function readManifest(of: string): { readonly version?: string } {
  return JSON.parse(readFileSync(join(of, 'package.json'), 'utf8'))
}
