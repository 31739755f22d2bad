import { describe, expect, it } from 'vitest'
import { emptyLoad } from '../limit/admission.ts'
import { taskId } from './garden.arbitrary.ts'
import type { ErrorClass, Verdict } from './state.ts'
import { oneTask, World } from './world.arbitrary.ts'

const verdict = (gate: string, result: Verdict['result']): Verdict => ({
  gate,
  result,
  summary: '',
  durationMs: 1,
  cause: null,
  evidence: '',
})

describe('the way of an attempt [S2-01, X-08]', () => {
  it('goes from running over its gates and the merge to success', () => {
    const world = oneTask()
    const claim = world.start('seed')
    const statuses = () => [world.task('seed').status, world.attempt(claim).status]
    expect(statuses()).toEqual(['doing', 'running'])

    world.write(claim, { type: 'attempt.verify', summary: 'sown' })
    expect(statuses()).toEqual(['review', 'verifying'])
    expect(world.task('seed').reached).toBe('completed')

    const verdicts = [verdict('test', 'pass')]
    world.write(claim, { type: 'attempt.merge', verdicts, target: 'main' })
    expect(statuses()).toEqual(['review', 'merging'])

    world.now += 1_000
    world.write(claim, { type: 'attempt.succeed', verdicts, merged: 'c0ffee' })
    expect(statuses()).toEqual(['done', 'succeeded'])
    expect(world.attempt(claim)).toMatchObject({ merged: 'c0ffee', verdicts, endedAt: world.now })
    expect(world.task('seed')).toMatchObject({ summary: 'sown', settledAt: world.now })
    expect(world.state.workOrders.get(claim.workOrderId)?.status).toBe('completed')
    expect(world.effects.at(-1)).toEqual({
      type: 'release-lease',
      workOrderIds: [claim.workOrderId],
    })
  })

  it('cannot succeed on its own word: gates come first', () => {
    const world = oneTask()
    const claim = world.start('seed')

    const decision = world.tryWrite(claim, { type: 'attempt.succeed', verdicts: [], merged: null })

    expect(decision).toMatchObject({
      ok: false,
      refusal: {
        code: 'conflict',
        message: 'Attempt 1 of task "seed" is running and cannot become succeeded.',
      },
    })
  })

  it.each(['fail', 'error', 'skipped'] as const)(
    'cannot merge or succeed on a gate that says %s',
    (result) => {
      const world = oneTask()
      const claim = world.start('seed')
      world.write(claim, { type: 'attempt.verify', summary: 'sown' })
      const verdicts = [verdict('lint', 'pass'), verdict('test', result)]

      for (const write of [
        { type: 'attempt.merge', verdicts, target: 'main' } as const,
        { type: 'attempt.succeed', verdicts, merged: 'c0ffee' } as const,
      ]) {
        expect(world.tryWrite(claim, write)).toMatchObject({
          ok: false,
          refusal: {
            code: 'not-allowed',
            message: expect.stringContaining(`"test" says ${result}`),
          },
        })
      }
      expect(world.task('seed').reached).toBe('completed')
    },
  )

  it('cannot succeed without any verdict when the task asks for gates', () => {
    const context = {
      projectBackground: '',
      architecture: '',
      guidance: '',
      tdd: { cases: [] },
      acceptanceCriteria: [],
      gates: [{ name: 'test', command: ['true'] }],
    }
    const world = new World().add({ line: 'seed', context })
    world.stage('spring', ['seed'])
    world.promote('spring')
    const claim = world.start('seed')
    world.write(claim, { type: 'attempt.verify', summary: 'sown' })

    expect(
      world.tryWrite(claim, { type: 'attempt.merge', verdicts: [], target: 'main' }),
    ).toMatchObject({
      ok: false,
      refusal: { message: expect.stringContaining('asks for 1 gate(s), and none has judged') },
    })
  })
})

