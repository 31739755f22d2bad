import { describe, it } from 'vitest'

import { storageSuite } from '../testing/storage-suite.ts'
import { memoryStorage } from './memory-storage.ts'

storageSuite(
  { describe, it, fails: it.fails },
  {
    create() {
      let offset = 0
      const clock = () => 1_000_000 + offset
      const storage = memoryStorage({ clock })
      return {
        storage,
        advance(ms) {
          offset += ms
        },
        async reopen() {
          await storage.close()
          return memoryStorage({ clock })
        },
      }
    },
    destroy: ({ storage }) => storage.close(),
    knownGaps: {
      'storage.restart': 'memory goes with its process',
      'storage.restart.clock': 'memory goes with its process',
      'storage.prune.restart': 'memory goes with its process',
    },
  },
)
