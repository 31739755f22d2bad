import { describe, expect, it } from 'vitest'
import type { RequestId } from '../id.ts'
import { emptyLoad } from '../limit/admission.ts'
import type { RequestDraft } from './command.ts'
import type { Verdict } from './state.ts'
import { projectId, taskId } from './garden.arbitrary.ts'
import { type Claim, World, type Write } from './world.arbitrary.ts'

const soil: RequestDraft = { kind: 'question', text: 'Which soil?', options: [] }
const passed: Verdict = {
  gate: 'test',
  result: 'pass',
  summary: '',
  durationMs: 1,
  cause: null,
  evidence: '',
}

function running(...codes: readonly string[]) {
  const world = new World().add(...codes)
  world.stage('spring', codes)
  world.promote('spring')
  return { world, claims: codes.map((code) => world.start(code)) as [Claim, ...Claim[]] }
}

const writes: readonly Write[] = [
  { type: 'attempt.wait', request: soil },
  { type: 'attempt.resume', load: emptyLoad },
  { type: 'attempt.verify', summary: 'sown' },
  { type: 'attempt.merge', verdicts: [], target: 'main' },
  { type: 'attempt.succeed', verdicts: [], merged: null },
  {
    type: 'attempt.fail',
    failure: { class: 'permanent', message: '', evidence: '' },
    verdicts: [],
  },
  { type: 'attempt.interrupt', reason: 'stopped' },
  { type: 'attempt.yield', reason: 'tired' },
  { type: 'attempt.overlap', with: null, paths: ['a.ts'], message: 'a.ts line 1' },
  { type: 'attempt.group', attempts: [], landed: 0, gateRuns: 1, gateRunsSaved: 0 },
  { type: 'attempt.output', stream: 'stdout', text: 'hello?' },
]

