import { defineConfig } from 'tsup'

import { library } from '../../tsup.base.ts'

// Config files are loaded by tsup, which asks for a default export.
export default defineConfig(
  library(
    {
      index: 'src/index.ts',
      planner: 'src/plan/index.ts',
      graph: 'src/graph/index.ts',
      formats: 'src/formats/index.ts',
      client: 'src/client/index.ts',
      testing: 'src/testing/index.ts',
    },
    'neutral',
  ),
)
