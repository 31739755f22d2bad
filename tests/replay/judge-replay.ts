import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { askGit } from './ask-git.ts'
import type { ChangedFile } from './changed-file.ts'
import { blobsOf, type HistoryWindow } from './read-window.ts'
import { codeOf, minutesOf, replayBranch, type Replayed } from './replay-window.ts'

export interface Judged {
  readonly commits: number
  /** Commits of the window that change no file, and so are no tasks. */
  readonly empty: number
  readonly lanes: number
  /** Dependencies: a change of lines, or of a file, that another commit of the window has made. */
  readonly dependencies: number
  /** Independent pairs that change a common file; and those of them that git cannot merge by itself. */
  readonly sharing: number
  readonly contradicting: number
  /** Independent pairs that the plan keeps apart; how many share a file, how many contradict. */
  readonly predicted: number
  readonly predictedSharing: number
  /** Predicted pairs that contradict each other, and that were never worked on at once. */
  readonly prevented: number
  /** Merges that were refused because of lines that contradict, and sent back by the gate. */
  readonly happened: number
  readonly misplaced: number
  /** Changes of protected paths, which a person approves. */
  readonly approvals: number
  readonly attempts: number
  readonly retries: number
  /** Tasks that have not landed just once; commits of the branch with other contents than history has. */
  readonly lost: readonly string[]
  readonly wrongCommits: readonly string[]
  /** The tree of the branch is that of the newest commit of the window. */
  readonly equal: boolean
  readonly outOfOrder: number
  /** From the first start to the last landing; and the modelled work alone, one after the other. */
  readonly wallMs: number
  readonly serialMs: number
  readonly speedup: number
  readonly plannedSpeedup: number | null
}

/** Holds what a replay has made against the history that it came from. */
export async function judgeReplay(
  clone: string,
  window: HistoryWindow,
  replayed: Replayed,
  { lanes, msPerMinute }: { readonly lanes: number; readonly msPerMinute: number },
  signal: AbortSignal,
): Promise<Judged> {
  const { report, events, landed } = replayed
  const serialMs =
    window.commits.reduce((sum, { lines }) => sum + minutesOf(lines), 0) * msPerMinute
  const { commits } = window
  const independent = independentPairs(window)
  const sharing = independent.filter(([one, other]) => commonFiles(window, one, other).length > 0)
  const contradicting = await contradictingPairs(window, sharing, signal)
  const keyOf = ([one, other]: readonly [number, number]) => one * commits.length + other
  const keys = (pairs: readonly (readonly [number, number])[]) => new Set(pairs.map(keyOf))
  const predicted = [...keys(replayed.predicted)].filter((key) => keys(independent).has(key))
  const failed = (kind: string) =>
    events.filter((event) => event.type === 'attempt.failed' && event.failure.class === kind).length
  const tasks = new Map<string, number>()
  for (const event of events) {
    if (event.type !== 'tasks.added') continue
    for (const { id, code } of event.tasks) tasks.set(id, Number(code.slice(1)) - 1)
  }
  const [shares, contradicts] = [keys(sharing), keys(contradicting)]
  const met = keys(pairsThatRanAtOnce(events, tasks))
  const prevented = predicted.filter((key) => contradicts.has(key) && !met.has(key))
  const times = new Map<number, number>()
  for (const commit of landed) times.set(commit, (times.get(commit) ?? 0) + 1)
  const trees = await askGit(clone, ['rev-parse', `${window.tip}^{tree}`, `${replayBranch}^{tree}`])
  const [wanted, found] = trees.trim().split('\n')
  return {
    commits: commits.length,
    empty: window.empty,
    lanes,
    dependencies: commits.reduce((sum, { needs }) => sum + needs.size, 0),
    sharing: sharing.length,
    contradicting: contradicting.length,
    predicted: predicted.length,
    predictedSharing: predicted.filter((key) => shares.has(key)).length,
    prevented: prevented.length,
    happened: failed('merge-conflict'),
    misplaced: failed('gate-failed'),
    approvals: report.requests,
    attempts: report.attempts,
    retries: report.attempts - report.attemptsByStatus.succeeded,
    lost: commits.flatMap((_commit, number) => {
      const count = times.get(number) ?? 0
      return count === 1 ? [] : [`${codeOf(number)} landed ${count} times`]
    }),
    wrongCommits: await wrongCommits(clone, window, signal),
    equal: wanted === found,
    outOfOrder: landed.filter((commit, at) => landed.slice(0, at).some((each) => each > commit))
      .length,
    wallMs: Math.round(report.wallMs),
    serialMs: Math.round(serialMs),
    speedup: serialMs / report.wallMs,
    plannedSpeedup: report.predicted?.speedup ?? null,
  }
}

