import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { workspaceSuite } from '@cueline/core/testing'
import { describe, it } from 'vitest'

import { directoryWorkspaces } from './directory-workspaces.ts'

function readAt(folder: string | undefined, path: string): string | null {
  try {
    return readFileSync(join(folder as string, path), 'utf8')
  } catch {
    return null
  }
}

describe('workspaces in folders [X-14, X-07]', () => {
  const noGroups = 'a folder takes the files of one attempt at a time: work lands one by one'
  const noStacks = 'a folder starts from what has landed'
  workspaceSuite(
    { describe, it, fails: it.fails },
    {
      knownGaps: {
        'workspace.group-lands-all': noGroups,
        'workspace.group-all-or-nothing': noGroups,
        'workspace.group-conflict': noGroups,
        'workspace.upon': noStacks,
        'workspace.upon-several': noStacks,
        'workspace.upon-given-up': noStacks,
        'workspace.upon-group': noGroups,
      },
      create() {
        const place = mkdtempSync(join(tmpdir(), 'directory-workspaces-'))
        const result = join(place, 'result')
        return {
          place,
          provider: directoryWorkspaces({ result }),
          reopen: async () => directoryWorkspaces({ result }),
          async write({ path }, name, content) {
            const file = join(path as string, name)
            mkdirSync(dirname(file), { recursive: true })
            if (content === null) rmSync(file)
            else writeFileSync(file, content)
          },
          read: async ({ path }, name) => readAt(path, name),
          readMerged: async (trial, name) =>
            readAt((trial.ok ? trial.path : undefined) ?? trial.workspace.path, name),
          readResult: async (name) => readAt(result, name),
          readSalvaged: async (salvaged, name) => readAt(join(salvaged, 'files'), name),
        }
      },
      async destroy(subject) {
        await subject.provider.close()
        rmSync((subject as unknown as { place: string }).place, { recursive: true })
      },
    },
  )
})
