import { describe, expect, it } from 'vitest'

import { similarIds } from './similar-ids.ts'

describe('ids that look alike [S3-03]', () => {
  it('are named together, in input order, one warning per group', () => {
    expect(similarIds(['m²', 'tea', 'a1', 'm2', 'a１', 'ａ1'])).toEqual([
      {
        kind: 'similar-ids',
        tasks: ['m²', 'm2'],
        message:
          'The ids "m²" and "m2" look alike but are different tasks. Rename one if they are meant to be the same.',
      },
      {
        kind: 'similar-ids',
        tasks: ['a1', 'a１', 'ａ1'],
        message:
          'The ids "a1" and "a１" and "ａ1" look alike but are different tasks. Rename one if they are meant to be the same.',
      },
    ])
  })

  it('are not the same id twice, nor ids that merely resemble each other', () => {
    expect(similarIds(['tea', 'tea', 'Tea', 'té'])).toEqual([])
  })

  it('are looked for among strings only', () => {
    expect(similarIds([7, null, undefined, 'm²', 'm2'] as string[])).toHaveLength(1)
  })
})
