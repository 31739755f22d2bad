import { describe, expect, it } from 'vitest'
import { emptyLoad } from '../limit/admission.ts'
import { taskId } from './garden.arbitrary.ts'
import type { Verdict } from './state.ts'
import { type Claim, oneTask, World } from './world.arbitrary.ts'

const passed: Verdict = {
  gate: 'test',
  result: 'pass',
  summary: '',
  durationMs: 1,
  cause: null,
  evidence: '',
}

describe('a lost worker [S2-03, X-02]', () => {
  it('returns its work to the queue uncharged, for the next worker with a higher fence', () => {
    const world = oneTask({ maxAttempts: 1 })
    const lost = world.start('seed')

    world.lapse(lost)

    expect(world.task('seed').status).toBe('staged')
    expect(world.attempt(lost)).toMatchObject({ status: 'interrupted', endedAt: world.now })
    expect(world.order('seed')).toMatchObject({
      status: 'queued',
      chargedAttempts: 0,
      interruptions: 1,
    })
    expect(world.start('seed').fence).toBe(2)
  })

  it('can change nothing when it comes back late', () => {
    const world = oneTask()
    const late = world.start('seed')
    world.lapse(late)
    const current = world.start('seed')
    const before = JSON.stringify([...world.state.attempts, ...world.state.tasks])

    const refused = [
      world.tryWrite(late, { type: 'attempt.verify', summary: 'mine' }),
      world.tryWrite(late, { type: 'attempt.succeed', verdicts: [], merged: 'c0ffee' }),
      world.tryWrite(late, { type: 'attempt.output', stream: 'stdout', text: 'hello?' }),
      world.tryWrite(late, { type: 'attempt.interrupt', reason: 'stopped' }),
    ]

    expect(refused.map((decision) => !decision.ok && decision.refusal.code)).toEqual(
      refused.map(() => 'lease-lost'),
    )
    expect(refused[0]).toMatchObject({
      refusal: {
        message:
          'Attempt 1 of task "seed" lost its lease (fence 1, now 2); what it brings is not stored.',
      },
    })
    expect(JSON.stringify([...world.state.attempts, ...world.state.tasks])).toBe(before)
    world.succeed(current)
    expect(world.task('seed').status).toBe('done')
  })

  it('is refused by its lease and by its fence, each on its own', () => {
    const world = oneTask()
    const claim = world.start('seed')
    const { taskId, workOrderId, attemptId, fence } = claim
    const write = { type: 'attempt.verify', taskId, workOrderId, attemptId, summary: '' } as const

    expect(world.refuse({ ...write, fence, held: false }).code).toBe('lease-lost')
    expect(world.refuse({ ...write, fence: fence + 1, held: true }).code).toBe('lease-lost')
    expect(world.refuse({ ...write, fence: fence - 1, held: true }).code).toBe('lease-lost')
    expect(world.try({ ...write, fence, held: true }).ok).toBe(true)
  })

  it('is told that its lease is lost also when the task has settled without it', () => {
    const world = oneTask()
    const late = world.start('seed')
    world.do({ type: 'task.complete', taskId: taskId('seed'), summary: 'by hand' })

    const decision = world.tryWrite(late, { type: 'attempt.verify', summary: 'mine' })

    expect(decision).toMatchObject({
      ok: false,
      refusal: { code: 'lease-lost', message: expect.stringContaining('has settled') },
    })
    const ghost: Claim = { ...late, attemptId: 'attempt-unknown' as never }
    expect(world.tryWrite(ghost, { type: 'attempt.resume', load: emptyLoad })).toMatchObject({
      refusal: { code: 'not-found' },
    })
  })

  it('makes its task poison when it happens too often, so that it takes no more workers down', () => {
    const world = oneTask({ maxInterruptions: 3 })
    for (let round = 0; round < 3; round += 1) world.lapse(world.start('seed'))

    expect(world.task('seed')).toMatchObject({
      status: 'failed',
      failure: { class: 'agent-crash', evidence: 'the lease of its worker has lapsed' },
    })
    expect(world.task('seed').failure?.message).toContain('was lost 3 times')
    expect(world.claim()).toEqual([])
  })

  it('runs alone among those that one more loss would end, so that it takes no innocent down', () => {
    const world = new World({ maxInterruptions: 3, maxParallelTasks: 3 }).add('seed', 'sun', 'rain')
    world.stage('spring', ['seed', 'sun', 'rain'])
    world.promote('spring')
    // That an engine is lost now and then keeps nobody apart.
    for (const claim of world.claim(2)) world.lapse(claim)
    const again = world.claim(2)
    expect(again.map(({ taskId }) => taskId)).toEqual(['seed', 'sun'])
    for (const claim of again) world.lapse(claim)

    const [suspect, bystander, ...others] = world.claim(3)
    expect([suspect!.taskId, bystander!.taskId, others]).toEqual(['seed', 'rain', []])
    expect(world.obstacles('sun')).toMatchObject([{ kind: 'suspect', tasks: ['seed'] }])
    world.succeed(bystander!)
    expect(world.claim(3)).toEqual([])
    world.lapse(suspect!)
    expect(world.statuses()).toMatchObject({ seed: 'failed', sun: 'staged' })
    expect(world.claim(3).map(({ taskId }) => taskId)).toEqual(['sun'])
  })

  it('comes back from a question only when no other suspect runs', () => {
    const world = new World({ maxInterruptions: 2 }).add('seed', 'sun')
    world.stage('spring', ['seed', 'sun'])
    world.promote('spring')
    for (const claim of world.claim(2)) world.lapse(claim)
    const seed = world.start('seed')
    world.write(seed, {
      type: 'attempt.wait',
      request: { kind: 'question', text: 'Which colour?', options: [] },
    })
    const sun = world.start('sun')
    const resume = () => world.tryWrite(seed, { type: 'attempt.resume', load: world.load() })
    expect(resume()).toMatchObject({ ok: false, refusal: { code: 'not-allowed' } })
    world.succeed(sun)
    expect(resume().ok).toBe(true)
  })

  it('keeps what it had merged already', () => {
    const world = oneTask()
    const claim = world.start('seed')
    world.write(claim, { type: 'attempt.verify', summary: 'sown' })
    world.write(claim, {
      type: 'attempt.merge',
      verdicts: [passed],
      target: 'main',
    })

    world.lapse(claim, 'c0ffee')

    expect(world.task('seed')).toMatchObject({ status: 'done', reached: 'merged' })
    expect(world.attempt(claim)).toMatchObject({ status: 'succeeded', merged: 'c0ffee' })
  })

  it('is not believed about a merge that it had not come to', () => {
    const world = oneTask()
    const claim = world.start('seed')

    world.lapse(claim, 'c0ffee')

    expect(world.task('seed')).toMatchObject({ status: 'staged', reached: 'nothing' })
  })

  it('is not reclaimed twice', () => {
    const world = oneTask()
    const claim = world.start('seed')
    world.lapse(claim)

    expect(world.lapse(claim).events).toEqual([])
  })
})
