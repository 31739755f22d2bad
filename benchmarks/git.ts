// `npm run bench -- git [--tasks n] [--rounds n]`: what a task costs in worktrees and merges, beside
// the bare git commands that do the same, in the same run. Prints a table and, last, one line of JSON.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { gitWorkspaces } from '@cueline/adapter-git'
import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '@cueline/core'

import { median } from './reference/interleave.ts'
import { byTurns, ratio, rounded } from './store/measure.ts'

const { values: flags } = parseArgs({
  options: { tasks: { type: 'string', default: '40' }, rounds: { type: 'string', default: '5' } },
})
const tasks = Number(flags.tasks)
const files = 200

function git(cwd: string, args: readonly string[], input?: string): string {
  const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', input: input ?? '' }).trim()
}

function repository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cueline-bench-git-'))
  git(folder, ['init', '-q', '-b', 'main'])
  git(folder, ['config', 'user.name', 'Bench'])
  git(folder, ['config', 'user.email', 'bench@example.org'])
  for (let file = 0; file < files; file += 1) {
    mkdirSync(join(folder, `part-${file % 10}`), { recursive: true })
    writeFileSync(join(folder, `part-${file % 10}`, `file-${file}.txt`), `${file}\n`.repeat(50))
  }
  git(folder, ['add', '-A'])
  git(folder, ['commit', '-qm', 'start'])
  return folder
}

/** What anybody would write by hand: a worktree, a commit, a trial merge, a swap, and away with it. */
async function bare(): Promise<number> {
  const folder = repository()
  git(folder, ['branch', 'target'])
  const startedAt = performance.now()
  for (let task = 0; task < tasks; task += 2) {
    // Two at a time, so that every second one is a merge.
    const base = git(folder, ['rev-parse', 'target'])
    const places = [task, task + 1].map((each) => join(folder, '.work', `t${each}`))
    for (const [at, place] of places.entries()) {
      git(folder, ['worktree', 'add', '-q', '-b', `work-${task + at}`, place, base])
      writeFileSync(join(place, `new-${task + at}.txt`), 'new\n')
      git(place, ['add', '-A'])
      git(place, ['commit', '-qm', `T${task + at}`])
    }
    for (const place of places) {
      const work = git(place, ['rev-parse', 'HEAD'])
      const tip = git(folder, ['rev-parse', 'target'])
      let merged = work
      if (tip !== base) {
        const tree = git(folder, ['merge-tree', '--write-tree', tip, work])
        merged = git(folder, ['commit-tree', tree, '-p', tip, '-p', work], 'Merge\n')
        const trial = `${place}-trial`
        git(folder, ['worktree', 'add', '-q', '--detach', trial, merged])
        git(folder, ['worktree', 'remove', '--force', trial])
      }
      git(folder, ['update-ref', 'refs/heads/target', merged, tip])
      git(folder, ['worktree', 'remove', '--force', place])
    }
  }
  const ms = performance.now() - startedAt
  rmSync(folder, { recursive: true })
  return ms
}

async function cueline(): Promise<number> {
  const folder = repository()
  const provider = gitWorkspaces({ repository: folder, branch: 'target' })
  const never = new AbortController().signal
  // Opening the repository is done once, not for each task.
  await provider.list()
  const startedAt = performance.now()
  for (let task = 0; task < tasks; task += 2) {
    const places = []
    for (const each of [task, task + 1]) {
      const workspace = await provider.prepare(
        {
          projectId: 'project' as ProjectId,
          taskId: `task_${each}` as TaskId,
          workOrderId: `order_${each}` as WorkOrderId,
          attemptId: `attempt_${each}` as AttemptId,
          code: `T${each}`,
          title: 'A file',
          fence: 1,
        },
        never,
      )
      writeFileSync(join(workspace.path ?? '', `new-${each}.txt`), 'new\n')
      places.push(workspace)
    }
    for (const workspace of places) {
      const trial = await provider.tryMerge(workspace, never)
      await provider.land(trial, async () => {})
      await provider.remove(workspace)
    }
  }
  const ms = performance.now() - startedAt
  await provider.close()
  rmSync(folder, { recursive: true })
  return ms
}

const load = rounded(loadavg()[0] ?? 0)
const times = await byTurns({ cueline, 'bare git commands': bare }, Number(flags.rounds))
const perTask = (ms: readonly number[]) => rounded(median(ms) / tasks)
const over = ratio(times.cueline, times['bare git commands'])
console.log(
  `A worktree, a commit, a trial merge and a landing, ${tasks} tasks, ${files} files; load ${load}.`,
)
console.table([
  {
    'cueline, ms per task': perTask(times.cueline),
    'bare git commands, ms per task': perTask(times['bare git commands']),
    ratio: over,
    'goal <= 1.3': over <= 1.3 ? 'met' : 'MISSED',
  },
])
console.log(
  JSON.stringify({
    bench: 'git',
    node: process.versions.node,
    cpus: cpus().length,
    load,
    tasks,
    files,
    ratio: over,
  }),
)