describe('a write of a claim [S2-02, X-02]', () => {
  it.each(writes)(
    'of type $type is refused when the lease is lost, and changes nothing',
    (write) => {
      const { world, claims } = running('seed')
      world.lapse(claims[0])
      const events = world.events.length

      expect(world.tryWrite(claims[0], write)).toMatchObject({
        ok: false,
        refusal: { code: 'lease-lost', message: expect.stringContaining('what it brings is not') },
      })
      expect(world.events).toHaveLength(events)
    },
  )

  it('is refused where its attempt, task and order do not belong together', () => {
    const { world, claims } = running('seed', 'water')
    const [seed, water] = claims as [Claim, Claim]
    const write = { type: 'attempt.verify', summary: 'sown' } as const

    expect(world.tryWrite({ ...seed, attemptId: water.attemptId }, write)).toMatchObject({
      refusal: {
        code: 'not-found',
        message: `Attempt "${water.attemptId}" of task "seed" and work order "${seed.workOrderId}" does not exist.`,
      },
    })
    for (const claim of [
      { ...seed, workOrderId: water.workOrderId },
      { ...seed, taskId: water.taskId },
      { ...seed, taskId: taskId('ghost') },
      { ...seed, attemptId: 'ghost' as never },
    ]) {
      expect(world.tryWrite(claim, write)).toMatchObject({ refusal: { code: 'not-found' } })
    }
    const { taskId: id, workOrderId, attemptId, fence } = seed
    const command = { taskId: id, workOrderId, attemptId, fence, held: true, projectId, ...write }
    const state = { ...world.state, tasks: new Map() }
    expect(world.decide(state, command)).toMatchObject({ refusal: { code: 'not-found' } })
  })

  it('is refused for an earlier attempt of the order, whatever its fence says', () => {
    const { world, claims } = running('seed')
    world.lapse(claims[0])
    const { attemptId: _, ...current } = world.start('seed')
    const forged = { ...current, attemptId: claims[0].attemptId }

    expect(world.tryWrite(forged, { type: 'attempt.verify', summary: '' })).toMatchObject({
      refusal: { code: 'lease-lost' },
    })
  })

  it('is refused once the order has settled, although its rows are still there', () => {
    const { world, claims } = running('seed')
    const [claim] = claims
    world.do({ type: 'task.complete', taskId: claim.taskId, summary: 'by hand' })
    const order = world.state.workOrders.get(claim.workOrderId)
    const { taskId: id, workOrderId, attemptId, fence } = claim
    const write = { taskId: id, workOrderId, attemptId, fence, held: true, projectId }

    expect(order).toMatchObject({ status: 'completed', attemptId, fence })
    expect(world.decide(world.state, { ...write, type: 'attempt.interrupt', reason: '' })).toEqual({
      ok: false,
      refusal: {
        code: 'lease-lost',
        message:
          'Attempt 1 of task "seed" lost its lease (fence 1, now 1); what it brings is not stored.',
      },
    })
  })

  it('is told that the order has settled, though its lease stands', () => {
    const { world, claims } = running('seed')
    const { taskId: id, workOrderId, attemptId, fence } = claims[0]
    world.do({ type: 'task.complete', taskId: id, summary: 'by hand' })
    const claim = { taskId: id, workOrderId, attemptId, fence, held: true }

    expect(world.refuse({ ...claim, type: 'attempt.interrupt', reason: '' })).toMatchObject({
      code: 'lease-lost',
      message: expect.stringContaining('(fence 1, the work order has settled)'),
    })
  })

  it('cannot be made twice', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.verify', summary: 'sown' })

    expect(world.tryWrite(claims[0], { type: 'attempt.verify', summary: 'again' })).toMatchObject({
      refusal: {
        code: 'conflict',
        message: 'Attempt 1 of task "seed" is verifying and cannot become verifying.',
      },
    })
  })

  it('hands output on in every status, and changes no row', () => {
    const { world, claims } = running('seed')
    const output = { type: 'attempt.output', stream: 'stderr', text: 'digging' } as const

    for (const step of [undefined, writes[2], writes[3]]) {
      if (step !== undefined) world.write(claims[0], step)
      const { events, changes } = world.write(claims[0], output)
      expect(events).toEqual([
        {
          type: 'attempt.output',
          attemptId: claims[0].attemptId,
          taskId: 'seed',
          stream: 'stderr',
          text: 'digging',
          at: world.now,
        },
      ])
      expect(changes).toEqual([])
    }
  })
})

describe('an attempt whose question is answered [S3-10]', () => {
  it('waits for room when others have taken its place, and goes on when one of them ends', () => {
    const world = new World({ maxParallelTasks: 1 }).add('seed', 'water')
    world.stage('spring', ['seed', 'water'])
    world.promote('spring')
    const seed = world.start('seed')
    world.write(seed, { type: 'attempt.wait', request: soil })
    const water = world.start('water')

    const resume = () => world.tryWrite(seed, { type: 'attempt.resume', load: world.load() })
    expect(resume()).toEqual({
      ok: false,
      refusal: {
        code: 'not-allowed',
        message: 'Task "seed" has its answer but waits for room: 1 of 1 tasks of the project run.',
      },
    })
    world.succeed(water)
    expect(resume()).toMatchObject({ ok: true, events: [{ type: 'attempt.resumed' }] })
  })

  it('goes on although its account is held meanwhile: what has begun is not stopped', () => {
    const { world, claims } = running('seed', 'water')
    const [seed, water] = claims as [Claim, Claim]
    world.write(seed, { type: 'attempt.wait', request: soil })
    world.fail(water, { class: 'quota' })

    expect(world.write(seed, { type: 'attempt.resume', load: world.load() }).ok).toBe(true)
  })

  it('asks no room of a batch that is gone', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.wait', request: soil })
    const { taskId: id, workOrderId, attemptId, fence } = claims[0]
    const resume = {
      taskId: id,
      workOrderId,
      attemptId,
      fence,
      held: true,
      projectId,
      type: 'attempt.resume' as const,
      load: { ...emptyLoad, total: 1_000 },
    }

    expect(world.decide(world.state, resume).ok).toBe(false)
    expect(world.decide({ ...world.state, batches: new Map() }, resume).ok).toBe(true)
  })
})

