import { describe, it } from 'vitest'

import { deliverySuite } from '../testing/delivery-suite.ts'
import { memoryDeliveries } from './memory-deliveries.ts'

describe('deliveries in memory [S4-06]', () => {
  deliverySuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const provider = memoryDeliveries()
        return {
          provider,
          commits: ['c1', 'c2'],
          base: 'main',
          async offered(id) {
            const request = provider.offered.get(id)
            if (request === undefined) return null
            const { commit, title, body } = request
            return { commit, title, body }
          },
          count: async () => provider.offered.size,
          baseCommit: async () => 'c0',
          change: (id, set) => provider.change(id, set),
        }
      },
    },
  )
})
