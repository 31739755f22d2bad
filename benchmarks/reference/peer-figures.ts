import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

import type { Shape } from './made-tasks.ts'
import { installPeers } from './peers.ts'

export const peerNames = ['graphology-dag', 'p-graph', 'dependency-graph', 'toposort'] as const

export type PeerFigure =
  | { readonly ms: number; readonly ratio: number }
  | { readonly failed: string }

/** Which peers can be measured: without the network only those that are installed already. */
export function availablePeers(): readonly string[] {
  try {
    installPeers()
    return peerNames
  } catch (error) {
    console.error(`${(error as Error).message} Only graphology-dag is compared with.\n`)
    return ['graphology-dag']
  }
}

/** Measures a peer in a process of its own, for at most half a minute. */
export function peerFigure(peer: string, shape: Shape, size: number, rounds: number): PeerFigure {
  const program = join(import.meta.dirname, 'peer-order.ts')
  try {
    const output = execFileSync(
      process.execPath,
      ['--conditions=cueline-source', program, peer, shape, String(size), String(rounds)],
      { encoding: 'utf8', timeout: longest, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return JSON.parse(output) as PeerFigure
  } catch (error) {
    const { code } = error as { code?: unknown }
    return { failed: code === 'ETIMEDOUT' ? `> ${longest / 1_000} s` : 'crashed' }
  }
}

const longest = 30_000
