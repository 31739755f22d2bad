import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { workspaceTransitions } from '../staging/transitions.ts'
import { workspaceState } from './workspace-state.ts'

const nothing = {
  landed: false,
  merging: false,
  changed: 0,
  commits: 0,
  uncommitted: false,
  kept: false,
}

describe('the state of a workspace [X-07, S4-10]', () => {
  it('follows from what is in it', () => {
    expect(workspaceState(nothing)).toBe('fresh')
    expect(workspaceState({ ...nothing, changed: 1, uncommitted: true })).toBe('dirty')
    expect(workspaceState({ ...nothing, changed: 1, commits: 2 })).toBe('committed')
    expect(workspaceState({ ...nothing, commits: 2, changed: 0 })).toBe('committed')
    expect(workspaceState({ ...nothing, changed: 1, uncommitted: true, merging: true })).toBe('queued') // prettier-ignore
    expect(workspaceState({ ...nothing, landed: true })).toBe('merged')
    expect(workspaceState({ ...nothing, changed: 1, uncommitted: true, kept: true })).toBe('salvaged') // prettier-ignore
  })

  it('is dirty again when something comes after the landing', () => {
    expect(workspaceState({ ...nothing, landed: true, changed: 1, uncommitted: true })).toBe('dirty') // prettier-ignore
  })

  it('leads to removal only where nothing would be lost', () => {
    const facts = fc.record({
      landed: fc.boolean(),
      merging: fc.boolean(),
      changed: fc.nat({ max: 2 }),
      commits: fc.nat({ max: 2 }),
      uncommitted: fc.boolean(),
      kept: fc.boolean(),
    })
    fc.assert(
      fc.property(facts, (each) => {
        const removable = workspaceTransitions[workspaceState(each)].includes('removed')
        if (removable && !each.kept) expect(each.changed).toBe(0)
      }),
    )
  })
})
