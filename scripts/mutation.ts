// Mutation testing of one source file of core: every mutant is a small fault, which the unit tests
// beside the file should notice. Usage: npm run mutation -- packages/core/src/plan/layers.ts
// [test files] [--fresh] [--concurrency 2]. Only mutants that changed since the last run, or whose tests did, are
// tried again, unless --fresh says all. Writes to reports/mutation only, which git ignores; the
// mutants live in a temporary folder. docs/mutation.md has the scores.
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { Stryker } from '@stryker-mutator/core'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '2' },
    fresh: { type: 'boolean', default: false },
  },
})
const [given = '', ...givenTests] = positionals
const file = relative(process.cwd(), given)
if (!file.startsWith('packages/core/src/') || !existsSync(file)) {
  console.error(
    `Name a source file of core, not "${given}": npm run mutation -- packages/core/src/plan/layers.ts`,
  )
  process.exit(2)
}

const tests = givenTests.length > 0 ? givenTests : testsOf(file)
if (tests.length === 0) {
  console.error(
    `No test is named after ${file}. Name the test files that should notice its faults.`,
  )
  process.exit(2)
}
process.env.CUELINE_MUTATION_TESTS = tests.join(',')
const report = `reports/mutation/${basename(dirname(file))}-${basename(file, '.ts')}`
const tempDirName = mkdtempSync(join(tmpdir(), 'cueline-mutation-'))
try {
  await new Stryker({
    mutate: [file],
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    vitest: { configFile: 'scripts/mutation.config.ts', related: true },
    coverageAnalysis: 'perTest',
    incremental: true,
    force: values.fresh,
    incrementalFile: `${report}.incremental.json`,
    jsonReporter: { fileName: `${report}.json` },
    reporters: ['clear-text', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    allowConsoleColors: false,
    thresholds: { high: 95, low: 85, break: 85 },
    // A mutant is detected, too, when it makes the tests hang; a busy machine must not look like that.
    timeoutMS: 15_000,
    concurrency: Number(values.concurrency),
    disableTypeChecks: false,
    tempDirName,
    ignorePatterns: [
      '.*',
      'benchmarks',
      'examples',
      'tests',
      'reports',
      'packages/*',
      '!packages/core',
    ],
  }).runMutationTest()
} finally {
  rmSync(tempDirName, { recursive: true, force: true })
}

/** Those named after the file; for staging, which is one machine, all that are quick. */
function testsOf(source: string): string[] {
  const folder = dirname(source)
  const name = folder.endsWith('/staging') ? '' : basename(source, '.ts')
  const slow = /\/(?:many-tasks|(?:staging|memory-slice|why-not-ready)\.property)\.test\.ts$/
  return globSync(`${folder}/${name}*.test.ts`).filter((path) => !slow.test(path))
}
