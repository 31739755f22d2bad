import { chmod, mkdir, readFile, lstat, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { gitWorkspaces } from '@cueline/adapter-git'
import {
  createCueline,
  type Gate,
  type RunnerFunction,
  type RunResult,
  type StoredEvent,
  type Verdict,
} from '@cueline/core'

import { askGit } from './ask-git.ts'
import type { ChangedFile, FileState } from './changed-file.ts'
import type { HistoryWindow } from './read-window.ts'

export interface ReplayOptions {
  /** A clone that belongs to the replay. */
  readonly clone: string
  /** Where workspaces are made. */
  readonly root: string
  readonly lanes: number
  /** Milliseconds of real time that a minute of the tasks' modelled time stands for. */
  readonly msPerMinute: number
  readonly signal: AbortSignal
  progress(done: number, total: number): void
}

export interface Replayed {
  readonly report: RunResult
  readonly events: readonly StoredEvent[]
  /** Pairs that the plan keeps apart, by number of commit. */
  readonly predicted: readonly (readonly [number, number])[]
  /** What the branch holds, in the order of landing. */
  readonly landed: readonly number[]
}

export const replayBranch = 'cueline/replay'

export function codeOf(commit: number): string {
  return `C${commit + 1}`
}

function commitOf(code: string): number {
  return Number(code.slice(1)) - 1
}

/** What the commits of a window would have taken people is not known, so it is modelled: by size. */
export function minutesOf(lines: number): number {
  return Math.min(120, 5 + lines / 4)
}

/**
 * Runs the commits of a window as tasks: planned, worked on in worktrees by agents that play the changes
 * back, merged by the queue.
 */
export async function replayWindow(
  window: HistoryWindow,
  options: ReplayOptions,
): Promise<Replayed> {
  const { clone, root, lanes, msPerMinute, signal } = options
  const errors: unknown[] = []
  const cueline = await createCueline({
    runner: playBack(window, msPerMinute),
    gates: [changeGate(window)],
    workspace: gitWorkspaces({ repository: clone, branch: replayBranch, from: window.start, root }),
    onError: (error) => errors.push(error),
  })
  try {
    const { id: projectId } = await cueline.projects.create({
      name: 'Replay',
      // A conflict is no failure here: the new attempt may begin at once, and as often as it takes.
      settings: {
        releaseOn: 'merged',
        maxAttempts: 100,
        mergeRounds: 100,
        retryBaseMs: 1,
        retryMaxMs: 1,
      },
    })
    await cueline.tasks.add({
      projectId,
      tasks: window.commits.map(({ title, body, needs, lines, hash }, number) => ({
        id: codeOf(number),
        title: title.slice(0, 500) || hash,
        description: body.slice(0, 20_000),
        dependsOn: [...needs].map(codeOf),
        estimate: minutesOf(lines),
      })),
    })
    const plan = await cueline.plans.build({
      projectId,
      workers: lanes,
      files: [...window.filesAtStart],
      history: [...window.history],
    })
    await cueline.stages.fromPlan({ planId: plan.id, force: true }) // Commits have no context.
    let done = 0
    cueline.on('event', (event) => {
      if (event.type === 'attempt.succeeded') options.progress(++done, window.commits.length)
      // History has taken what its commits change, protected paths too: so does the person here.
      if (event.type !== 'request.opened') return
      const approval = { requestId: event.request.id, answer: 'approve' }
      cueline.requests.answer(approval).catch((error: unknown) => errors.push(error))
    })
    const report = await cueline.run({ projectId, workers: lanes, signal, timeScale: msPerMinute })
    signal.throwIfAborted()
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} errors on the way.`)
    const events: StoredEvent[] = []
    for (;;) {
      const more = await cueline.events.after({ projectId, cursor: events.at(-1)?.sequence ?? 0 })
      if (more.length === 0) break
      events.push(...more)
    }
    const predicted = plan.conflicts.map(({ tasks: [one, other] }): [number, number] => {
      return [commitOf(one), commitOf(other)]
    })
    const landed = await landedIn(clone, window.start, `refs/heads/${replayBranch}`)
    return { report, events, predicted, landed }
  } finally {
    await cueline.close()
  }
}

/** An agent that makes the change of a commit in whatever its workspace holds of the others. */
function playBack(window: HistoryWindow, msPerMinute: number): RunnerFunction {
  return async ({ task, workspace }, { signal }) => {
    const until = performance.now() + (task.estimateMinutes ?? 0) * msPerMinute
    const folder = workspace.path as string
    const commit = commitOf(task.code)
    for (const [path, state] of await afterwards(window, commit, folder)) {
      if (state === null) await rm(join(folder, path), { recursive: true, force: true })
    }
    for (const [path, state] of await afterwards(window, commit, folder)) {
      if (state !== null) await writeState(join(folder, path), state)
    }
    const left = until - performance.now()
    if (left > 0) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, left)
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          reject(signal.reason)
        })
      })
    }
  }
}

/**
 * Judges the work and, again, what a merge has made of it: the files of the change must hold all that
 * has landed and the change itself, line by line, where history has them.
 */
function changeGate(window: HistoryWindow): Gate {
  return {
    name: 'change',
    async judge({ attempt, path }): Promise<Verdict> {
      const startedAt = performance.now()
      const folder = path as string
      const wrong: string[] = []
      for (const [file, state] of await afterwards(window, commitOf(attempt.task.code), folder)) {
        if (!isSame(await readState(join(folder, file)), state)) wrong.push(file)
      }
      return {
        gate: 'change',
        result: wrong.length === 0 ? 'pass' : 'fail',
        summary: wrong.length === 0 ? 'as in history' : `not as in history: ${wrong.join(', ')}`,
        durationMs: performance.now() - startedAt,
        cause: wrong.length === 0 ? null : 'code',
        evidence: wrong.join('\n'),
      }
    },
  }
}

/** The files of a commit's change as they are with it and all that has landed below a workspace. */
async function afterwards(
  window: HistoryWindow,
  commit: number,
  folder: string,
): Promise<[path: string, state: FileState | null][]> {
  const all = new Set(await landedIn(folder, window.start, 'HEAD')).add(commit)
  const paths = window.commits[commit]?.paths ?? []
  return paths.map((path) => [path, (window.files.get(path) as ChangedFile).with(all)])
}

/** The commits whose tasks have landed, in that order. */
export async function landedIn(folder: string, start: string, rev: string): Promise<number[]> {
  const format = '--format=%(trailers:key=Cueline-Task,valueonly,separator=%x2C)'
  const log = await askGit(folder, [
    'log',
    '--first-parent',
    '--reverse',
    format,
    `${start}..${rev}`,
  ])
  return log.split('\n').flatMap((code) => (code === '' ? [] : [commitOf(code)]))
}

async function writeState(file: string, { mode, text }: FileState): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const bytes = Buffer.from(text, 'latin1')
  await rm(file, { recursive: true, force: true })
  if (mode === '120000') return symlink(bytes.toString('utf8'), file)
  await writeFile(file, bytes)
  await chmod(file, mode === '100755' ? 0o755 : 0o644)
}

async function readState(file: string): Promise<FileState | null> {
  const found = await lstat(file).catch(() => null)
  if (found === null || found.isDirectory()) return null
  if (found.isSymbolicLink()) {
    return { mode: '120000', text: Buffer.from(await readlink(file)).toString('latin1') }
  }
  const mode = (found.mode & 0o100) === 0 ? '100644' : '100755'
  return { mode, text: (await readFile(file)).toString('latin1') }
}

function isSame(one: FileState | null, other: FileState | null): boolean {
  return one?.mode === other?.mode && one?.text === other?.text
}
