import { describe, expect, it } from 'vitest'

import { createPredictor } from './create-predictor.ts'

const files = ['src/pump.ts', 'src/roof.ts', 'src/door.ts', 'docs/roof.md']
const best = (predictor: ReturnType<typeof createPredictor>, title: string) =>
  predictor.predict({ title })[0]?.path

describe('online predictor [S4-02]', () => {
  it('learns from what was really touched', () => {
    const predictor = createPredictor({ files })
    expect(best(predictor, 'Vents jam in winter')).toBeUndefined()
    predictor.learn({ title: 'Vents jam', body: 'Ice.', files: ['src/roof.ts'] })
    expect(best(predictor, 'Vents jam in winter')).toBe('src/roof.ts')
  })

  it('follows files through additions, renames and deletions', () => {
    const predictor = createPredictor({ files })
    predictor.learn({ title: 'Vents jam', files: ['src/roof.ts'] })
    predictor.learn({
      title: 'Sort the sources',
      files: [
        { path: 'src/top/vents.ts', kind: 'renamed', from: 'src/roof.ts' },
        { path: 'src/door.ts', kind: 'deleted' },
        { path: 'src/gate.ts', kind: 'added' },
      ],
    })
    expect(predictor.files().sort()).toEqual([
      'docs/roof.md',
      'src/gate.ts',
      'src/pump.ts',
      'src/top/vents.ts',
    ])
    expect(best(predictor, 'Vents jam again')).toBe('src/top/vents.ts')
  })

  it('is not changed by predicting', () => {
    const predictor = createPredictor({ files })
    predictor.learn({ title: 'Vents jam', files: ['src/roof.ts'] })
    const once = predictor.predict({ title: 'Open the roof vents' })
    expect(predictor.predict({ title: 'Open the roof vents' })).toEqual(once)
  })

  it('trusts the sources that turn out right more and more', () => {
    // The scope always tells the file here; words of the title never do.
    const scoped = Array.from({ length: 40 }, (_, at) => `lib/part${at % 4}/x${at % 4}.ts`)
    const predictor = createPredictor({ files: [...new Set(scoped), 'lib/other.ts'] })
    const before = predictor.predict({ title: 'fix(s1): other' })[0]?.path
    const { weights } = predictor.sources({ title: 'fix(s1): other' })
    for (const [at, path] of scoped.entries()) {
      predictor.learn({ title: `fix(s${at % 4}): other`, files: [path] })
    }
    expect(before).toBe('lib/other.ts')
    expect(best(predictor, 'fix(s1): other')).toBe('lib/part1/x1.ts')
    const learned = predictor.sources({ title: 'fix(s1): other' })
    expect(Object.keys(learned.weights)).toEqual(Object.keys(learned.scores))
    expect(learned.weights.scope).toBeGreaterThan(weights.scope)
  })

  it('answers no more than asked for, with probabilities in falling order', () => {
    const predictor = createPredictor({ files })
    predictor.learn({ title: 'roof and pump', files: ['src/roof.ts', 'src/pump.ts'] })
    const touches = predictor.predict({ title: 'roof pump door' }, { limit: 3 })
    expect(touches).toHaveLength(3)
    expect(touches.map(({ score }) => score)).toEqual(
      touches.map(({ score }) => score).toSorted((x, y) => y - x),
    )
    for (const { score } of touches) expect(score > 0 && score < 1).toBe(true)
  })
})
