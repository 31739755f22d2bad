import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { exampleBrief, gateSuite, type GateBehaviour } from '@cueline/core/testing'
import { describe, it, vi } from 'vitest'

import { listProcesses, startedWith } from '../process/list-processes.ts'
import { commandGate } from './command-gate.ts'

const node = (script: string) => [process.execPath, '-e', script]

const commands: Record<GateBehaviour, readonly string[]> = {
  passes: node(''),
  fails: node('process.exitCode = 1'),
  'cannot-judge': ['no-such-tool-anywhere'],
  'prints-a-lot': node(`console.log('x'.repeat(1000000))`),
  'never-ends': node(`
    process.on('SIGTERM', () => {})
    require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
    require('node:fs').writeFileSync('under-way', '')
    setInterval(() => {}, 1000)`),
}

describe('the command gate [X-14, X-08]', () => {
  gateSuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const path = mkdtempSync(join(tmpdir(), 'command-gate-contract-'))
        const mark = `SUITE_PLACE=${path}`
        return {
          subject: { attempt: exampleBrief(), path },
          create: (behaviour) =>
            commandGate({
              name: 'command',
              command: commands[behaviour],
              env: { SUITE_PLACE: path },
              graceMs: 100,
              stateFolder: join(path, 'state'),
            }),
          async underWay() {
            const file = join(path, 'under-way')
            await vi.waitUntil(() => existsSync(file), { interval: 5, timeout: 10_000 })
          },
          leftovers: async () =>
            (await listProcesses()).filter(({ pid }) => startedWith(pid, mark)).length,
        }
      },
      destroy: ({ subject }) => rmSync(subject.path as string, { recursive: true }),
    },
  )
})
