import { describe, expect, it } from 'vitest'
import { killEngines } from './kill-engine.ts'

describe('an engine that is killed [X-11, X-02, X-07]', () => {
  it(
    'loses nothing and records nothing twice, whenever it dies',
    { timeout: 300_000 },
    async () => {
      const figures = await killEngines(20_261_121, 20)
      expect(figures.kills).toBe(20)
      expect(Object.keys(figures.byPoint).length).toBeGreaterThan(3)
    },
  )
})
