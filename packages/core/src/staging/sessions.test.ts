import { describe, expect, it } from 'vitest'
import type { SessionId } from '../id.ts'
import { DecisionChecks } from './decision-checks.arbitrary.ts'
import { taskId } from './garden.arbitrary.ts'
import { type Claim, World } from './world.arbitrary.ts'

const minute = 60_000

function started() {
  const checks = new DecisionChecks()
  const world = new World({}, checks).add('seed', 'moss')
  world.stage('spring', ['seed', 'moss'])
  world.promote('spring')
  return { world, checks, claim: world.start('seed') }
}

const use = (world: World, claim: Claim, agentSessionId: string) =>
  world.write(claim, { type: 'session.use', agentSessionId })
const sessions = (world: World) => [...world.state.sessions.values()]
const expire = (world: World) =>
  world.do({ type: 'sessions.expire', sessionIds: [...world.state.sessions.keys()] })
const end = (world: World, force = false) =>
  ({ type: 'session.end', sessionId: sessions(world)[0]!.id, force }) as const

describe('the session of an agent [S2-05, S2-01]', () => {
  it('maps what the agent calls it to its worker and task, and is active', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    expect(sessions(world)).toEqual([
      {
        id: world.attempt(claim).sessionId,
        projectId: world.state.project?.id,
        agentSessionId: 'thread-1',
        workerId: 'worker-1',
        taskId: taskId('seed'),
        attemptId: claim.attemptId,
        status: 'active',
        endReason: null,
        startedAt: world.now,
        lastUsedAt: world.now,
        endedAt: null,
      },
    ])
  })

  it('is said as often as one likes', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    expect(use(world, claim, 'thread-1').events).toEqual([])
  })

  it('is replaced by another one of the same attempt', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.now += 1
    use(world, claim, 'thread-2')
    expect(sessions(world)).toMatchObject([
      { agentSessionId: 'thread-1', status: 'ended', endReason: 'replaced', endedAt: world.now },
      { agentSessionId: 'thread-2', status: 'active' },
    ])
    expect(world.attempt(claim).sessionId).toBe(sessions(world)[1]?.id)
    // Nobody asked for its end, so the agent may go back to it.
    use(world, claim, 'thread-1')
    expect(sessions(world)).toMatchObject([
      { agentSessionId: 'thread-1', endReason: 'replaced' },
      { agentSessionId: 'thread-2', endReason: 'replaced' },
      { agentSessionId: 'thread-1', status: 'active' },
    ])
  })

  it('has an id of its own, and leaves the sessions of other tasks alone', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    use(world, world.start('moss'), 'thread-1')
    expect(sessions(world)).toMatchObject([
      { id: expect.stringMatching(/^session-/), taskId: taskId('seed'), status: 'active' },
      { id: expect.stringMatching(/^session-/), taskId: taskId('moss'), status: 'active' },
    ])
  })

  it('rests when its attempt has ended, and goes on with the next attempt', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.now += minute
    world.write(claim, { type: 'attempt.yield', reason: 'budget' })
    expect(sessions(world)).toMatchObject([{ status: 'idle', lastUsedAt: world.now }])
    const next = world.start('seed')
    world.now += minute
    expect(use(world, next, 'thread-1').events).toMatchObject([{ type: 'session.used' }])
    expect(sessions(world)).toMatchObject([
      { status: 'active', attemptId: next.attemptId, lastUsedAt: world.now },
    ])
    expect(world.attempt(claim).sessionId).toBeNull()
  })

  it('is not taken from a worker whose lease has lapsed', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.lapse(claim)
    const late = world.tryWrite(claim, { type: 'session.use', agentSessionId: 'thread-2' })
    expect(late).toMatchObject({ ok: false, refusal: { code: 'lease-lost' } })
    expect(sessions(world)).toMatchObject([{ agentSessionId: 'thread-1', status: 'idle' }])
  })

  it('is not taken when the agent cannot mean it', () => {
    const { world, claim } = started()
    const odd = world.tryWrite(claim, { type: 'session.use', agentSessionId: '--yes' })
    expect(odd).toMatchObject({ ok: false, refusal: { code: 'invalid-input' } })
    expect(odd).toHaveProperty(
      'refusal.message',
      'The session id that the agent of task "seed" gave is not taken: it starts with "-", like an option of a command.',
    )
  })

  it('rests when its task is cancelled', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.do({ type: 'task.cancel', taskId: taskId('seed'), reason: 'enough' })
    expect(sessions(world)).toMatchObject([{ status: 'idle' }])
  })
})

