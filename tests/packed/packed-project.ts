import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'

import { runCommand } from '../../scripts/run-command.ts'

const root = join(import.meta.dirname, '..', '..')

/** A project outside the workspace in which npm has installed the packed packages. */
export interface PackedProject {
  readonly folder: string
  write(path: string, text: string): void
  /** Runs a program of the project; rejects with its output when it exits with another code. */
  run(command: string, args: readonly string[]): Promise<string>
  remove(): void
}

/** Builds and packs every package and installs the tarballs with npm into an empty project. */
export async function packedProject(): Promise<PackedProject> {
  const folder = mkdtempSync(join(tmpdir(), 'cueline-packed-'))
  const tarballs = join(folder, 'tarballs')
  const project: PackedProject = {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    run: (command, args) => runIn(folder, command, args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  try {
    mkdirSync(tarballs)
    await runIn(root, process.execPath, ['scripts/build.ts'])
    await runIn(root, process.execPath, ['scripts/pack.ts', tarballs])
    project.write('package.json', '{ "name": "host", "private": true, "type": "module" }\n')
    const packed = readdirSync(tarballs).map((file) => `./tarballs/${file}`)
    await project.run('npm', [...install, ...packed, `@types/node@${typesOfNode}`])
  } catch (error) {
    project.remove()
    throw error
  }
  return project
}

/** The node binary of this version, from the registry; kept in node_modules for the next time. */
export async function nodeOfVersion(version: string): Promise<string> {
  const system = `${process.platform}-${process.arch}`
  const name = system === 'darwin-arm64' ? `node-bin-${system}` : `node-${system}`
  const folder = join(root, 'node_modules', '.cueline-runtimes', version)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    await runIn(folder, 'npm', [...install, `${name}@${version}`])
  }
  return binary
}

const typesOfNode = '24.19.2'
const install = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']

async function runIn(cwd: string, command: string, args: readonly string[]): Promise<string> {
  // What the test runner sets for itself must not reach a program that a user would start.
  const { NODE_OPTIONS: _options, VITEST: _vitest, NODE_ENV: _mode, ...rest } = process.env
  const { NODE_COMPILE_CACHE: _cache, ...env } = rest
  const { code, output } = await runCommand(command, args, { cwd, env })
  if (code === 0) return output
  throw new Error(`${command} ${args.join(' ')} exited with ${code}:\n${output}`)
}
