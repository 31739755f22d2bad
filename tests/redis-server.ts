import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { freePort, guardOf } from './postgres-server.ts'

export interface RedisServer {
  /** `redis://127.0.0.1:port` */
  readonly url: string
  /** SIGKILL: what it held is lost. */
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** Ends it and removes its folder. Closing twice is harmless. */
  close(): Promise<void>
}

/** The Redis of CUELINE_REDIS_URL, which must not be harmed, else one of its own. */
export async function redisForTests(): Promise<Pick<RedisServer, 'url' | 'close'>> {
  const url = process.env['CUELINE_REDIS_URL']
  if (url === undefined || url === '') return await startRedis()
  console.error('Redis for tests: that of CUELINE_REDIS_URL, with prefixes of their own.')
  return { url, close: async () => {} }
}

/**
 * Starts a Redis of its own for tests, from the `redis-server` of this machine: on loopback and a
 * free port, with nothing but memory, so that whatever ends it loses every job. It ends with this
 * process, even when that is killed. Throws where there is no `redis-server`.
 */
export async function startRedis(): Promise<RedisServer> {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    throw new Error(
      'There is no redis-server on this machine. Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis). Tests that do no harm take that of CUELINE_REDIS_URL as well.',
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'cueline-redis-'))
  const port = await freePort()
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder]
  const memoryOnly = ['--save', '', '--appendonly', 'no']
  let server: ChildProcess | undefined
  let guard: ChildProcess | undefined

  async function start(): Promise<void> {
    const started = spawn('redis-server', [...args, ...memoryOnly], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    server = started
    guard = guardOf(started, folder)
    const said: string[] = []
    for await (const line of createInterface({ input: started.stdout })) {
      said.push(line)
      if (!/ready to accept connections/i.test(line)) continue
      started.stdout.resume()
      return
    }
    throw new Error(`redis-server did not start: ${said.join('\n')}`)
  }

  async function kill(): Promise<void> {
    const killed = server
    server = undefined
    if (killed === undefined || killed.exitCode !== null) return
    const ended = once(killed, 'exit')
    // Before the guard, which would remove the folder of the next one.
    guard?.kill('SIGKILL')
    killed.kill('SIGKILL')
    await ended
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    async close() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
