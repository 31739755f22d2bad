import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface RedisServer {
  /** Where it listens; it has no port. */
  readonly socket: string
  close(): Promise<void>
}

/**
 * Starts a Redis that syncs every write before it answers, as the databases beside it do, in a folder
 * of its own. Undefined where no `redis-server` is installed.
 */
export async function startRedis(): Promise<RedisServer | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'cueline-redis-'))
  const socket = join(folder, 'redis.sock')
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const place = ['--port', '0', '--unixsocket', socket, '--dir', folder]
  const server = spawn('redis-server', [...place, ...durable], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => server.on('close', () => resolve()))
  const close = async () => {
    server.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  if (await isReady(server)) return { socket, close }
  await close()
  throw new Error('redis-server has ended before it took connections.')
}

async function isReady(server: ChildProcessByStdio<null, Readable, null>): Promise<boolean> {
  for await (const line of createInterface({ input: server.stdout })) {
    if (!line.toLowerCase().includes('ready to accept connections')) continue
    server.stdout.resume()
    return true
  }
  return false
}
