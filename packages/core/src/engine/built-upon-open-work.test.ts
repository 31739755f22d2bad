import { describe, expect, it } from 'vitest'
import type { AttemptStatus } from '../staging/state.ts'
import { builtUponOpenWork } from './built-upon-open-work.ts'
import type { MergeCandidate } from './merge-candidate.ts'

/** Attempts that merge, each with what it is built upon, and how those stand that do not. */
function looked(
  group: Readonly<Record<string, readonly string[]>>,
  others: Readonly<Record<string, AttemptStatus>>,
  landed: readonly string[] = [],
) {
  const candidates = Object.entries(group).map(([attemptId, upon]) => ({
    claim: { attemptId, projectId: 'project' },
    upon: upon.map((each) => ({ attemptId: each, fence: 1, code: each })),
    provider: { landed: async (id: string) => (landed.includes(id) ? { merged: 'commit' } : null) },
  }))
  const open = new Set<AttemptStatus>(['running', 'waiting', 'verifying', 'merging'])
  const attempts = new Map(
    Object.entries(others).map(([id, status]) => [
      id,
      { status, endedAt: open.has(status) ? null : 1 },
    ]),
  )
  const transaction = async (work: (given: unknown) => unknown) =>
    await work({ load: async () => ({ attempts }) })
  const storage = { storage: { transaction } } as unknown as Parameters<typeof builtUponOpenWork>[0]
  return builtUponOpenWork(storage, candidates as unknown as readonly MergeCandidate[])
}

async function found(...given: Parameters<typeof looked>) {
  const answer = await looked(...given)
  if (answer === null) return null
  return [answer.candidate.claim.attemptId, answer.lost.map(({ code }) => code)]
}

describe('work of a group that is built upon other work [X-05, X-06]', () => {
  it('can land where that has landed, also without having been able to say so, or is before it', async () => {
    expect(await found({ b: ['a'] }, { a: 'succeeded' })).toBeNull()
    expect(await found({ b: ['a'] }, { a: 'interrupted' }, ['a'])).toBeNull()
    expect(await found({ a: [], b: ['a'], c: ['a', 'b'] }, {})).toBeNull()
  })

  it('goes back where that was given up, wherever it stands', async () => {
    expect(await found({ b: ['a'] }, { a: 'failed' })).toEqual(['b', ['a']])
    expect(await found({ x: [], b: ['a', 'c'] }, { a: 'interrupted', c: 'succeeded' })).toEqual(['b', ['a']]) // prettier-ignore
    expect(await found({ b: ['a'] }, {})).toEqual(['b', ['a']])
  })

  it('is left out where that is on its way, or was left out, but does not wait as the first', async () => {
    expect(await found({ x: [], b: ['a'] }, { a: 'merging' })).toEqual(['b', []])
    expect(await found({ x: [], b: ['a'], a: [] }, { a: 'merging' })).toEqual(['b', []])
    expect(await found({ b: ['a'] }, { a: 'verifying' })).toBeNull()
  })
})
