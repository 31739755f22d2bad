import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { sqliteStorage } from '@cueline/adapter-sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [{ id: 'T1', title: 'Measure the light', estimate: 10 }],
})

/** Says its session and asks; the second time it writes down how it was started. */
const agent = `
import { readFileSync, writeFileSync } from 'node:fs'
const { answers } = JSON.parse(readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
console.log(JSON.stringify({ cueline: { session: 'thread-1' } }))
if (answers.length === 0) {
  writeFileSync(process.env.CUELINE_RESULT, JSON.stringify({ status: 'waiting', ask: { text: 'Which lamp?' } }))
} else {
  writeFileSync('started.txt', [...process.argv.slice(2), process.env.CUELINE_SESSION].join(' '))
}
`

function workplace() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan, 'agent.mjs': agent })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  const sessions = async (...args: string[]) => {
    const { stdout } = await cueline('sessions', ...args, '--json')
    return (JSON.parse(stdout) as { sessions: Record<string, unknown>[] }).sessions
  }
  const command = (...args: string[]) =>
    [process.execPath, join(cwd, 'agent.mjs'), ...args].map((part) => `"${part}"`).join(' ')
  return { cwd, cueline, sessions, command }
}

describe('cueline sessions [S2-05]', () => {
  it('shows the session of an agent that waits, ends it by force only, and resumes until then', async () => {
    const { cwd, cueline, sessions, command } = workplace()
    await cueline('import', 'plan.json')
    expect((await cueline('sessions')).stdout).toBe('No agent has a session to go on with.\n')
    await cueline('stage', '--force')
    const resume = command('--resume', '{session}')
    const running = cueline('run', '--agent', command('new'), '--resume', resume)
    await vi.waitUntil(
      async () => JSON.parse((await cueline('requests', '--json')).stdout).requests.length === 1,
      { timeout: 15_000 },
    )
    const [session] = await sessions()
    expect(session).toMatchObject({ task: 'T1', agentSessionId: 'thread-1', status: 'active' })
    const shown = await cueline('sessions', '--task', 'T1')
    expect(shown.stdout).toMatch(
      /^task +status +age +used +session +agent's id\nT1 +active .*thread-1\n$/,
    )

    const kept = await cueline('sessions', 'end', 'T1')
    expect(kept.code).toBe(3)
    expect(kept.stderr).toMatch(/task "T1"\s+waits for a person/)
    await cueline('answer', 'T1', 'the big one')
    expect((await running).code).toBe(0)
    const started = readFileSync(join(cwd, '.cueline/result/started.txt'), 'utf8')
    expect(started).toBe('--resume thread-1 thread-1')

    expect((await cueline('sessions', 'end', 'T1')).stdout).toBe('Ended the session of T1.\n')
    expect(await sessions()).toEqual([])
    expect(await sessions('--all')).toMatchObject([{ status: 'ended', endReason: 'asked' }])
    const again = await cueline('sessions', 'end', String(session?.id), '--force')
    expect(again.code).toBe(3)
    expect(again.stderr).toMatch(/has ended already\s+\(asked\)/)
    const unknown = await cueline('sessions', 'end', 'T1')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('There is no session "T1", and none is open.')
  }, 60_000)

  it('end without a run when they were kept for long enough', async () => {
    const { cwd, cueline, sessions, command } = workplace()
    await cueline('import', 'plan.json')
    await cueline('stage', '--force')
    const running = cueline('run', '--agent', command('new'))
    await vi.waitUntil(
      async () => JSON.parse((await cueline('requests', '--json')).stdout).requests.length === 1,
      { timeout: 15_000 },
    )
    await cueline('answer', 'T1', 'the big one')
    expect((await running).code).toBe(0)
    const kept = await cueline('sessions', 'sweep')
    expect(kept.stdout).toBe('No session has been kept for long enough.\n')
    const storage = await sqliteStorage({ file: join(cwd, '.cueline/cueline.db') })
    await storage.advanceClock(31 * 60_000)
    await storage.close()
    expect(await sessions()).toMatchObject([{ status: 'idle' }])
    expect((await cueline('sessions', 'sweep')).stdout).toBe('Ended one session.\n')
    expect(await sessions('--all')).toMatchObject([{ status: 'ended', endReason: 'idle' }])
    const again = await cueline('sessions', 'sweep', '--json')
    expect(JSON.parse(again.stdout)).toEqual({ ended: [] })
  }, 60_000)

  it('are refused a command for resuming that could not resume', async () => {
    const { cueline, command } = workplace()
    const { code, stderr } = await cueline('run', '--agent', command(), '--resume', command())
    expect(code).toBe(2)
    expect(stderr).toContain('has no argument with {session}')
  })
})
