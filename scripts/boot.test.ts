import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

import { describe, expect, it } from 'vitest'

import manifest from '../package.json' with { type: 'json' }
import { runCommand } from './run-command.ts'
import { temporaryTree } from './temporary-tree.ts'

const program = 'console.log("ran", ...process.argv.slice(2))\nprocess.exitCode = 3\n'

/** Says each signal it gets, and ends a little after the first. */
const untilSignalled = `
  const end = setTimeout(() => {}, 60_000)
  for (const name of ['SIGINT', 'SIGTERM']) {
    process.on(name, () => { console.log(name); setTimeout(() => end.close(), 200) })
  }
  console.log('ready')
`

/** A workspace whose `npx` only notes that it was called. */
function workspace(npx = 'mkdir -p node_modules') {
  const root = temporaryTree({
    'package.json': JSON.stringify({
      type: 'module',
      scripts: { cueline: manifest.scripts.cueline },
    }),
    'packages/cli/package.json': '{ "type": "module" }',
    'packages/cli/src/main.ts': program,
    'examples/quickstart/package.json': '{}',
    'scripts/.keep': '',
    'bin/npx': `#!/bin/sh\necho "$@" >> installs.txt\n${npx}\n`,
  })
  chmodSync(join(root, 'bin', 'npx'), 0o755)
  copyFileSync(join(import.meta.dirname, 'boot.mjs'), join(root, 'scripts', 'boot.mjs'))
  const PATH = [join(root, 'bin'), process.env.PATH ?? ''].join(delimiter)
  const boot = (...args: string[]) =>
    runCommand(process.execPath, ['scripts/boot.mjs', ...args], {
      cwd: root,
      env: { ...process.env, PATH },
    })
  const installs = () => readFileSync(join(root, 'installs.txt'), 'utf8').trim().split('\n').length
  const start = (command: string, args: readonly string[]) =>
    spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  return { root, boot, installs, start }
}

describe('npm scripts', () => {
  it('install once, and again only after a manifest has changed', async () => {
    const { root, boot, installs } = workspace()
    await boot('cueline')
    await boot('cueline')
    expect(installs()).toBe(1)
    appendFileSync(join(root, 'packages/cli/package.json'), '\n')
    await boot('cueline')
    expect(installs()).toBe(2)
  })

  it('pass arguments and the exit code through', async () => {
    const { code, output } = await workspace().boot('cueline', 'plan', '--workers', '2')
    expect(output).toContain('ran plan --workers 2')
    expect(code).toBe(3)
  })

  it('run nothing when the installation fails, and try again the next time', async () => {
    const { root, boot, installs } = workspace('exit 7')
    const { code, output } = await boot('cueline')
    expect(output).not.toContain('ran')
    expect(output).toContain('The installation failed')
    expect(code).toBe(7)
    expect(existsSync(join(root, 'node_modules/.cueline-installed'))).toBe(false)
    await boot('cueline')
    expect(installs()).toBe(2)
  })

  it('name the known scripts when one is mistyped', async () => {
    const { code, output } = await workspace().boot('statr')
    expect(output).toContain('Unknown script "statr". Known: start')
    expect(code).toBe(2)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'hand a %s of npm to the program, once',
    async (signal) => {
      const { root, start } = workspace()
      writeFileSync(join(root, 'packages/cli/src/main.ts'), untilSignalled)
      const child = start('npm', ['run', '-s', 'cueline'])
      let output = ''
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        output += chunk
        if (output.endsWith('ready\n')) child.kill(signal)
      }
      expect(output).toBe(`ready\n${signal}\n`)
    },
  )
})
