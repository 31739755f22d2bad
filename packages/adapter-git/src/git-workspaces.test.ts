import { workspaceSuite } from '@cueline/core/testing'
import { describe, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import { readAt, testRepository, writeAt, type TestRepository } from './test-repository.ts'

describe('workspaces in git worktrees [X-14, X-07]', () => {
  workspaceSuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const repository = testRepository()
        const { folder, show } = repository
        return {
          repository,
          provider: gitWorkspaces({ repository: folder }),
          reopen: async () => gitWorkspaces({ repository: folder }),
          write: async ({ path }, name, content) => writeAt(path, name, content),
          read: async ({ path }, name) => readAt(path, name),
          readMerged: async (trial, name) =>
            readAt((trial.ok ? trial.path : undefined) ?? trial.workspace.path, name),
          readResult: async (name) => show('cueline/main', name),
          readSalvaged: async (salvaged, name) => show(salvaged, name),
        }
      },
      async destroy(subject) {
        await subject.provider.close()
        ;(subject as unknown as { repository: TestRepository }).repository.remove()
      },
    },
  )
})
