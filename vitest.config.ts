import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

import { SlowFirst } from './scripts/slow-first.ts'

// Tests start hundreds of node processes on sources: they share what Node has made of them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cueline-compiled')

const conditions = ['cueline-source', ...defaultServerConditions]

/** Elsewhere a test that hangs is worth hearing of soon; the machines of CI have busy neighbours. */
const patience = process.env.CI === undefined ? 1 : 3

/** Tests run on sources: the private condition stands first in every package's `exports`. */
function project(
  name: string,
  include: string[],
  testTimeout = 20_000,
  exclude = ['**/*.data.test.ts', 'tests/packed/**'],
) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', '**/dist/**', '**/.cueline/**', ...exclude],
      environment: 'node' as const,
      testTimeout: testTimeout * patience,
      hookTimeout: testTimeout * patience,
    },
  }
}

function packageProject(name: string, testTimeout?: number) {
  return project(name, [`packages/${name}/src/**/*.test.ts`], testTimeout)
}

function withPostgres({ test, ...rest }: ReturnType<typeof project>) {
  return { ...rest, test: { ...test, globalSetup: ['tests/postgres-setup.ts'] } }
}

const projects = [
  packageProject('core'),
  packageProject('sql'),
  packageProject('adapter-sqlite'),
  packageProject('adapter-agents'),
  // Single tests start hundreds of git processes.
  packageProject('adapter-git', 60_000),
  packageProject('cli'),
  // With one Postgres for all of its tests: see tests/postgres-setup.ts.
  withPostgres(
    project(
      'postgres',
      ['packages/adapter-postgres/src/**/*.test.ts', 'tests/postgres/**/*.test.ts'],
      60_000,
    ),
  ),
  packageProject('adapter-bullmq'),
  // What the recorded agent writes is tested by its own tests, with Node's runner.
  project('examples', ['examples/**/*.test.ts'], 120_000, ['**/recorded/**']),
  project('tests', ['tests/**/*.test.ts', 'scripts/**/*.test.ts'], 120_000, [
    '**/*.data.test.ts',
    'tests/packed/**',
    'tests/postgres/**',
  ]),
  // Builds, packs and installs every package as a user does.
  project('packed', ['tests/packed/*.test.ts'], 600_000, []),
  // Real plans and tracker files; only where CUELINE_DATA names them (`npm run test:data`).
  ...(process.env.CUELINE_DATA === undefined
    ? []
    : [project('data', ['{packages/*/src,tests/data}/**/*.data.test.ts'], 300_000, [])]),
]

export default defineConfig({
  test: {
    projects,
    // Vitest leaves one core idle; many of these tests wait for processes of their own.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: SlowFirst },
  },
})
