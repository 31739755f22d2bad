import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { CuelineError } from '../error.ts'
import { classifyError } from './classify-error.ts'

const withFields = (fields: object) => Object.assign(new Error('trouble'), fields)

describe('sorting errors into classes [S3-10]', () => {
  it.each([
    ['an abort', AbortSignal.abort().reason, 'cancelled'],
    ['a time limit', new DOMException('late', 'TimeoutError'), 'timeout'],
    ['a lost lease', new CuelineError('lease-lost', 'gone'), 'cancelled'],
    ['a refusal', new CuelineError('refused', 'no'), 'permanent'],
    ['a refusal that passes', new CuelineError('refused', 'no', { retryable: true }), 'transient'],
    ['a reset connection', withFields({ code: 'ECONNRESET' }), 'transient'],
    ['a slow connection', withFields({ code: 'ETIMEDOUT' }), 'timeout'],
    ['too many requests', withFields({ status: 429 }), 'rate-limit'],
    ['nothing left to spend', withFields({ statusCode: 402 }), 'quota'],
    ['a server in trouble', withFields({ status: 503 }), 'transient'],
    ['a wrong key', withFields({ status: 401 }), 'permanent'],
    ['a folder that may not be written', withFields({ code: 'EACCES' }), 'permanent'],
    ['a bug', new TypeError('x is not a function'), 'agent-crash'],
    ['a thrown string', 'oops', 'agent-crash'],
  ])('knows %s', (_name, error, expected) => {
    expect(classifyError(error).class).toBe(expected)
  })

  it('looks into the causes when the error itself does not tell', () => {
    const error = new TypeError('fetch failed', { cause: withFields({ code: 'ECONNREFUSED' }) })
    expect(classifyError(error)).toEqual({ class: 'transient', message: 'fetch failed' })
  })

  it('ends on causes that go round in circles', () => {
    const error = new Error('round')
    error.cause = error
    expect(classifyError(error)).toEqual({ class: 'agent-crash', message: 'round' })
  })

  it('never throws and always says something, bounded', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        },
      },
    )
    expect(classifyError(hostile).message).not.toBe('')
    expect(classifyError(new Error('x'.repeat(1_000_000))).message).toHaveLength(2000)
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(classifyError(thrown).message.trim()).not.toBe('')
      }),
    )
  })
})
