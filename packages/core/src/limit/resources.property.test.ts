import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claim, World } from '../staging/world.arbitrary.ts'

const demands = fc.record({ key: fc.constantFrom(0, 1), gpu: fc.integer({ min: 0, max: 4 }) })
const steps = fc.array(fc.record({ claim: fc.integer({ min: 0, max: 4 }), end: fc.nat() }), {
  minLength: 5,
  maxLength: 40,
})

describe('resources in use [S2-02, X-01]', () => {
  it('never exceed their units, and no task that fits is kept waiting', () => {
    fc.assert(
      fc.property(fc.array(demands, { minLength: 2, maxLength: 8 }), steps, (wishes, moves) => {
        const units = { key: 1, gpu: 3 }
        const world = new World({ resources: units })
        const codes = wishes.map((resources, index) => {
          world.add({ line: `t${index}`, resources })
          return `t${index}`
        })
        world.stage('spring', codes)
        world.promote('spring')
        const running: { readonly claim: Claim; readonly wish: { key: number; gpu: number } }[] = []
        for (const { claim: workers, end } of moves) {
          for (const claim of world.claim(workers)) {
            running.push({ claim, wish: wishes[codes.indexOf(claim.taskId)]! })
          }
          const holders = running.filter(({ wish }) => wish.key > 0).length
          expect(holders).toBeLessThanOrEqual(1)
          const greedy = running.filter(({ wish }) => wish.gpu > units.gpu).length
          const gpu = running.reduce((sum, { wish }) => sum + Math.min(wish.gpu, units.gpu), 0)
          expect(gpu).toBeLessThanOrEqual(units.gpu)
          if (greedy > 0) expect(gpu).toBe(units.gpu)
          const waiting = world.claimable().map((id) => world.state.workOrders.get(id)!.taskId)
          if (running.length === 0 && workers > 0) expect(waiting).toEqual([])
          // Explained as long as it cannot start, and only then.
          for (const code of waiting) {
            const full = wishes[codes.indexOf(code)]!.key * holders > 0
            if (full) expect(world.why(code).join()).toContain('resource "key"')
          }
          if (running.length > 0) {
            const [ended] = running.splice(end % running.length, 1)
            world.succeed(ended!.claim)
          }
        }
      }),
    )
  })
})