describe('a failed attempt [S3-10]', () => {
  const cases: readonly (readonly [ErrorClass, object])[] = [
    ['transient', { status: 'staged', charged: 1, waits: 'back-off' }],
    ['timeout', { status: 'staged', charged: 1, waits: 'back-off' }],
    ['agent-crash', { status: 'staged', charged: 1, waits: 'back-off' }],
    ['invalid-output', { status: 'staged', charged: 1, waits: 'nothing' }],
    ['gate-failed', { status: 'staged', charged: 1, waits: 'nothing' }],
    ['merge-conflict', { status: 'staged', charged: 1, waits: 'nothing' }],
    ['rate-limit', { status: 'staged', charged: 0, waits: 'account' }],
    ['quota', { status: 'staged', charged: 0, waits: 'account' }],
    ['human-needed', { status: 'staged', charged: 0, waits: 'person' }],
    ['permanent', { status: 'failed', charged: 1, waits: 'nothing' }],
    ['cancelled', { status: 'failed', charged: 1, waits: 'nothing' }],
  ]

  it.each(cases)('of class %s leads to %o', (errorClass, expected) => {
    const world = oneTask()
    const claim = world.start('seed')

    world.fail(claim, { class: errorClass, message: 'no luck', evidence: 'red' })

    const order = world.state.workOrders.get(claim.workOrderId)
    const kinds = new Set(world.obstacles('seed').map((obstacle) => obstacle.kind))
    const asked = world.requests('seed').length > 0
    expect({
      status: world.task('seed').status,
      charged: order?.chargedAttempts,
      waits: kinds.has('account-held')
        ? 'account'
        : asked
          ? 'person'
          : kinds.has('retry-later')
            ? 'back-off'
            : 'nothing',
    }).toEqual(expected)
    expect(world.attempt(claim)).toMatchObject({
      status: 'failed',
      failure: { class: errorClass, message: 'no luck', evidence: 'red' },
    })
  })

  it('waits longer each time, at random in the upper half, and is charged until none is left', () => {
    const world = oneTask({ maxAttempts: 3, retryBaseMs: 1_000 })
    world.random = () => 0.5

    world.fail(world.start('seed'), { class: 'transient' })
    expect(world.order('seed').notBefore - world.now).toBe(750)
    world.now += 749
    expect(world.claim()).toEqual([])
    world.now += 1
    world.fail(world.start('seed'), { class: 'transient' })
    expect(world.order('seed').notBefore - world.now).toBe(1_500)
    world.now += 1_500
    const last = world.start('seed')
    world.fail(last, { class: 'transient', message: 'no answer' })

    expect(world.task('seed')).toMatchObject({
      status: 'failed',
      attemptCount: 3,
      failure: { class: 'transient', message: 'no answer' },
    })
    expect(world.state.workOrders.get(last.workOrderId)?.status).toBe('failed')
    expect(world.claim()).toEqual([])
  })

  it('tells the dispatcher when to come back', () => {
    const world = oneTask()
    world.random = () => 0
    const claim = world.start('seed')

    const { effects } = world.fail(claim, { class: 'transient' })

    expect(effects).toEqual([
      { type: 'release-lease', workOrderIds: [claim.workOrderId] },
      {
        type: 'dispatch',
        orders: [{ workOrderId: claim.workOrderId, fence: 1, notBefore: world.now + 500 }],
      },
    ])
  })

  it('never touches its siblings', () => {
    const world = new World().add('seed', 'water')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    const [seed, water] = world.claim(2)
    if (seed === undefined || water === undefined) throw new Error('Two tasks run.')

    world.fail(seed, { class: 'permanent' })
    world.succeed(water)

    expect(world.statuses()).toEqual({ seed: 'failed', water: 'done' })
  })

  it('starts from zero when a person retries the task', () => {
    const world = oneTask({ maxAttempts: 1 })
    const first = world.start('seed')
    world.fail(first)

    const { results } = world.do({ type: 'tasks.retry', taskIds: ['seed', 'seed'].map(taskId) })

    expect(results.map((result) => result.ok)).toEqual([true, false])
    const second = world.start('seed')
    expect(second.workOrderId).not.toBe(first.workOrderId)
    expect(world.attempt(second).number).toBe(2)
    expect(world.task('seed')).toMatchObject({ failure: null, settledAt: null })
  })
})

