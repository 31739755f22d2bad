// Runs a script of this workspace on the pinned runtime, and installs first when something changed.
// Plain JavaScript without dependencies: it must start on any Node >= 20, before any install.
// Usage: node scripts/boot.mjs <name> [arguments]; `npm run <name> -- [arguments]` comes here.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pnpm = 'pnpm@12.21.0'
const onSource = '--conditions=cueline-source'

/** What each name runs, as arguments of the pinned node. */
const programs = {
  start: [onSource, 'examples/quickstart/main.ts'],
  cueline: [onSource, 'packages/cli/src/main.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  'test:data': ['scripts/test-data.ts'],
  check: ['scripts/check.ts'],
  types: ['scripts/check.ts', 'types'],
  lint: ['scripts/check.ts', 'lint'],
  format: ['scripts/check.ts', 'format', '--write'],
  requirements: ['scripts/requirements.ts'],
  snippets: ['scripts/snippets.ts'],
  schema: [onSource, 'scripts/schema.ts'],
  build: ['scripts/build.ts'],
  bench: [onSource, 'scripts/bench.ts'],
  faults: [onSource, 'tests/faults/main.ts'],
  replay: [onSource, 'tests/replay/main.ts'],
  mutation: ['scripts/mutation.ts'],
  node: [onSource],
}

const [name = '', ...rest] = process.argv.slice(2)
const program = programs[name]
if (program === undefined) {
  console.error(`Unknown script "${name}". Known: ${Object.keys(programs).join(', ')}.`)
  process.exit(2)
}

const stampFile = join(root, 'node_modules', '.cueline-installed')
const stamp = stampOfManifests()
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  console.error('Setting up (once): installing dependencies and the pinned runtime ...')
  rmSync(stampFile, { force: true })
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
  const code = await run(npx, ['--yes', pnpm, 'install', '--frozen-lockfile'], {
    shell: process.platform === 'win32',
    // stdout belongs to the program: `npm run -s cueline -- plan x --json` must print JSON only.
    stdio: ['ignore', 2, 2],
  })
  if (code !== 0) {
    console.error('The installation failed; its messages stand above. Mend that and run it again.')
    process.exit(code)
  }
  writeFileSync(stampFile, stamp)
}

const node = pinnedNode()
const path = [dirname(node), process.env.PATH ?? ''].join(delimiter)
// Everything runs on sources: what Node has made of them is kept for the next start.
const compiled = join(root, 'node_modules', '.cueline-compiled')
process.exitCode = await run(node, [...program, ...rest], {
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: compiled, ...process.env, PATH: path },
})

/** Changes when an install could have something to do. */
function stampOfManifests() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
  for (const folder of ['examples', 'packages']) {
    for (const entry of readdirSync(join(root, folder)).sort()) {
      files.push(join(folder, entry, 'package.json'))
    }
  }
  for (const file of files) {
    if (existsSync(join(root, file))) {
      hash
        .update(`${file}\n`)
        .update(readFileSync(join(root, file)))
        .update('\n')
    }
  }
  return hash.digest('hex')
}

/** The runtime that the lockfile pins, else the running one when it is new enough. */
function pinnedNode() {
  const system = `${process.platform}-${process.arch}`
  for (const candidate of [`node-${system}`, `node-bin-${system}`]) {
    const file = join(root, 'node_modules', candidate, 'bin', 'node')
    if (existsSync(file)) return file
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  console.error(
    `No pinned runtime exists for ${system}, and this is Node ${process.versions.node}. ` +
      'Run it with Node 22.18 or newer.',
  )
  process.exit(1)
}

/** Resolves with the exit code; a signal sent to this process reaches the child. */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, ...options })
    // npm passes a signal on that its whole group has got already; the child gets one of them.
    let lately
    const forward = (signal) => {
      if (lately === signal) return
      lately = signal
      setTimeout(() => (lately = undefined), 300).unref()
      child.kill(signal)
    }
    // A terminal sends Ctrl-C to the whole group: the child has it already, and a second one means
    // "at once" to most programs. So then this process only stays alive.
    const interrupt = process.stdin.isTTY ? () => {} : forward
    process.on('SIGINT', interrupt).on('SIGTERM', forward).on('SIGHUP', forward)
    const settle = (code) => {
      process.off('SIGINT', interrupt).off('SIGTERM', forward).off('SIGHUP', forward)
      resolve(code)
    }
    child.on('error', (error) => {
      console.error(`Could not start ${command}: ${error.message}`)
      settle(1)
    })
    child.on('exit', (code, signal) => {
      settle(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 1))
    })
  })
}