describe('yielding [S4-05]', () => {
  it('waits for the answer to its own question, whatever others ask', () => {
    const { world, claims } = running('seed', 'water')
    const [seed, water] = claims as [Claim, Claim]
    world.write(seed, { type: 'attempt.wait', request: soil })
    world.write(water, { type: 'attempt.wait', request: soil })
    const { taskId: id, workOrderId, attemptId, fence } = seed
    const write = { taskId: id, workOrderId, attemptId, fence, held: true, projectId }

    const decision = world.decide(world.state, { ...write, type: 'attempt.yield', reason: '' })

    expect(decision).toMatchObject({ ok: true, effects: [{ type: 'release-lease' }] })
  })

  it('offers the work to others at once', () => {
    const { world, claims } = running('seed')

    const { events, effects } = world.write(claims[0], { type: 'attempt.yield', reason: 'tired' })

    expect(events).toMatchObject([{ type: 'attempt.yielded', reason: 'tired', retryAt: world.now }])
    expect(effects).toEqual([
      { type: 'release-lease', workOrderIds: [claims[0].workOrderId] },
      {
        type: 'dispatch',
        orders: [{ workOrderId: claims[0].workOrderId, fence: 1, notBefore: world.now }],
      },
    ])
  })

  it('waits for an answer only if the attempt itself was waiting for one', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.wait', request: soil })
    world.lapse(claims[0])
    const second = world.start('seed')

    world.write(second, { type: 'attempt.yield', reason: 'tired' })

    expect(world.order('seed').notBefore).toBe(world.now)
  })

  it('does not wait for a question that is answered, nor for those of other tasks', () => {
    const { world, claims } = running('seed', 'water')
    const [seed, water] = claims as [Claim, Claim]
    world.write(seed, { type: 'attempt.wait', request: soil })
    world.write(water, { type: 'attempt.wait', request: soil })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Something was asked.')
    world.answer(asked.id, 'clay')
    const { taskId: id, workOrderId, attemptId, fence } = seed

    // On all rows, so that the question of the other task is among them.
    const decision = world.decide(world.state, {
      taskId: id,
      workOrderId,
      attemptId,
      fence,
      held: true,
      projectId,
      type: 'attempt.yield',
      reason: 'tired',
    })

    expect(decision).toMatchObject({ ok: true, events: [{ retryAt: world.now }] })
  })
})

