import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import {
  mergeFiles,
  type AttemptId,
  type ProjectId,
  type TaskId,
  type WorkOrderId,
  type WorkspaceProvider,
} from '@cueline/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { directoryWorkspaces } from './directory-workspaces.ts'

/** Small enough that files and folders get into each other's way all the time. */
const path = fc.constantFrom(
  'a',
  'a/b',
  'x/b',
  'a/b/c',
  'd',
  'd/e',
  '__proto__',
  'line\nbreak',
  'ü/ñ',
)
const content = fc.constantFrom('1', '2', '->a', '->d/e', '->x', null)
const edits = fc.array(fc.tuple(path, content), { maxLength: 8 })

/** Makes a file, a link or nothing of a path; whatever is in the way goes. */
function edit(folder: string, changes: readonly (readonly [string, string | null])[]): void {
  for (const [name, text] of changes) {
    const file = join(folder, name)
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      const above = join(folder, name.slice(0, at))
      if (lstatSync(above, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(above)
    }
    rmSync(file, { recursive: true, force: true })
    if (text === null) continue
    mkdirSync(dirname(file), { recursive: true })
    // Links point down from the top, so they lead out from nowhere.
    if (text.startsWith('->') && dirname(name) === '.') symlinkSync(text.slice(2), file)
    else writeFileSync(file, text)
  }
}

function treeOf(folder: string): Map<string, string> {
  const tree = new Map<string, string>()
  const folders = ['']
  for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
    for (const each of readdirSync(join(folder, inside), { withFileTypes: true })) {
      const name = join(inside, each.name)
      const file = join(folder, name)
      if (each.isDirectory()) folders.push(...(name === '.cueline' ? [] : [name]))
      else if (each.isSymbolicLink()) tree.set(name, `->${readlinkSync(file)}`)
      else tree.set(name, readFileSync(file, 'utf8'))
    }
  }
  return tree
}

function request(attemptId: string) {
  return {
    projectId: 'project' as ProjectId,
    taskId: 'task' as TaskId,
    code: 'code',
    attemptId: attemptId as AttemptId,
    workOrderId: 'order' as WorkOrderId,
    title: 'In words',
    fence: 1,
  }
}

/** As after a crash in the last moment: the journal is still there, its files are all moved. */
async function landAgain(
  result: string,
  workspaces: WorkspaceProvider,
  changed: readonly string[],
  work: ReadonlyMap<string, string>,
): Promise<void> {
  const changes = changed.map((name) => [name, work.has(name) ? 'file 0' : null])
  const staging = join(result, '.cueline/staging/gone')
  const journal = { attemptId: 'attempt_1', fence: 2, merged: 'm', sequence: 2, staging, changes }
  writeFileSync(join(result, '.cueline/journal.json'), JSON.stringify(journal))
  expect(await workspaces.landed('attempt_1' as AttemptId, 2)).toEqual({ merged: 'm' })
}

const never = new AbortController().signal

describe('merging folders [X-07]', () => {
  it('does what merging their lists of files does, and else changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(edits, edits, edits, async (first, mine, theirs) => {
        const place = mkdtempSync(join(tmpdir(), 'directory-property-'))
        try {
          const result = join(place, 'result')
          mkdirSync(result)
          edit(result, first)
          const workspaces = directoryWorkspaces({ result })
          const workspace = await workspaces.prepare(request('attempt_1'), never)
          const folder = workspace.path as string
          const base = treeOf(result)
          expect(treeOf(folder)).toEqual(base)
          edit(folder, mine)
          edit(result, theirs)
          const [work, there] = [treeOf(folder), treeOf(result)]

          const expected = mergeFiles(base, work, there)
          const trial = await workspaces.tryMerge(workspace, never)
          expect(treeOf(result)).toEqual(there)
          expect(trial.ok).toBe(expected.conflicts.length === 0)
          if (trial.ok) {
            expect(trial.changed).toEqual(expected.changed)
            expect(treeOf(trial.path ?? folder)).toEqual(expected.merged)
            await workspaces.land(trial, async () => {})
            expect(treeOf(result)).toEqual(expected.merged)
          } else {
            expect(trial.conflicts).toEqual(expected.conflicts)
          }
          const { salvaged } = await workspaces.remove(workspace)
          expect(salvaged === null).toBe(trial.ok || expected.changed.length === 0)
          if (trial.ok) await landAgain(result, workspaces, trial.changed, work)
          expect(treeOf(result)).toEqual(trial.ok ? expected.merged : there)
          if (salvaged === null) return
          const kept = treeOf(join(salvaged, 'files'))
          for (const changed of expected.changed) expect(kept.get(changed)).toBe(work.get(changed))
        } finally {
          rmSync(place, { recursive: true })
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
