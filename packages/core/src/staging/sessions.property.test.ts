import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecisionChecks } from './decision-checks.arbitrary.ts'
import type { Session } from './state.ts'
import { type Claim, World, type Write } from './world.arbitrary.ts'

const minute = 60_000
const codes = ['seed', 'moss'] as const

/** One move of whoever is named by `on`: an attempt, a person, the sweep or the clock. */
const move = fc.record({
  kind: fc.constantFrom(
    'start',
    'start',
    'start',
    'use',
    'use',
    'use',
    'other',
    'wait',
    'answer',
    'verify',
    'succeed',
    'fail',
    'fail',
    'yield',
    'yield',
    'lapse',
    'late',
    'end',
    'force',
    'sweep',
    'sweep',
    'pass',
    'pass',
    'pass',
  ),
  on: fc.nat(codes.length - 1),
  minutes: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 120 })),
})

const question = { kind: 'question', text: 'Which soil?', options: [] } as const
const writes: Partial<Record<string, Write>> = {
  use: { type: 'session.use', agentSessionId: 'thread' },
  other: { type: 'session.use', agentSessionId: 'another' },
  wait: { type: 'attempt.wait', request: question },
  verify: { type: 'attempt.verify', summary: 'done' },
  succeed: { type: 'attempt.succeed', verdicts: [], merged: null },
  fail: {
    type: 'attempt.fail',
    failure: { class: 'transient', message: 'red', evidence: '' },
    verdicts: [],
  },
  yield: { type: 'attempt.yield', reason: 'parked' },
}

/** Told in another way than `decide` does: by all attempts and requests of the task. */
function isNeeded(world: World, session: Session): boolean {
  const { attempts, requests } = world.state
  return (
    [...attempts.values()].some((row) => row.taskId === session.taskId && row.endedAt === null) ||
    [...requests.values()].some((row) => row.taskId === session.taskId && row.status === 'open')
  )
}

function check(world: World): void {
  const { sessions, attempts } = world.state
  const open = [...sessions.values()].filter((session) => session.status !== 'ended')
  expect(new Set(open.map((session) => session.taskId)).size).toBe(open.length)
  for (const session of open) {
    const attempt = attempts.get(session.attemptId)
    expect(session.status).toBe(attempt?.endedAt === null ? 'active' : 'idle')
    expect(attempt?.sessionId).toBe(session.id)
  }
  const named = [...attempts.values()].filter((attempt) => attempt.sessionId !== null)
  expect(named.length).toBe(open.length)
}

describe('sessions under random work and random times [S2-05]', () => {
  it('end when they should, are never taken from work in flight, and replay from the log', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 20, maxLength: 80, size: 'max' }), (moves) => {
        const checks = new DecisionChecks()
        const world = new World({ maxAttempts: 100, maxInterruptions: 100 }, checks).add(...codes)
        world.stage('spring', codes)
        world.promote('spring')
        const claims = new Map<string, Claim>()
        for (const { kind, on, minutes } of moves) {
          const code = codes[on] ?? 'seed'
          const claim = claims.get(code)
          const sessions = [...world.state.sessions.values()]
          const session = sessions.findLast((row) => row.taskId === world.task(code).id)
          const write = writes[kind]
          if (kind === 'pass') world.now += minutes * minute
          else if (kind === 'start') {
            const order = world.task(code).workOrderId
            const [next] = world.claim(1, order === null ? [] : [order])
            if (next !== undefined) claims.set(code, next)
          } else if (kind === 'answer') {
            const asked = world.requests(code).find((request) => request.status === 'open')
            if (asked !== undefined) world.answer(asked.id, 'clay')
          } else if (kind === 'lapse') {
            if (claim !== undefined) world.lapse(claim)
          } else if (kind === 'late') {
            if (claim === undefined || world.attempt(claim).endedAt === null) continue
            const late = world.tryWrite(claim, writes.other as Write)
            expect(late).toMatchObject({ ok: false, refusal: { code: 'lease-lost' } })
          } else if (kind === 'end' || kind === 'force') {
            if (session === undefined) continue
            const kept = session.status !== 'ended' && isNeeded(world, session)
            const force = kind === 'force'
            const { ok } = world.try({ type: 'session.end', sessionId: session.id, force })
            if (kept) expect(ok).toBe(force)
          } else if (kind === 'sweep') {
            const kept = sessions.filter((row) => row.status !== 'ended' && isNeeded(world, row))
            world.do({ type: 'sessions.expire', sessionIds: sessions.map(({ id }) => id) })
            for (const { id } of kept) {
              expect(world.state.sessions.get(id)?.status).not.toBe('ended')
            }
            for (const row of world.state.sessions.values()) {
              const old = world.now - row.lastUsedAt > 30 * minute
              const aged = world.now - row.startedAt > 60 * minute
              // One that stepped back for a question is kept until it has gone on.
              const { status } = world.state.attempts.get(row.attemptId)!
              if ((old || aged) && !isNeeded(world, row) && status !== 'yielded') {
                expect(row.status).toBe('ended')
              }
            }
          } else if (write !== undefined && claim !== undefined) world.tryWrite(claim, write)
          check(world)
        }
        checks.checkReplay(world.state)
      }),
    )
  })
})
