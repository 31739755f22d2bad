import { describe, expect, it } from 'vitest'

import { trackerSuite } from '../testing/tracker-suite.ts'
import { memoryTracker } from './memory-tracker.ts'

describe('a tracker in memory [X-14]', () => {
  trackerSuite({ describe, it, fails: it.fails }, { create: memoryTracker })

  it('counts what was really written', async () => {
    const tracker = memoryTracker()
    const { id } = await tracker.project({ key: 'greenhouse', name: 'Greenhouse' })
    const item = { key: 'a', title: 'A', description: '', status: 'todo' } as const
    await tracker.push(id, [item])
    await tracker.push(id, [item])
    expect(tracker.writes).toBe(1)
  })
})
