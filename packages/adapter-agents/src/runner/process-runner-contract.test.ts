import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runnerSuite, type RunnerBehaviour } from '@cueline/core/testing'
import { describe, it } from 'vitest'

import { listProcesses, startedWith } from '../process/list-processes.ts'
import { processRunner } from './process-runner.ts'

const prelude = `
  const fs = require('node:fs')
  const result = (value) => fs.writeFileSync(process.env.CUELINE_RESULT, JSON.stringify(value))
  const brief = () => JSON.parse(fs.readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
  const progress = (text) => console.log(JSON.stringify({ cueline: { progress: text } }))
  const child = () => require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
`

const scripts: Record<RunnerBehaviour, string> = {
  completes: `child(); result({ status: 'completed', summary: 'done' }); process.exit(0)`,
  echoes: `result({ status: 'completed', summary: brief().task.code })`,
  fails: `result({ status: 'failed', class: 'transient', message: 'not today' })`,
  crashes: `child(); throw new Error('boom')`,
  reports: `progress('half way'); console.error('some output')`,
  asks: `
    const [answer] = brief().answers
    if (answer === undefined) result({ status: 'waiting', ask: { text: 'Which colour?' } })
    else result({ status: 'completed', summary: answer.answer })`,
  resumes: `
    const { session } = brief()
    console.log(JSON.stringify({ cueline: { session: session === undefined ? 'session-1' : session + '+' } }))
    result({ status: 'completed', summary: session ?? 'new' })`,
  'never-ends': `child(); progress('ready'); setInterval(() => {}, 1000)`,
  'ignores-requests-to-stop': `
    process.on('SIGTERM', () => {}); process.on('SIGINT', () => {}); process.on('SIGHUP', () => {})
    child(); progress('ready'); setInterval(() => {}, 1000)`,
}

describe('the process runner [X-14]', () => {
  runnerSuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const place = mkdtempSync(join(tmpdir(), 'process-runner-contract-'))
        const path = join(place, 'workspace')
        mkdirSync(path)
        // Whatever a run starts inherits this, so it is found wherever it hides.
        const mark = `SUITE_PLACE=${place}`
        return {
          place,
          brief: { workspace: { path } },
          create: (behaviour) =>
            processRunner({
              command: [process.execPath, '-e', prelude + scripts[behaviour]],
              env: { SUITE_PLACE: place },
              graceMs: 100,
              stateFolder: join(place, 'state'),
            }),
          leftovers: async () =>
            (await listProcesses()).filter(({ pid }) => startedWith(pid, mark)).length,
        }
      },
      destroy: (subject) =>
        rmSync((subject as unknown as { place: string }).place, { recursive: true }),
    },
  )
})
