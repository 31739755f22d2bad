import { emptyLoad } from '../limit/admission.ts'
import { describe, expect, it } from 'vitest'
import type { RequestId } from '../id.ts'
import type { RequestDraft } from './command.ts'
import { taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const soil: RequestDraft = { kind: 'choice', text: 'Which soil?', options: ['clay', 'sand'] }

function asking(request: RequestDraft = soil) {
  const world = new World({ maxAttempts: 1 }).add('seed')
  world.stage('spring', ['seed'])
  world.promote('spring')
  const claim = world.start('seed')
  world.write(claim, { type: 'attempt.wait', request })
  const [asked] = world.requests('seed')
  if (asked === undefined) throw new Error('Nothing was asked.')
  return { world, claim, asked }
}

describe('a question to a person [S3-10]', () => {
  it('is stored with its options, and the attempt waits on its own clock', () => {
    const { world, claim, asked } = asking()
    expect(asked).toMatchObject({ ...soil, status: 'open', attemptId: claim.attemptId })
    expect(world.attempt(claim)).toMatchObject({ status: 'waiting', waitingSince: world.now })

    world.now += 60_000
    world.answer(asked.id, 'clay')
    world.write(claim, { type: 'attempt.resume', load: emptyLoad })

    expect(world.requests('seed')).toMatchObject([
      { status: 'answered', answer: 'clay', answeredBy: 'Ada', answeredAt: world.now },
    ])
    expect(world.attempt(claim)).toMatchObject({
      status: 'running',
      waitingSince: null,
      waitedMs: 60_000,
    })
  })

  it('takes the first answer and no other', () => {
    const { world, asked } = asking()
    world.answer(asked.id, 'clay')

    const late = { type: 'request.answer', requestId: asked.id, answer: 'sand', by: 'Bob' } as const

    expect(world.refuse(late)).toEqual({
      code: 'conflict',
      message: `Request "${asked.id}" is answered with "clay"; the first answer counts.`,
    })
    expect(world.requests('seed')[0]?.answer).toBe('clay')
  })

  it('takes only an answer that is one of its options', () => {
    const { world, asked } = asking()
    const order = { type: 'request.answer', requestId: asked.id, by: 'Ada' } as const

    expect(world.refuse({ ...order, answer: 'moss' })).toEqual({
      code: 'invalid-input',
      message: `"moss" is not one of the options of request "${asked.id}". Answer with one of: "clay", "sand".`,
    })
    expect(
      world.refuse({ ...order, requestId: 'request-0' as RequestId, answer: 'clay' }).code,
    ).toBe('not-found')
    expect(world.requests('seed')[0]?.status).toBe('open')
  })

  it('is asked once, however many attempts ask it', () => {
    const { world, claim, asked } = asking()
    world.lapse(claim)
    const next = world.start('seed')

    const { events } = world.write(next, { type: 'attempt.wait', request: soil })

    expect(events).toMatchObject([{ type: 'attempt.waiting', requestId: asked.id }])
    expect(world.requests('seed')).toHaveLength(1)
  })

  it('is asked again when it was answered, or when it is another one', () => {
    const { world, claim, asked } = asking()
    world.answer(asked.id, 'clay')
    world.write(claim, { type: 'attempt.resume', load: emptyLoad })
    world.write(claim, { type: 'attempt.wait', request: soil })
    world.write(claim, { type: 'attempt.resume', load: emptyLoad })
    world.write(claim, { type: 'attempt.wait', request: { ...soil, text: 'Which pot?' } })

    expect(world.requests('seed').map((request) => request.text)).toEqual([
      'Which soil?',
      'Which soil?',
      'Which pot?',
    ])
  })

  it('brings the attempt that yielded back with its answer, not before', () => {
    const { world, claim, asked } = asking()

    const { effects } = world.write(claim, { type: 'attempt.yield', reason: 'frees its slot' })
    world.now += 3_600_000
    expect(world.claim()).toEqual([])
    expect(world.why('seed')).toEqual([
      `it waits for the answer to request "${asked.id}": Which soil?`,
    ])
    expect(effects.map((effect) => effect.type)).toEqual(['release-lease'])

    world.answer(asked.id, 'clay')
    expect(world.start('seed').fence).toBe(2)
  })

  it('is withdrawn when the task settles without it', () => {
    const { world } = asking()

    world.do({ type: 'task.complete', taskId: taskId('seed'), summary: 'by hand' })

    expect(world.requests('seed')).toMatchObject([{ status: 'cancelled' }])
  })
})

describe('work that needs a person [S3-10]', () => {
  it('asks, waits without a slot and without a charge, and goes on with the answer', () => {
    const world = new World({ maxAttempts: 1 }).add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')

    const { effects } = world.fail(world.start('seed'), {
      class: 'human-needed',
      message: 'Which soil?',
    })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Nothing was asked.')
    world.now += 86_400_000

    expect(effects.map((effect) => effect.type)).toEqual(['release-lease'])
    expect(world.order('seed').chargedAttempts).toBe(0)
    expect(world.claim()).toEqual([])
    world.answer(asked.id, 'clay')
    expect(world.why('seed')).toEqual([])
    world.succeed(world.start('seed'))
    expect(world.task('seed').status).toBe('done')
  })

  it('does not ask what is asked already', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const claim = world.start('seed')
    const request: RequestDraft = { kind: 'question', text: 'Which soil?', options: [] }
    world.write(claim, { type: 'attempt.wait', request })

    world.fail(claim, { class: 'human-needed', message: 'Which soil?' })

    expect(world.requests('seed')).toHaveLength(1)
  })
})
