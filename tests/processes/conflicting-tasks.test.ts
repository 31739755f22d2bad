import { describe, expect, it } from 'vitest'
import { sqlitePlace } from '../faults/place.ts'
import { raceForConflictingTasks } from './conflicting-tasks.ts'

describe('conflicting tasks that several processes claim [S4-02, S2-02]', () => {
  it(
    'never run at once, while others run beside them, on one database file',
    { timeout: 180_000 },
    async () => {
      const place = await sqlitePlace()
      expect(await raceForConflictingTasks(place)).toBeGreaterThan(1)
      await place.remove()
    },
  )
})
