import { workspaceSuite } from '@cueline/core/testing'
import { describe, it } from 'vitest'

import { gitSubjects } from './fixtures/contract-subject.ts'
import { gitWorkspaces } from './git-workspaces.ts'

describe('workspaces in git worktrees [X-14, X-07]', () => {
  workspaceSuite(
    { describe, it, fails: it.fails },
    gitSubjects((repository) => gitWorkspaces({ repository })),
  )
})
