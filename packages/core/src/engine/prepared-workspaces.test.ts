import { describe, expect, it } from 'vitest'

import { CuelineError } from '../error.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'
import type { WorkspaceProvider } from '../workspace/workspace.ts'

/** A world with one task, whose workspaces differ from those in memory by this. */
async function world(change: (memory: WorkspaceProvider) => Partial<WorkspaceProvider>) {
  const memory = memoryWorkspaces()
  const briefs: AttemptBrief[] = []
  const judged: AttemptBrief[] = []
  const reports: string[] = []
  const tiny = await tinyWorld({
    tasks: { A: [] },
    runner: async (brief) => void briefs.push(brief),
    gates: () => [
      {
        name: 'look',
        async judge({ attempt }) {
          judged.push(attempt)
          return {
            gate: 'look',
            result: 'pass',
            summary: '',
            evidence: '',
            cause: null,
            durationMs: 0,
          }
        },
      },
    ],
    workspace: { ...memory, ...change(memory) },
    onError: (error, where) => void reports.push(`${where}: ${(error as Error).message}`),
  })
  const { cueline, clock, projectId } = tiny
  const run = async (ms: number) => {
    const running = cueline.run({ projectId })
    await clock.advance(ms)
    return await running
  }
  return { events: tiny.events, run, briefs, judged, reports }
}

describe('what a workspace brings along [X-07]', () => {
  it('reaches runner and gates: the variables of its environment', async () => {
    const env = { PORT: '20001', TMPDIR: '/tmp/of-its-own' }
    const { run, briefs, judged } = await world((memory) => ({
      prepare: async (request, signal) => ({ ...(await memory.prepare(request, signal)), env }),
    }))
    await run(1_000)
    expect(briefs.map(({ workspace }) => workspace.env)).toEqual([env])
    expect(judged.map(({ workspace }) => workspace.env)).toEqual([env])
  })

  it('is told while it is made', async () => {
    const { events, run } = await world((memory) => ({
      prepare(request, signal, report) {
        report?.progress('Set-up: npm ci')
        return memory.prepare(request, signal)
      },
    }))
    await run(1_000)
    const said = events.flatMap((event) =>
      event.type === 'attempt.output' ? [[event.stream, event.text]] : [],
    )
    expect(said).toEqual([['progress', 'Set-up: npm ci']])
  })
})

describe('a workspace without room [X-09, X-07]', () => {
  it('pauses the work for as long as it says, and charges no attempt', async () => {
    let full = 5
    const { events, run, briefs } = await world((memory) => ({
      async prepare(request, signal) {
        full -= 1
        if (full < 0) return await memory.prepare(request, signal)
        throw new CuelineError('limit', 'The disk is full; make room.', {
          retryable: true,
          details: { retryAfterMs: 20_000, evidence: 'write error' },
        })
      },
    }))
    // More refusals than an order has attempts: none of them counts.
    const result = await run(5 * 20_000 + 1_000)
    expect(result.tasks).toMatchObject({ done: 1, failed: 0 })
    const failed = events.flatMap((event) => (event.type === 'attempt.failed' ? [event] : []))
    expect(failed).toHaveLength(5)
    // What no agent can do better is not told to it.
    expect(briefs.map(({ feedback }) => feedback)).toEqual([[]])
    for (const { charged, failure } of failed) {
      expect({ charged, failure }).toEqual({
        charged: false,
        failure: {
          class: 'rate-limit',
          message: 'The disk is full; make room.',
          evidence: 'write error',
        },
      })
    }
  })
})

describe('a workspace that is removed [X-07]', () => {
  it('has its problems reported, and they stop nothing', async () => {
    const { run, reports } = await world((memory) => ({
      async remove(workspace) {
        return { ...(await memory.remove(workspace)), problems: ['dropdb exited with code 1'] }
      },
    }))
    expect((await run(1_000)).tasks.done).toBe(1)
    expect(reports).toEqual([
      expect.stringMatching(
        /^removing the workspace of attempt attempt-1: dropdb exited with code 1$/,
      ),
    ])
  })
})
