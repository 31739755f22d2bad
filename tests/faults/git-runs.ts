import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoredEvent } from '@cueline/core'

import { endOf, startEngine } from './engine.ts'
import { faultPoints } from './fault-points.ts'
import { hopeless } from './git-agent.ts'
import { firstFiles, redIn } from './git-model.ts'
import type { Place } from './place.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

const tasks = 10
const killsPerRun = 3

/**
 * Whole runs of random agents on one git repository, by engines that are killed on the way. What the
 * branch must be is known without Cueline: green at every commit, exactly the tasks that are done, and
 * every commit that an agent ever made still there. Every other run merges in groups, in lanes, upon stacked bases.
 */
export const gitRuns: Scenario = {
  name: 'git',
  title: 'runs of random agents in git worktrees, whose engines are killed',
  amounts: { ci: 2, full: 100 },
  async run({ amount, progress, ...options }) {
    const figures = { runs: 0, kills: 0, commits: 0, landed: 0, conflicts: 0, red: 0, groups: 0 }
    while (figures.runs < amount) {
      await atPlace(options, figures.runs, async (place, random) => {
        const repository = await makeRepository(place)
        // Every other run merges in groups, of so many agents that there are some, works in lanes, and starts
        // from what is not merged yet.
        const together = figures.runs % 2 === 1
        const [mergeGroup, workers] = together ? [4, 5] : [1, 3]
        // Nobody is there to answer when work has come back too often.
        const rounds = { maxAttempts: 50, mergeRounds: 100 }
        const settings = { ...rounds, releaseOn: together ? 'verified' : 'merged' } as const
        const dependency = together ? 0.2 : 0.1
        const projectId = await createProject(place, random, { tasks, dependency, settings })
        const seed = Math.floor(random() * 1e6)
        const policy = together ? 'lane' : 'attempt'
        const work = { kind: 'git', seed, mergeGroup, policy } as const
        // Git commands take longer than what the agents of other faults do.
        const given = { projectId, work, workers, leaseMs: workers * 500 }
        for (let n = 0; n < killsPerRun; n += 1) {
          const point = faultPoints[Math.floor(random() * faultPoints.length)] ?? 'land.after'
          const atPoint = random() < 0.5
          const kill = { point, occurrence: 1 + Math.floor(random() * 6) }
          const engine = startEngine(place, { ...given, ...(atPoint && { kill }) })
          if (!atPoint)
            void engine.ready.then(() => delay(random() * 2_000)).then(() => engine.kill('SIGKILL'))
          const { code, signal } = await engine.ended
          if (signal === null && code !== 0) throw new Error(`The engine ended with code ${code}.`)
          if (signal === null) break
          figures.kills += 1
        }
        await endOf(startEngine(place, given))
        const otherwise = { [hopeless]: 'failed' }
        const events = await checkProject(place, projectId, { otherwise, files: false })
        const { commits, landed } = checkRepository(repository, place, events)
        figures.runs += 1
        figures.commits += commits
        figures.landed += landed
        for (const event of events) {
          if (event.type === 'attempt.grouped') figures.groups += 1
          if (event.type !== 'attempt.failed') continue
          if (event.failure.class === 'merge-conflict') figures.conflicts += 1
          if (event.failure.class === 'gate-failed') figures.red += 1
        }
      })
      progress(`${figures.runs}/${amount} runs, ${figures.kills} kills, all invariants hold`)
    }
    return figures
  },
}

async function makeRepository({ folder }: Place): Promise<string> {
  const repository = join(folder, 'repository')
  await mkdir(repository)
  for (const [path, text] of firstFiles()) await writeFile(join(repository, path), text)
  gitIn(repository, 'init', '-q', '-b', 'main')
  gitIn(repository, 'add', '-A')
  const who = ['-c', 'user.name=User', '-c', 'user.email=user@example.org']
  gitIn(repository, ...who, 'commit', '-q', '-m', 'start')
  // What a user has under way in the checkout must be the same at the end.
  writeFileSync(join(repository, 'under-way.txt'), 'not committed\n')
  return repository
}

