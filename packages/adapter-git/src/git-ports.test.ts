import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import { never, requestOf, testRepository, type TestRepository } from './test-repository.ts'
import type { WorkspaceSetup } from './workspace-setup.ts'

let repository: TestRepository
beforeEach(() => {
  repository = testRepository({ 'README.md': 'hello\n' })
})
afterEach(() => repository.remove())

const open = (setup: WorkspaceSetup, branch?: string) =>
  gitWorkspaces({ repository: repository.folder, setup, ...(branch !== undefined && { branch }) })
const claimed = () => readdirSync(join(repository.folder, '.git', 'cueline', 'ports')).toSorted()

function listening(host: string): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, host, () => resolve({ server, port: (server.address() as AddressInfo).port }))
  })
}

describe('ports of workspaces [X-07]', () => {
  it(
    'are unique among workspaces that several processes make at once',
    { timeout: 120_000 },
    async () => {
      const program = fileURLToPath(new URL('./fixtures/claim-ports.ts', import.meta.url))
      // 4 processes × 5 workspaces × 2 ports, of 100 that there are.
      const said = await Promise.all(
        ['a', 'b', 'c', 'd'].map(
          (name) =>
            new Promise<string>((resolve, reject) => {
              let output = ''
              const args = ['--conditions=cueline-source', program, repository.folder, name, '5']
              const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH } })
              child.stdout.on('data', (text) => (output += String(text)))
              child.stderr.on('data', (text) => reject(new Error(String(text))))
              child.on('close', () => resolve(output))
            }),
        ),
      )
      const ports = said.join('').trim().split('\n')
      expect(ports).toHaveLength(40)
      expect(new Set(ports).size).toBe(40)
      for (const port of ports) expect(port).toMatch(/^210\d\d$/)
      expect(claimed()).toEqual(ports.toSorted())

      // They live as long as the workspaces, whose processes have gone without removing them.
      const provider = open({})
      const left = await provider.list()
      expect(left).toHaveLength(20)
      for (const workspace of left) await provider.remove(workspace)
      expect(claimed()).toEqual([])
    },
  )

  it('are unique among workspaces of two branches, and none on which a program listens', async () => {
    const busy = await listening('127.0.0.1')
    try {
      const last = Math.min(busy.port + 2, 65_535)
      const portRange = [last - 2, last] as const
      const one = open({ ports: ['A'], portRange })
      const other = open({ ports: ['A'], portRange }, 'other')
      const first = await one.prepare(requestOf(1), never)
      const second = await other.prepare(requestOf(2), never)
      const got = [first, second].map(({ env }) => Number(env?.['A']))
      const free = [last - 2, last - 1, last].filter((port) => port !== busy.port)
      expect(got.toSorted((left, right) => left - right)).toEqual(free)

      await expect(one.prepare(requestOf(3), never)).rejects.toMatchObject({
        code: 'limit',
        retryable: true,
        message: expect.stringMatching(/No port from \d+ to \d+ is free.*portRange/),
        details: { retryAfterMs: 5_000 },
      })
      await one.remove(first)
      expect((await one.prepare(requestOf(3), never)).env?.['A']).toBe(first.env?.['A'])
    } finally {
      busy.server.close()
    }
  })
})
