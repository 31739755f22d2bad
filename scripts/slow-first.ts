import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long; each would keep everybody waiting as the last one. */
const slow = [
  'tests/faults/faults.test.ts',
  'packages/adapter-git/src/git-processes.test.ts',
  'tests/packed/packed.test.ts',
  'examples/quickstart/main.test.ts',
  // Not beside the other faults from the start: both take all of the machine that they get.
  'tests/faults/faults-on-postgres.test.ts',
]

/**
 * The order of vitest, with the slowest files in front: vitest goes from project to project, and a clean
 * checkout has no times of an earlier run to know them by.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const at = slow.findIndex((file) => moduleId.replaceAll('\\', '/').endsWith(`/${file}`))
  return at === -1 ? slow.length : at
}
