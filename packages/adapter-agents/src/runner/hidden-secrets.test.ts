import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createCueline, memoryStorage } from '@cueline/core'
import { recordedContext, exampleBrief } from '@cueline/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { directoryWorkspaces } from '../directory/index.ts'
import { commandGates } from '../gate/command-gates.ts'
import { processRunner } from './process-runner.ts'

const canary = 'canary-7f3a9c1e5b'
const token = `ghp_${'Zq9'.repeat(12)}`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hidden-secrets-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** Says its secrets in every way that it has: piece by piece, as progress, question and result. */
const chatty = `
  const fs = require('node:fs')
  const secret = process.env.AGENT_API_KEY, token = process.argv[1]
  const { answers } = JSON.parse(fs.readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
  const result = (value) => fs.writeFileSync(process.env.CUELINE_RESULT, JSON.stringify(value))
  const say = (text) => new Promise((done) => process.stdout.write(text, done))
  const pause = () => new Promise((done) => setTimeout(done, 5))
  void (async () => {
    await say('the key is ' + secret.slice(0, 6)); await pause()
    await say(secret.slice(6) + ', the token ' + token.slice(0, 3)); await pause()
    await say(token.slice(3) + '\\n')
    console.error('stderr has ' + secret + ' and ' + token)
    console.log(JSON.stringify({ cueline: { progress: 'using ' + secret } }))
    if (answers.length === 0) {
      result({ status: 'waiting', ask: { text: 'May I use ' + secret + '?', kind: 'choice', options: ['yes', token] } })
    } else if (answers.length === 1 && process.env.FAILS) {
      result({ status: 'failed', class: 'permanent', message: 'refused: ' + secret })
    } else {
      result({ status: 'completed', summary: 'done with ' + secret + ' and ' + token })
    }
  })()
`

function agent(env: Readonly<Record<string, string>> = {}) {
  return processRunner({
    command: [process.execPath, '-e', chatty, token],
    env: { AGENT_API_KEY: canary, ...env },
    stateFolder: join(folder, 'state'),
    graceMs: 200,
  })
}

describe('secrets that an agent prints and reports [S1-05, X-11]', () => {
  it.each([
    ['completes', {}],
    ['fails', { FAILS: '1' }],
  ])('reach nobody when it %s', async (_, env) => {
    const { context, ...recorded } = recordedContext(['yes'])
    const outcome = await agent(env).run(exampleBrief(), context)
    const all = JSON.stringify([outcome, recorded])
    expect(all).not.toContain(canary)
    expect(all).not.toContain(token)
    const printed = recorded.output.filter(({ stream }) => stream === 'stdout')
    expect(printed.map(({ text }) => text).join('')).toContain(
      'the key is [redacted], the token [redacted]',
    )
    expect(all).toContain('using [redacted]')
    expect(all).toContain('May I use [redacted]?')
    expect(outcome.status).toBe('FAILS' in env ? 'failed' : 'completed')
  })

  it('are in no event and no row of a run, what its gates print included', async () => {
    const storage = memoryStorage()
    const shout = `console.log(process.env.GATE_TOKEN); console.error('Bearer', process.env.GATE_TOKEN); process.exitCode = 1`
    const cueline = await createCueline({
      storage,
      runner: agent(),
      workspace: directoryWorkspaces({ result: join(folder, 'result') }),
      gates: commandGates({ env: { GATE_TOKEN: canary }, stateFolder: join(folder, 'state') }),
      settings: { maxAttempts: 1 },
    })
    cueline.on('event', (event) => {
      if (event.type !== 'request.opened') return
      void cueline.requests.answer({ requestId: event.request.id, answer: 'yes' })
    })
    const { id: projectId } = await cueline.projects.create({ name: 'Loud' })
    const gates = [{ name: 'loud', command: [process.execPath, '-e', shout] }]
    await cueline.tasks.add({ projectId, tasks: [{ id: 'A', title: 'A', context: { gates } }] })
    const plan = await cueline.plans.build({ projectId, workers: 1 })
    await cueline.stages.fromPlan({ planId: plan.id, force: true })
    const report = await cueline.run({ projectId })
    expect(report.tasks.failed).toBe(1)
    const rows = await storage.transaction(async (transaction) => {
      const { attempts, requests, tasks } = await transaction.load({ projectId, everything: true })
      return [...attempts.values(), ...requests.values(), ...tasks.values()]
    })
    const kept = JSON.stringify([await storage.eventsAfter(projectId, 0, 10_000), rows])
    expect(kept).not.toContain(canary)
    expect(kept).not.toContain(token)
    expect(kept).toContain('the key is [redacted]')
    expect(kept).toContain('Bearer [redacted]')
    await cueline.close()
  })

  it('are hidden when only the host knows that they are secrets', async () => {
    const { context, ...recorded } = recordedContext()
    const runner = processRunner({
      command: [process.execPath, '-e', `console.log('the pin is 4711')`],
      secrets: ['4711'],
      stateFolder: join(folder, 'state'),
    })
    expect(await runner.run(exampleBrief(), context)).toEqual({
      status: 'completed',
      summary: 'the pin is [redacted]',
    })
    expect(JSON.stringify(recorded)).not.toContain('4711')
  })
})