/** Pairs of which neither waits for the other, also not by way of others; the earlier one first. */
function independentPairs({ commits }: HistoryWindow): (readonly [number, number])[] {
  const before: Set<number>[] = []
  for (const { needs } of commits) {
    const all = new Set(needs)
    for (const need of needs) for (const each of before[need] ?? []) all.add(each)
    before.push(all)
  }
  return before.flatMap((all, other) =>
    Array.from({ length: other }, (_none, one) => [one, other] as const).filter(
      ([one]) => !all.has(one),
    ),
  )
}

/** Pairs of tasks of which attempts were under way at the same moment. */
function pairsThatRanAtOnce(
  events: Replayed['events'],
  tasks: ReadonlyMap<string, number>,
): (readonly [number, number])[] {
  const running = new Map<string, number>()
  const met: (readonly [number, number])[] = []
  for (const event of events) {
    if (event.type === 'attempt.started') {
      const one = tasks.get(event.taskId) as number
      for (const other of running.values()) met.push([Math.min(one, other), Math.max(one, other)])
      running.set(event.attemptId, one)
    } else if ('attemptId' in event && isOver.has(event.type)) {
      running.delete(event.attemptId)
    }
  }
  return met
}

const isOver = new Set([
  'attempt.succeeded',
  'attempt.failed',
  'attempt.interrupted',
  'attempt.yielded',
])

function commonFiles({ commits }: HistoryWindow, one: number, other: number): string[] {
  const paths = new Set(commits[one]?.paths)
  return commits[other]?.paths.filter((path) => paths.has(path)) ?? []
}

/** Pairs that git cannot merge by itself when both start where all before the second, and the first not, is there. */
async function contradictingPairs(
  window: HistoryWindow,
  pairs: readonly (readonly [number, number])[],
  signal: AbortSignal,
): Promise<(readonly [number, number])[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'cueline-replay-merge-'))
  const found: (readonly [number, number])[] = []
  try {
    for (const pair of pairs) {
      const [one, other] = pair
      const base = new Set<number>()
      for (let each = 0; each < other; each++) {
        const { needs } = window.commits[each] as { needs: ReadonlySet<number> }
        // What waits for the first cannot be there before it.
        if (each !== one && [...needs].every((need) => base.has(need))) base.add(each)
      }
      const states = [base, new Set(base).add(one), new Set(base).add(other)]
      for (const path of commonFiles(window, one, other)) {
        const file = window.files.get(path) as ChangedFile
        if (
          await contradicts(
            scratch,
            states.map((state) => file.with(state)?.text ?? null),
            signal,
          )
        ) {
          found.push(pair)
          break
        }
      }
    }
    return found
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function contradicts(
  scratch: string,
  [base = null, one = null, other = null]: (string | null)[],
  signal: AbortSignal,
): Promise<boolean> {
  if (one === other || one === base || other === base) return false
  if (one === null || other === null) return true
  const files = ['one', 'base', 'other']
  for (const [at, text] of [one, base ?? '', other].entries()) {
    await writeFile(join(scratch, files[at] as string), text, 'latin1')
  }
  // Its exit code is the number of conflicts, or 255 for what has no lines.
  const answers = [0]
  return askGit(scratch, ['merge-file', '-p', '-q', ...files], { signal, answers }).then(
    () => false,
    () => !signal.aborted,
  )
}

/**
 * Goes along the branch, and holds every commit against history: what it changed must be exactly the
 * files as they are with the tasks that have landed by then.
 */
async function wrongCommits(
  clone: string,
  window: HistoryWindow,
  signal: AbortSignal,
): Promise<string[]> {
  const ask = (args: readonly string[], input = '') => askGit(clone, args, { signal, input })
  const format = '--format=%H %(trailers:key=Cueline-Task,valueonly,separator=%x2C)'
  const log = await ask([
    'log',
    '--first-parent',
    '--reverse',
    format,
    `${window.start}..${replayBranch}`,
  ])
  const landed = new Set<number>()
  const wrong: string[] = []
  let before = window.start
  for (const line of log.trim().split('\n')) {
    const [hash = '', code = ''] = line.split(' ')
    landed.add(Number(code.slice(1)) - 1)
    const raw = (await ask(['diff-tree', '-r', '-z', '--no-renames', before, hash])).split('\0')
    const changed = Array.from({ length: (raw.length - 1) / 2 }, (_none, at) => {
      const [, mode = '', , object = ''] = (raw[2 * at] as string).split(' ')
      const path = Buffer.from(raw[2 * at + 1] as string, 'latin1').toString('utf8')
      return { path, mode, object }
    })
    const there = changed.filter(({ mode }) => mode !== '000000')
    const blobs = blobsOf(
      await ask(['cat-file', '--batch'], there.map(({ object }) => `${object}\n`).join('')),
    )
    for (const { path, mode } of changed) {
      const state = window.files.get(path)?.with(landed) ?? null
      const text = mode === '000000' ? null : (blobs.shift() as string)
      if (state?.text === (text ?? undefined) && (state?.mode ?? '000000') === mode) continue
      wrong.push(`${hash.slice(0, 12)} (${code}): ${path}`)
    }
    before = hash
  }
  return wrong
}