/** Throws when the repository is not what the model says. */
function checkRepository(
  repository: string,
  { folder }: Place,
  events: readonly StoredEvent[],
): { readonly commits: number; readonly landed: number } {
  const git = (...args: string[]) => gitIn(repository, ...args)
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')
  const wanted = new Map<string, string>()
  const codes = new Map<string, string>()
  const attempts = new Set<string>()
  for (const event of events) {
    if (event.type === 'tasks.added') for (const { id, code } of event.tasks) codes.set(id, code)
    if (event.type === 'attempt.started') {
      attempts.add(`${codes.get(event.taskId)} ${event.attemptId}`)
    }
    if (event.type !== 'attempt.succeeded') continue
    wanted.set(codes.get(event.taskId) ?? event.taskId, event.merged ?? 'nothing')
  }
  const format =
    '--format=%H %(trailers:key=Cueline-Task,valueonly,separator=%x2C) %(trailers:key=Cueline-Attempt,valueonly,separator=%x2C)'
  const landed = lines(git('log', '--first-parent', format, 'main..cueline/main'))
  const found = landed.map((line) => {
    const [commit = '', task = '', attempt = ''] = line.split(' ')
    // An engine that dies between landing and saying so leaves it to the next attempt to say.
    if (!attempts.has(`${task} ${attempt}`)) throw new Error(`Nobody started ${line}.`)
    return [task, commit] as const
  })
  same('What has landed', new Map(found), wanted)
  same('The number of landings', landed.length, wanted.size)
  const trees = found.map(([of, commit]) => {
    const entries = lines(git('ls-tree', '-r', '--format=%(objectname) %(path)', commit))
    return { of, commit, entries: entries.map((entry) => entry.split(' ') as [string, string]) }
  })
  const blobs = contentsOf(
    repository,
    trees.flatMap(({ entries }) => entries.map(([blob]) => blob)),
  )
  for (const { of, commit, entries } of trees) {
    const files = new Map(entries.map(([blob, path]) => [path, blobs.get(blob) ?? '']))
    const red = redIn(files)
    if (red.length > 0) throw new Error(`${of} (${commit}) is red: ${red.join(' ')}`)
    for (const path of files.keys()) {
      if (!/^(list\.txt|parts\/T\d+\.txt)$/.test(path)) throw new Error(`${path} has landed.`)
    }
  }
  const parts = lines(git('ls-tree', '-r', '--name-only', 'cueline/main', 'parts/'))
  const done = [...wanted.keys()].map((task) => `parts/${task}.txt`)
  same('The parts', parts.toSorted(), done.toSorted())

  same('The checkout', git('status', '--porcelain', '--branch'), '## main\n?? under-way.txt\n')
  same('The worktrees', lines(git('worktree', 'list')).length, 1)
  same('The branches of workspaces', git('branch', '--list', 'cueline/attempt/*'), '')
  const left = existsSync(join(folder, 'workspaces')) ? readdirSync(join(folder, 'workspaces')) : []
  same(
    'The workspaces',
    left.filter((name) => name.includes('attempt')),
    [],
  )

  const journal = join(folder, 'commits.txt')
  const commits = existsSync(journal) ? lines(readFileSync(journal, 'utf8')) : []
  git('reflog', 'expire', '--expire=now', '--all')
  // Branches that the agents made of their own accord do not count as kept by Cueline.
  for (const branch of lines(git('for-each-ref', '--format=%(refname)', 'refs/heads/side-*'))) {
    git('update-ref', '-d', branch)
  }
  git('gc', '-q', '--prune=now')
  const known = execFileSync('git', ['cat-file', '--batch-check'], {
    cwd: repository,
    encoding: 'utf8',
    input: commits.join('\n'),
  })
  same(
    'Commits of agents that are gone',
    lines(known).filter((line) => !/ commit /.test(line)),
    [],
  )
  same(
    'The objects',
    git('fsck', '--no-dangling', '--no-reflogs', '--connectivity-only').trim(),
    '',
  )
  return { commits: commits.length, landed: landed.length }
}

/** What blobs hold, by one process for all of them. */
function contentsOf(repository: string, blobs: readonly string[]): ReadonlyMap<string, string> {
  const wanted = [...new Set(blobs)]
  const answer = execFileSync('git', ['cat-file', '--batch'], {
    cwd: repository,
    input: wanted.join('\n'),
  })
  const found = new Map<string, string>()
  // Of each: `object blob size`, a line feed, the content, a line feed.
  for (let at = 0; at < answer.length;) {
    const start = answer.indexOf('\n', at) + 1
    const [blob = '', , size = ''] = answer.subarray(at, start).toString().trim().split(' ')
    found.set(blob, answer.subarray(start, start + Number(size)).toString())
    at = start + Number(size) + 1
  }
  same('The blobs', found.size, wanted.length)
  return found
}

function same(what: string, found: unknown, wanted: unknown): void {
  const [one, other] = [found, wanted].map((value) =>
    JSON.stringify(value instanceof Map ? [...value].map(String).toSorted() : value),
  )
  if (one !== other) throw new Error(`${what}: there is ${one}, and should be ${other}.`)
}

function gitIn(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
}
