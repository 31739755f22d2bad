import { describe, expect, it } from 'vitest'

import { touchedOf } from './touched.ts'

describe('what an attempt touched [S4-02]', () => {
  it('is every path once and in order', () => {
    expect(touchedOf(['b.ts', 'a.ts', 'b.ts'])).toEqual({ paths: ['a.ts', 'b.ts'], total: 2 })
    expect(touchedOf([])).toEqual({ paths: [], total: 0 })
  })

  it('is cut where there is too much of it, and still says how much there was', () => {
    const many = Array.from({ length: 5_000 }, (_, at) => `src/${String(at).padStart(4, '0')}.ts`)
    const cut = touchedOf(many)
    expect(cut.total).toBe(5_000)
    expect(cut.paths).toEqual(many.slice(0, 400))
    const long = touchedOf(Array.from({ length: 20 }, (_, at) => `${at}/${'x'.repeat(4_000)}`))
    expect(long).toMatchObject({ total: 20, paths: { length: 7 } })
  })

  it('keeps no secret that a path was named after', () => {
    const token = `ghp_${'a1B2'.repeat(10)}`
    expect(touchedOf([`keys/${token}.txt`])).toEqual({ paths: ['keys/[redacted].txt'], total: 1 })
  })
})
