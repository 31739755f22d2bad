import { describe, expect, it } from 'vitest'

import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { tinyWorld, type TinyWorld, type TinyWorldOptions } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

type Work = (brief: AttemptBrief) => Readonly<Record<string, string>>

async function worldOf(work: Work, options: Partial<TinyWorldOptions> = {}) {
  const workspace = memoryWorkspaces()
  const briefs: AttemptBrief[] = []
  const world = await tinyWorld({
    tasks: { A: [] },
    settings: { maxAttempts: 2 },
    workspace,
    runner: async (brief) => {
      briefs.push(brief)
      for (const [path, content] of Object.entries(work(brief))) {
        workspace.files(brief.attemptId).set(path, content)
      }
    },
    ...options,
  })
  const run = world.cueline.run({ projectId: world.projectId })
  await world.clock.advance(100)
  return { world, workspace, briefs, run }
}

const open = ({ cueline, projectId }: TinyWorld) =>
  cueline.requests.list({ projectId, status: ['open'] })

async function answer(world: TinyWorld, text: string) {
  const [request] = await open(world)
  await world.cueline.requests.answer({ requestId: request?.id ?? '', answer: text })
  await world.clock.advance(10_000)
}

describe('changes to what is protected [X-06, X-08]', () => {
  it('wait for a person, and land when they are approved, without doing the work again', async () => {
    const { world, workspace, briefs, run } = await worldOf(() => ({
      'CLAUDE.md': 'obey',
      'src/a.ts': '1',
    }))
    expect(await open(world)).toMatchObject([
      {
        kind: 'approval',
        text: expect.stringMatching(/^A changes what is protected: CLAUDE\.md \(contents /),
        options: ['approve', 'refuse'],
      },
    ])
    expect(workspace.result.size).toBe(0)
    await answer(world, 'approve')
    expect((await run).tasks.done).toBe(1)
    expect(workspace.result.get('CLAUDE.md')).toBe('obey')
    expect(briefs).toHaveLength(1)
  })

  it('that a person refuses go back to their owner with the reason', async () => {
    const { world, workspace, briefs, run } = await worldOf(({ number }) =>
      number === 1 ? { '.claude/settings.json': '{}' } : { 'src/a.ts': '1' },
    )
    await answer(world, 'refuse')
    expect((await run).tasks.done).toBe(1)
    expect(briefs[1]?.feedback).toMatchObject([
      {
        class: 'gate-failed',
        message: 'A person refused the changes to .claude/settings.json. Do the task without them.',
        evidence: '.claude/settings.json',
      },
    ])
    expect([...workspace.result.keys()]).toEqual(['src/a.ts'])
  })

  it('are asked about once for the same contents, and again for others', async () => {
    let judged = 0
    const { world, workspace, briefs, run } = await worldOf(
      ({ number }) => ({ 'CLAUDE.md': number < 3 ? 'same' : 'other' }),
      {
        settings: { maxAttempts: 3 },
        gates: [
          {
            name: 'tests',
            judge: async () => ({
              gate: 'tests',
              result: (judged += 1) < 3 ? 'fail' : 'pass',
              summary: '',
              durationMs: 0,
              cause: null,
              evidence: '',
            }),
          },
        ],
      },
    )
    await answer(world, 'approve')
    expect(briefs).toHaveLength(3)
    expect(await open(world)).toHaveLength(1)
    expect(workspace.result.size).toBe(0)
    await answer(world, 'approve')
    expect((await run).tasks.done).toBe(1)
    expect(workspace.result.get('CLAUDE.md')).toBe('other')
  })

  it('that appear only after the question do not land', async () => {
    const workspace = memoryWorkspaces()
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      workspace,
      runner: async ({ attemptId }) => {
        workspace.files(attemptId).set('src/a.ts', '1')
      },
      gates: ({ attemptId }) => [
        {
          name: 'tests',
          async judge() {
            workspace.files(attemptId).set('.GitHub/workflows/ci.yml', 'on: push')
            return {
              gate: 'tests',
              result: 'pass',
              summary: '',
              durationMs: 0,
              cause: null,
              evidence: '',
            }
          },
        },
      ],
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(10_000)
    await run
    expect((await world.task('A')).failure).toMatchObject({
      class: 'invalid-output',
      message: expect.stringMatching(/workflows\/ci\.yml .*Nobody has approved it\.$/),
    })
    expect(workspace.result.size).toBe(0)
  })

  it('land at once where the task declares them or the host allows them', async () => {
    const declared = await worldOf(() => ({ '.mcp.json': '{}' }), {
      tasks: [{ id: 'A', title: 'Set the tools up', touches: ['.mcp.json'] }],
    })
    expect((await declared.run).tasks.done).toBe(1)
    const allowed = await worldOf(() => ({ 'docs/AGENTS.md': '' }), {
      protect: { allow: ['docs/'] },
    })
    expect((await allowed.run).tasks.done).toBe(1)
    const off = await worldOf(() => ({ 'CLAUDE.md': '' }), { protect: false })
    expect((await off.run).tasks.done).toBe(1)
  })

  it('fail the attempt where nobody is to be asked', async () => {
    const { world, briefs, run } = await worldOf(() => ({ 'package.json': '{}' }), {
      protect: { paths: ['package.json'], then: 'fail' },
    })
    await world.clock.advance(10_000)
    expect((await run).tasks.failed).toBe(1)
    expect(briefs[1]?.feedback[0]?.message).toContain('package.json is protected.')
    expect(await open(world)).toEqual([])
  })
})
