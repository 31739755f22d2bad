import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

import { analyzeConflicts } from '../conflict/analyze-conflicts.ts'
import { exclusiveKeys } from './exclusive-keys.ts'
import type { PlanConflict } from './plan.ts'

const anyReason = fc.constantFrom('src/a.ts', 'src/b.ts', '__proto__', 'what t0 and t1 touch')
const anyConflicts = fc
  .uniqueArray(
    fc.record({
      pair: fc.tuple(fc.nat(9), fc.nat(9)).filter(([one, other]) => one < other),
      reasons: fc.uniqueArray(anyReason, { maxLength: 3 }),
      allowed: fc.boolean(),
    }),
    { selector: ({ pair }) => pair.join(), maxLength: 45, size: 'max' },
  )
  .map((all) =>
    all.map(({ pair: [one, other], reasons, allowed }): PlanConflict => ({
      tasks: [`t${one}`, `t${other}`],
      evidence: reasons.map((reason) => `${reason}: both declare it`),
      allowed,
    })),
  )

describe('exclusive keys [S4-02]', () => {
  it('are common to two tasks exactly when these conflict and were not allowed to meet', () => {
    fc.assert(
      fc.property(anyConflicts, fc.uniqueArray(anyReason), (conflicts, taken) => {
        const keys = exclusiveKeys(conflicts, taken)
        const names = new Set<string>(taken)
        const apart = new Set(
          conflicts.filter(({ allowed }) => !allowed).map(({ tasks }) => tasks.join()),
        )
        for (let one = 0; one < 10; one += 1) {
          const own = keys.get(`t${one}`) ?? []
          expect(new Set(own).size).toBe(own.length)
          expect(own.filter((key) => names.has(key))).toEqual([])
          for (let other = one + 1; other < 10; other += 1) {
            const others = keys.get(`t${other}`) ?? []
            const common = own.some((key) => others.includes(key))
            expect(common).toBe(apart.has(`t${one},t${other}`))
          }
        }
        expect(exclusiveKeys(conflicts, taken)).toEqual(keys)
      }),
    )
  })

  it('are one for each of hundreds of tasks that touch one file, named after the file', () => {
    // All pairs conflict: 31 125 of them.
    const tasks = Array.from({ length: 250 }, (_, nth) => ({
      id: `t${nth}`,
      touches: ['src/a.ts'],
    }))
    const conflicts = analyzeConflicts(tasks).map(
      ({ tasks: [one, other], evidence }): PlanConflict => ({
        tasks: [one, other],
        evidence: [...evidence],
        allowed: false,
      }),
    )
    const keys = exclusiveKeys(conflicts)
    expect(conflicts).toHaveLength(31_125)
    expect(keys.size).toBe(250)
    expect([...keys.values()].every((own) => own.join() === 'src/a.ts')).toBe(true)
  })

  it('are named after the reason most have, and nobody gets one that says nothing new', () => {
    const conflict = (one: string, other: string, ...evidence: string[]): PlanConflict => ({
      tasks: [one, other],
      evidence,
      allowed: false,
    })
    // Most around x conflict for s and most around y for t; z conflicts with both for r, too.
    const keys = exclusiveKeys([
      conflict('x', 'z', 'r', 's'),
      conflict('x', 'p', 's'),
      conflict('x', 'q', 's'),
      conflict('y', 'z', 'r', 't'),
      conflict('y', 'm', 't'),
      conflict('y', 'n', 't'),
      conflict('x', 'y', 'r'),
    ])
    expect(keys.get('x')).toEqual(['s', 's #2', 's #3', 'r'])
    expect(keys.get('y')).toEqual(['t', 't #2', 't #3', 'r'])
    expect(keys.get('z')).toEqual(['s', 't'])
  })

  it('have names of their own, also where a reason reads like a number of another, and short ones', () => {
    const long = 'a'.repeat(300)
    const reasons = ['a', 'a', 'a #2', long, long]
    const keys = exclusiveKeys(
      reasons.map((reason, at) => ({
        tasks: [`${at}`, `${at}'`],
        evidence: [reason],
        allowed: false,
      })),
    )
    const short = 'a'.repeat(200)
    expect([...keys.values()].filter((_, at) => at % 2 === 0)).toEqual([
      ['a'],
      ['a #2'],
      ['a #2 #2'],
      [short],
      [`${short} #2`],
    ])
  })

  it('number tasks with one and the same reason on, past names that are taken', () => {
    const reason = 'same area: both are'
    const conflicts = ['a', 'b', 'c'].map((id): PlanConflict => ({
      tasks: [`${id}1`, `${id}2`],
      evidence: [reason],
      allowed: false,
    }))
    const keys = exclusiveKeys(conflicts, ['same area #2', 'same area #3'])
    expect(conflicts.map(({ tasks: [one] }) => keys.get(one))).toEqual([
      ['same area'],
      ['same area #4'],
      ['same area #5'],
    ])
  })

  it('are found for one task that keeps from thousands, without looking at all of these for each', () => {
    const conflicts = Array.from({ length: 2_000 }, (_, nth): PlanConflict => ({
      tasks: nth % 2 === 0 ? ['hub', `t${nth}`] : [`t${nth}`, 'hub'],
      evidence: ['same area: both are'],
      allowed: false,
    }))
    const spies = [vi.spyOn(Map.prototype, 'get'), vi.spyOn(Set.prototype, 'has')]
    const keys = exclusiveKeys(conflicts)
    const looks = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
    for (const spy of spies) spy.mockRestore()
    expect(keys.get('hub')).toHaveLength(2_000)
    expect(looks).toBeLessThan(40 * conflicts.length)
  })

  it('say the reason that two tasks have in common, and name a second group apart', () => {
    const conflict = (one: string, other: string, ...evidence: string[]): PlanConflict => ({
      tasks: [one, other],
      evidence,
      allowed: false,
    })
    const keys = exclusiveKeys([
      conflict('T1', 'T2', 'src/a.ts: T1 declares it; T2 declares it'),
      conflict('T1', 'T3', 'src/a.ts: T1 declares it; T3 declares it', 'src/b.ts: both'),
      conflict('T3', 'T4'),
    ])
    expect(Object.fromEntries(keys)).toEqual({
      T1: ['src/a.ts', 'src/a.ts #2'],
      T2: ['src/a.ts'],
      T3: ['src/a.ts #2', 'what T3 and T4 touch'],
      T4: ['what T3 and T4 touch'],
    })
  })
})
