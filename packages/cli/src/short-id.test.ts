import { randomIds } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import { isMeant, shortId } from './short-id.ts'

describe('a short id', () => {
  const ids = Array.from({ length: 50 }, () => randomIds('attempt'))

  it('tells those apart that were made in the same moment, and is a reference', () => {
    expect(new Set(ids.map(shortId)).size).toBe(ids.length)
    for (const id of ids) {
      expect(shortId(id)).toMatch(/^attempt_[0-9a-f]{8}$/)
      expect(ids.filter((other) => isMeant(other, shortId(id)))).toEqual([id])
      expect(ids.filter((other) => isMeant(other, id.slice(-12)))).toEqual([id])
      expect(isMeant(id, id)).toBe(true)
    }
  })

  it('is the whole of an id that is short, such as one of a host', () => {
    expect([shortId('attempt_7'), shortId('x'), shortId('')]).toEqual(['attempt_7', 'x', ''])
  })

  it('is meant by its start too, but not by three characters or the kind alone', () => {
    const id = 'session_0192aa00-1111-7000-8000-123456789abc'
    const tried = [
      '0192aa00',
      'session_0192',
      '9abc',
      'abc',
      'session_',
      'attempt_0192aa00',
      '1111',
    ]
    expect(tried.filter((reference) => isMeant(id, reference))).toEqual(tried.slice(0, 3))
  })
})
