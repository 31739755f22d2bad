import { describe, expect, it } from 'vitest'
import { backOffMs, errorPolicies } from './error-policy.ts'

const settings = { retryBaseMs: 1_000, retryMaxMs: 60_000 }

describe('the policy of each error class [S3-10]', () => {
  it.each([
    ['transient', 'retry', true, true],
    ['timeout', 'retry', true, true],
    ['agent-crash', 'retry', true, true],
    ['invalid-output', 'retry', true, false],
    ['gate-failed', 'retry', true, false],
    ['merge-conflict', 'retry', true, false],
    ['rate-limit', 'hold-account', false, false],
    ['quota', 'hold-account', false, false],
    ['human-needed', 'ask', false, false],
    ['permanent', 'stop', true, false],
    ['cancelled', 'stop', true, false],
  ] as const)('%s: %s, charged %s, back-off %s', (errorClass, then, charged, backOff) => {
    expect(errorPolicies[errorClass]).toMatchObject({ then, charged, backOff })
  })

  it('holds an account for some time when the provider does not say how long', () => {
    const holding = Object.entries(errorPolicies).filter(([, { then }]) => then === 'hold-account')

    expect(holding.map(([name, { holdMs }]) => [name, holdMs])).toEqual([
      ['rate-limit', 60_000],
      ['quota', 3_600_000],
    ])
  })
})

describe('the pause before a retry [S3-10]', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 32_000],
    [7, 60_000],
    [5_000, 60_000],
  ])('number %i lies between half of %i ms and all of it', (failures, longest) => {
    expect(backOffMs(failures, settings, () => 0)).toBe(longest / 2)
    expect(backOffMs(failures, settings, () => 1)).toBe(longest)
  })

  it('counts what was never charged as the first', () => {
    expect(backOffMs(0, settings, () => 1)).toBe(1_000)
  })
})
