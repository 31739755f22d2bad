import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

import {
  CuelineError,
  type AttemptId,
  type ProjectId,
  type TaskId,
  type WorkOrderId,
  type Workspace,
  type WorkspaceProvider,
  type WorkspaceRequest,
} from '@cueline/core'

/** A repository of a test's own, with one commit on `main`. */
export function testRepository(files: Readonly<Record<string, string>> = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cueline-git-')))
  const git = (...args: string[]) => gitIn(folder, ...args)
  const key = JSON.stringify(files)
  const made = templates.get(key)
  if (made === undefined) {
    git('init', '-q', '--template=', '-b', 'main')
    git('config', 'user.name', 'Test')
    git('config', 'user.email', 'test@example.org')
    for (const name of ['hooks', 'info']) mkdirSync(join(folder, '.git', name))
    for (const [path, content] of Object.entries(files)) writeAt(folder, path, content)
    git('add', '-A')
    git('commit', '-q', '--allow-empty', '-m', 'start')
    templates.set(key, entriesOf(folder))
  } else {
    for (const [path, content] of made) {
      if (content === null) mkdirSync(join(folder, path))
      else writeFileSync(join(folder, path), content)
    }
  }
  return {
    folder,
    git,
    /** A file as it is in a commit, or null. */
    show(at: string, path: string): string | null {
      try {
        return git('show', `${at}:${path}`)
      } catch {
        return null
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Repositories by the files in them: the next one of the same files is a copy, without any process. */
const templates = new Map<string, ReadonlyMap<string, Buffer | null>>()

/** Everything in a folder, folders (null) before what is in them. */
function entriesOf(folder: string): ReadonlyMap<string, Buffer | null> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return [relative(folder, path), entry.isDirectory() ? null : readFileSync(path)] as const
  })
  return new Map(paths.toSorted(([one], [other]) => one.length - other.length))
}

export type TestRepository = ReturnType<typeof testRepository>

/** What git prints, as a user's own git in that folder does. */
export function gitIn(cwd: string, ...args: string[]): string {
  const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: [...stdio] })
}

export function writeAt(folder: string | undefined, path: string, content: string | null): void {
  const file = join(folder as string, path)
  mkdirSync(dirname(file), { recursive: true })
  if (content === null) rmSync(file)
  else writeFileSync(file, content)
}

export function readAt(folder: string | undefined, path: string): string | null {
  try {
    return readFileSync(join(folder as string, path), 'utf8')
  } catch {
    return null
  }
}

/** What an engine asks for, of the attempt with this number. */
export function requestOf(number: number, code = `T${number}`): WorkspaceRequest {
  return {
    projectId: 'project_test' as ProjectId,
    taskId: `task_${number}` as TaskId,
    workOrderId: `order_${number}` as WorkOrderId,
    code,
    title: `Title of ${number}`,
    attemptId: `attempt_${number}` as AttemptId,
    fence: 1,
  }
}

export const never = new AbortController().signal
export const confirmed = async (): Promise<void> => {}

export function pathOf(workspace: Workspace): string {
  return workspace.path as string
}

/** Tries again for as long as something else lands first, as the engine does. */
export async function mergeAndLand(
  provider: WorkspaceProvider,
  workspace: Workspace,
): Promise<void> {
  for (;;) {
    try {
      await provider.land(await provider.tryMerge(workspace, never), confirmed)
      return
    } catch (error) {
      const moved = error instanceof CuelineError && error.code === 'conflict' && error.retryable
      if (!moved) throw error
    }
  }
}
