import { describe, expect, it } from 'vitest'

import { workspaceSuite } from '../testing/workspace-suite.ts'
import { memoryWorkspaces } from './memory-workspaces.ts'

describe('workspaces in memory [X-14]', () => {
  workspaceSuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const provider = memoryWorkspaces()
        return {
          provider,
          // There is nothing to open again: the memory is the result.
          reopen: async () => ({ ...provider, close: async () => {} }),
          async write({ attemptId }, path, content) {
            if (content === null) provider.files(attemptId).delete(path)
            else provider.files(attemptId).set(path, content)
          },
          read: async ({ attemptId }, path) => provider.files(attemptId).get(path) ?? null,
          readMerged: async ({ workspace }, path) =>
            provider.trial(workspace.attemptId).get(path) ?? null,
          readResult: async (path) => provider.result.get(path) ?? null,
          readSalvaged: async (name, path) => provider.salvage.get(name)?.get(path) ?? null,
        }
      },
    },
  )

  it('start from the files they were given', async () => {
    const provider = memoryWorkspaces([['README.md', 'hello']])
    expect(provider.result.get('README.md')).toBe('hello')
    expect(await provider.list()).toEqual([])
  })
})