describe('asking and answering [S3-10]', () => {
  it('asks the same question for each task that has it, and each kind of question', () => {
    const { world, claims } = running('seed', 'water')
    const [seed, water] = claims as [Claim, Claim]
    world.write(seed, { type: 'attempt.wait', request: soil })
    const { taskId: id, workOrderId, attemptId, fence } = water
    const wait = { taskId: id, workOrderId, attemptId, fence, held: true, projectId } as const
    const asks = (request: RequestDraft) =>
      world.decide(world.state, { ...wait, type: 'attempt.wait', request })

    expect(asks(soil)).toMatchObject({
      events: [
        {
          type: 'request.opened',
          request: { taskId: 'water', id: expect.stringMatching(/^request-/) },
        },
        { type: 'attempt.waiting' },
      ],
    })
    world.write(water, { type: 'attempt.wait', request: soil })
    world.lapse(water)
    const again = world.start('water')
    world.write(again, { type: 'attempt.wait', request: { ...soil, kind: 'approval' } })
    expect(world.requests('water').map(({ kind }) => kind)).toEqual(['question', 'approval'])
  })

  it('asks anew what was answered once', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.wait', request: soil })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Something was asked.')
    world.answer(asked.id, 'clay')
    world.write(claims[0], { type: 'attempt.resume', load: emptyLoad })
    const { taskId: id, workOrderId, attemptId, fence } = claims[0]

    const decision = world.decide(world.state, {
      taskId: id,
      workOrderId,
      attemptId,
      fence,
      held: true,
      projectId,
      type: 'attempt.wait',
      request: soil,
    })

    expect(decision).toMatchObject({
      events: [{ type: 'request.opened' }, { type: 'attempt.waiting' }],
    })
  })

  it('wakes the dispatcher with the answer', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.wait', request: soil })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Something was asked.')

    expect(world.answer(asked.id, 'clay').effects).toEqual([{ type: 'dispatch', orders: [] }])
  })

  it('says why an answer comes too late, or to nothing', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.wait', request: soil })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Something was asked.')
    world.do({ type: 'task.cancel', taskId: taskId('seed'), reason: 'frost' })
    const answer = { type: 'request.answer', answer: 'clay', by: 'Ada' } as const

    expect(world.refuse({ ...answer, requestId: asked.id })).toEqual({
      code: 'conflict',
      message: `Request "${asked.id}" is cancelled; the first answer counts.`,
    })
    expect(world.refuse({ ...answer, requestId: 'request-0' as RequestId })).toEqual({
      code: 'not-found',
      message: 'Request "request-0" does not exist.',
    })
  })
})

describe('gates [X-08]', () => {
  const context = {
    projectBackground: '',
    architecture: '',
    guidance: '',
    tdd: { cases: [] },
    acceptanceCriteria: [],
    gates: [{ name: 'test', command: ['true'] }],
  }

  it('that a task asks for let it go on once they have passed, and not before', () => {
    const world = new World().add({ line: 'seed', context })
    world.stage('spring', ['seed'])
    world.promote('spring')
    const claim = world.start('seed')
    world.write(claim, { type: 'attempt.verify', summary: 'sown' })

    expect(world.tryWrite(claim, { type: 'attempt.merge', verdicts: [], target: 'main' })).toEqual({
      ok: false,
      refusal: {
        code: 'not-allowed',
        message: 'Task "seed" cannot succeed: it asks for 1 gate(s), and none has judged its work.',
      },
    })
    expect(
      world.write(claim, { type: 'attempt.merge', verdicts: [passed], target: 'main' }).ok,
    ).toBe(true)
  })
})

describe('what a failure does besides [S3-10]', () => {
  it('is to hold the account only where the provider has set a limit', () => {
    const { world, claims } = running('seed', 'water')
    const [seed, water] = claims as [Claim, Claim]

    const failed = world.fail(seed, { class: 'gate-failed' })
    const limited = world.fail(water, { class: 'rate-limit' })

    expect(failed.events.map((event) => event.type)).toEqual(['attempt.failed'])
    expect(limited.events.map((event) => event.type)).toEqual(['attempt.failed', 'account.held'])
  })

  it('is to hold the account longer, never anew for the same time', () => {
    const { world, claims } = running('a', 'b', 'c')
    const [a, b, c] = claims as [Claim, Claim, Claim]
    const until = () => world.state.holds.get('default')?.until

    world.fail(a, { class: 'rate-limit' }, 5_000)
    expect(world.fail(b, { class: 'rate-limit' }, 5_000).events).toHaveLength(1)
    expect(until()).toBe(world.now + 5_000)
    world.fail(c, { class: 'rate-limit' }, 5_001)
    expect(until()).toBe(world.now + 5_001)
  })

  it('is to withdraw the questions of a task that has failed for good, saying so', () => {
    const { world, claims } = running('seed')
    world.write(claims[0], { type: 'attempt.wait', request: soil })

    const { events } = world.fail(claims[0], { class: 'permanent' })

    expect(events).toMatchObject([
      { type: 'attempt.failed', retryAt: null },
      { type: 'request.cancelled', reason: 'the task has failed' },
      { type: 'task.failed' },
    ])
  })
})
