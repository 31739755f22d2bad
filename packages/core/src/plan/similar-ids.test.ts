import { describe, expect, it } from 'vitest'

import { similarIds } from './similar-ids.ts'

describe('ids that look alike [S3-03]', () => {
  it('are named together, in input order, one warning per group', () => {
    expect(similarIds(['m²', 'tea', 'a1', 'm2', 'a１', 'ａ1'])).toEqual([
      {
        kind: 'similar-ids',
        tasks: ['m²', 'm2'],
        message:
          'The ids "m²" (with U+00B2) and "m2" look alike but are different tasks. Rename one if they are meant to be the same.',
      },
      {
        kind: 'similar-ids',
        tasks: ['a1', 'a１', 'ａ1'],
        message:
          'The ids "a1" and "a１" (with U+FF11) and "ａ1" (with U+FF41) look alike but are different tasks. Rename one if they are meant to be the same.',
      },
    ])
  })

  it('are also those written with letters of another script, told apart by their numbers', () => {
    const [cyrillic, greek] = similarIds(['A1', 'tea', '\u0410\uff11', 't\u0435a', '\u03a7', 'X'])
    expect(cyrillic?.tasks).toEqual(['A1', '\u0410\uff11'])
    expect(cyrillic?.message).toContain('"A1" and "\u0410\uff11" (with U+0410) look alike')
    expect(greek?.tasks).toEqual(['tea', 't\u0435a'])
    expect(similarIds(['\u{1d400}b', 'Ab'])[0]?.message).toContain('(with U+1D400)')
  })

  it('are not the same id twice, nor ids that merely resemble each other', () => {
    expect(similarIds(['tea', 'tea', 'Tea', 'té'])).toEqual([])
  })

  it('are looked for among strings only', () => {
    expect(similarIds([7, null, undefined, 'm²', 'm2'] as string[])).toHaveLength(1)
  })
})
