import process from 'node:process'

import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const conditions = ['cueline-source', ...defaultServerConditions]

/** The tests that scripts/mutation.ts names, run again for every mutant. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: process.env.CUELINE_MUTATION_TESTS?.split(',') ?? [],
    setupFiles: ['scripts/mutation-setup.ts'],
    testTimeout: 20_000,
    isolate: false,
  },
})
