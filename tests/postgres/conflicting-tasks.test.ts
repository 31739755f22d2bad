import { describe, expect, inject, it } from 'vitest'
import { postgresPlaces } from '../faults/place.ts'
import { raceForConflictingTasks } from '../processes/conflicting-tasks.ts'

describe('conflicting tasks that several processes claim [S4-02, X-14]', () => {
  it(
    'never run at once, while others run beside them, on one Postgres',
    { timeout: 180_000 },
    async () => {
      const place = await postgresPlaces(inject('postgresUrl'))()
      expect(await raceForConflictingTasks(place)).toBeGreaterThan(1)
      await place.remove()
    },
  )
})
