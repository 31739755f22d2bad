import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { greenPrefix } from './green-prefix.ts'

const results = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 })

describe('the green ones of a group [X-06]', () => {
  it('are green, one more is red, and both were asked about, whatever is red', async () => {
    await fc.assert(
      fc.asyncProperty(results, fc.boolean(), async (greens, knows) => {
        const known = knows ? 1 : 0
        const asked: number[] = []
        const green = await greenPrefix(greens.length, known, async (length) => {
          asked.push(length)
          return greens[length - 1] as boolean
        })
        if (green > known) expect(greens[green - 1]).toBe(true)
        if (green < greens.length) expect(greens[green]).toBe(false)
        const ends = [green, green + 1].filter((each) => each > known && each <= greens.length)
        expect(asked).toEqual(expect.arrayContaining(ends))
      }),
    )
  })

  it('are found by one question more than there are halvings, or by one where all are green', async () => {
    await fc.assert(
      fc.asyncProperty(results, async (greens) => {
        let asked = 0
        const green = await greenPrefix(greens.length, 0, async (length) => {
          asked += 1
          return greens[length - 1] as boolean
        })
        const most = 1 + Math.ceil(Math.log2(greens.length))
        expect(asked).toBeLessThanOrEqual(green === greens.length ? 1 : most)
      }),
    )
  })

  it('need no question where all of them are known', async () => {
    expect(await greenPrefix(1, 1, () => Promise.reject(new Error('asked')))).toBe(1)
  })
})
