import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const conditions = ['cueline-source', ...defaultServerConditions]

/** Tests run on sources: the private condition stands first in every package's `exports`. */
function project(name: string, include: string[], testTimeout = 20_000) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', '**/dist/**', '**/.cueline/**', '**/*.data.test.ts'],
      environment: 'node' as const,
      testTimeout,
      hookTimeout: testTimeout,
    },
  }
}

function packageProject(name: string) {
  return project(name, [`packages/${name}/src/**/*.test.ts`])
}

const projects = [
  packageProject('core'),
  packageProject('sql'),
  packageProject('adapter-sqlite'),
  packageProject('adapter-agents'),
  packageProject('cli'),
  project('examples', ['examples/**/*.test.ts'], 120_000),
  project('tests', ['tests/**/*.test.ts', 'scripts/**/*.test.ts'], 120_000),
]

export default defineConfig({ test: { projects } })