describe('the end of a session [S2-05]', () => {
  it('comes when it was idle for too long, or is too old', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.fail(claim)
    world.now += 30 * minute
    expect(expire(world).events).toEqual([])
    world.now += 1
    expire(world)
    expect(sessions(world)).toMatchObject([
      { status: 'ended', endReason: 'idle', endedAt: world.now },
    ])

    const next = world.start('seed')
    use(world, next, 'thread-2')
    world.now += 60 * minute + 1
    expect(expire(world).events).toEqual([])
    world.fail(next)
    expire(world)
    expect(sessions(world)[1]).toMatchObject({ status: 'ended', endReason: 'age' })
  })

  it('follows the settings of the project', () => {
    const { world, claim } = started()
    world.do({ type: 'project.update', settings: { sessionIdleMs: 5, sessionMaxAgeMs: 9 } })
    use(world, claim, 'thread-1')
    world.fail(claim)
    world.now += 6
    expire(world)
    expect(sessions(world)).toMatchObject([{ endReason: 'idle' }])
  })

  it('waits for work in flight, whatever that work does', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    const stays = (work: string) => {
      world.now += 600 * minute
      expect(expire(world).events).toEqual([])
      expect(world.refuse(end(world))).toEqual({
        code: 'not-allowed',
        message: `Session "${sessions(world)[0]!.id}" is kept: task "seed" ${work}. Wait for it, or end the session with force; the work goes on, but no later attempt resumes the session.`,
      })
    }
    stays('is running')
    world.write(claim, {
      type: 'attempt.wait',
      request: { kind: 'question', text: 'Which soil?', options: [] },
    })
    stays('waits for a person')
    world.write(claim, { type: 'attempt.yield', reason: 'parked' })
    stays('waits for a person')
    world.answer(world.requests('seed')[0]!.id, 'clay')
    stays('goes on with an answer')
    const next = world.start('seed')
    stays('is running')
    use(world, next, 'thread-1')
    world.write(next, { type: 'attempt.verify', summary: 'done' })
    stays('is verifying')
    world.write(next, { type: 'attempt.merge', verdicts: [], target: 'main' })
    stays('is merging')
    world.write(next, { type: 'attempt.succeed', verdicts: [], merged: 'abc' })
    world.now += 30 * minute + 1
    expire(world)
    expect(sessions(world)).toMatchObject([{ status: 'ended', endReason: 'idle' }])
  })

  it('comes at once when somebody asks for it with force, and the work goes on', () => {
    const { world, claim, checks } = started()
    use(world, claim, 'thread-1')
    world.do(end(world, true))
    expect(sessions(world)).toMatchObject([{ status: 'ended', endReason: 'asked' }])
    expect(world.attempt(claim)).toMatchObject({ status: 'running', sessionId: null })

    const again = world.tryWrite(claim, { type: 'session.use', agentSessionId: 'thread-1' })
    expect(again).toMatchObject({ ok: false, refusal: { code: 'conflict' } })
    expect(sessions(world)).toHaveLength(1)
    // Another one is welcome.
    use(world, claim, 'thread-2')
    world.succeed(claim)
    expect(sessions(world)).toMatchObject([
      { agentSessionId: 'thread-1', status: 'ended', endReason: 'asked' },
      { agentSessionId: 'thread-2', status: 'idle' },
    ])
    checks.checkReplay(world.state)
  })

  it('binds the attempt that it was asked for, not the next one', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.do(end(world, true))
    world.fail(claim)
    world.now += 60 * minute
    use(world, world.start('seed'), 'thread-1')
    expect(sessions(world)).toMatchObject([
      { endReason: 'asked' },
      { agentSessionId: 'thread-1', status: 'active' },
    ])
  })

  it('comes only once, and passes over sessions that are gone', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.fail(claim)
    world.now += 31 * minute
    const sessionIds = ['session_0' as SessionId, sessions(world)[0]!.id]
    expect(world.do({ type: 'sessions.expire', sessionIds }).events).toMatchObject([
      { type: 'session.ended', sessionId: sessionIds[1], reason: 'idle' },
    ])
    world.now += 31 * minute
    expect(expire(world).events).toEqual([])
  })

  it('does not wait for an attempt that stepped back without a question', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.write(claim, { type: 'attempt.yield', reason: 'budget' })
    world.do(end(world))
    expect(sessions(world)).toMatchObject([{ status: 'ended', endReason: 'asked' }])
  })

  it('does not wait for an attempt that has failed for good', () => {
    const { world, claim } = started()
    world.do({ type: 'project.update', settings: { maxAttempts: 1 } })
    use(world, claim, 'thread-1')
    world.fail(claim)
    expect(world.task('seed').status).toBe('failed')
    world.do(end(world))
    expect(sessions(world)).toMatchObject([{ status: 'ended', endReason: 'asked' }])
  })

  it('waits for the answer to an attempt that failed for want of a person', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.fail(claim, { class: 'human-needed', message: 'Which soil?' })
    expect(world.refuse(end(world)).message).toContain('task "seed" waits for a person')
    world.now += minute
    world.answer(world.requests('seed')[0]!.id, 'clay')
    expect(world.refuse(end(world)).message).toContain('task "seed" goes on with an answer')
  })

  it('can be asked for when nothing needs it, and only once', () => {
    const { world, claim } = started()
    use(world, claim, 'thread-1')
    world.succeed(claim)
    world.do(end(world))
    expect(world.refuse(end(world))).toEqual({
      code: 'conflict',
      message: `Session "${sessions(world)[0]!.id}" has ended already (asked). The next attempt of its task begins a new one.`,
    })
    expect(
      world.refuse({ type: 'session.end', sessionId: 'session_0' as SessionId, force: true }),
    ).toEqual({
      code: 'not-found',
      message: 'Session "session_0" does not exist. List the sessions to find its id.',
    })
  })
})