describe('a limit of a provider [S3-10, X-09]', () => {
  it('holds the account for as long as the provider says, and charges nothing', () => {
    const world = new World({ maxAttempts: 1 }).add(
      { line: 'seed', account: 'oak' },
      { line: 'water', account: 'oak' },
      { line: 'sun', account: 'elm' },
    )
    world.stage('spring', ['seed', 'water', 'sun'])
    world.promote('spring')

    world.fail(world.start('seed'), { class: 'rate-limit', message: 'slow down' }, 30_000)

    expect(world.order('seed')).toMatchObject({ chargedAttempts: 0, unchargedAttempts: 1 })
    expect(world.why('water')).toEqual(['account "oak" is held for another 30 s: slow down'])
    expect(world.claim(3).map((claim) => claim.taskId)).toEqual(['sun'])
    world.now += 30_000
    expect(world.claim(3).map((claim) => claim.taskId)).toEqual(['seed', 'water'])
  })

  it('is not shortened by another one that ends sooner', () => {
    const world = new World().add('seed', 'water')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    const [seed, water] = world.claim(2)
    if (seed === undefined || water === undefined) throw new Error('Two tasks run.')
    world.fail(seed, { class: 'quota', message: 'spent' })

    world.fail(water, { class: 'rate-limit', message: 'slow down' })

    expect(world.why('seed')).toEqual(['account "default" is held for another 3600 s: spent'])
  })

  it('can be lifted by a person', () => {
    const world = oneTask()
    world.fail(world.start('seed'), { class: 'quota' })

    world.do({ type: 'account.release', account: 'default' })

    expect(world.why('seed')).toEqual([])
    expect(world.do({ type: 'account.release', account: 'default' }).events).toEqual([])
  })
})

describe('stopping in the middle [S4-05]', () => {
  it('by shutdown is not counted against the task, however often', () => {
    const world = oneTask({ maxAttempts: 1, maxInterruptions: 1 })
    for (let round = 0; round < 5; round += 1) {
      world.write(world.start('seed'), { type: 'attempt.interrupt', reason: 'shutdown' })
    }

    expect(world.order('seed')).toMatchObject({ interruptions: 0, unchargedAttempts: 5 })
    expect(world.why('seed')).toEqual([])
  })

  it('by yielding gives the work back at once and uncharged', () => {
    const world = oneTask({ maxAttempts: 1 })
    world.write(world.start('seed'), { type: 'attempt.yield', reason: 'out of memory' })

    expect(world.task('seed').status).toBe('staged')
    expect(world.start('seed').fence).toBe(2)
  })

  it('by cancelling the task aborts its worker and ends attempt, order and questions', () => {
    const world = oneTask()
    const claim = world.start('seed')
    world.write(claim, {
      type: 'attempt.wait',
      request: { kind: 'question', text: 'Which soil?', options: [] },
    })

    const { effects } = world.do({
      type: 'task.cancel',
      taskId: taskId('seed'),
      reason: 'no garden',
    })

    expect(effects).toEqual([
      { type: 'abort', workOrderId: claim.workOrderId, reason: 'no garden' },
      { type: 'release-lease', workOrderIds: [claim.workOrderId] },
    ])
    expect(world.task('seed')).toMatchObject({ status: 'cancelled', workOrderId: null })
    expect(world.attempt(claim)).toMatchObject({
      status: 'interrupted',
      failure: { class: 'cancelled', message: 'no garden' },
    })
    expect(world.state.workOrders.get(claim.workOrderId)?.status).toBe('cancelled')
    expect(world.requests('seed')).toMatchObject([{ status: 'cancelled' }])
    expect(world.tryWrite(claim, { type: 'attempt.resume', load: emptyLoad }).ok).toBe(false)
  })
})
