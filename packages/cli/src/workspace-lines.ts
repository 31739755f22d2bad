import {
  formatDuration,
  type ParkedLane,
  printableText,
  type PrunableWork,
  type PrunedWorkspaces,
  renderTable,
  type WorkspaceExplanation,
  type WorkspaceView,
} from '@cueline/core'

import { shortId } from './short-id.ts'
import type { Terminal } from './terminal.ts'
import { wrapText } from './wrap-text.ts'

/** Workspaces and parked lanes, a line each. */
export function workspaceTable(
  workspaces: readonly WorkspaceView[],
  parked: readonly ParkedLane[],
  width: number,
): string[] {
  const now = Date.now()
  return renderTable(
    {
      title: '',
      columns: [
        { title: 'task', flexible: true },
        { title: 'attempt' },
        { title: 'state' },
        { title: 'age', align: 'right' },
        { title: 'changed', align: 'right' },
        // Copied into commands, so never cut.
        { title: 'where' },
      ],
      rows: [
        ...workspaces.map((each) => [
          each.task === null ? '?' : `${each.task} #${each.attempt}`,
          shortId(each.attemptId),
          each.inUse ? `${each.state}, in use` : each.state,
          each.startedAt === null ? '-' : formatDuration(Math.max(0, now - each.startedAt)),
          each.state === 'removed' ? '-' : String(each.changed.length),
          each.branch ?? each.path ?? each.kept[0]?.name ?? '-',
        ]),
        ...parked.map(({ lane, path, attemptId, parkedAt }) => [
          lane,
          shortId(attemptId),
          'parked',
          formatDuration(Math.max(0, now - parkedAt)),
          '-',
          path,
        ]),
      ],
    },
    width,
  )
}

/** Each two that contradict each other once, under the table. */
export function overlapLines(
  workspaces: readonly WorkspaceView[],
  width: number,
): readonly string[] {
  const told = new Set<string>()
  const lines: string[] = []
  for (const { attemptId, task, overlaps } of workspaces) {
    for (const { attemptId: other, task: otherTask, message } of overlaps ?? []) {
      const key = [attemptId, other ?? ''].toSorted((a, b) => a.localeCompare(b)).join(' ')
      if (told.has(key)) continue
      told.add(key)
      const who = other === null ? 'what has landed' : (otherTask ?? shortId(other))
      const text = `${task ?? shortId(attemptId)} and ${who} contradict each other as they stand: ${message}.`
      lines.push(...wrapText(printableText(text), width))
    }
  }
  return lines.length === 0 ? [] : ['', ...lines]
}

const mostPaths = 20

/** All that is known of one. */
export function explanationLines(
  found: WorkspaceExplanation,
  terminal: Terminal,
): readonly string[] {
  const { task, attempt, attemptId, state, changed, commits, branch, path, base, kept } = found
  const title = task === null ? attemptId : `${task}, attempt ${attempt} (${attemptId})`
  const lines = [terminal.style('bold', printableText(title))]
  const say = (name: string, text: string | null) => {
    if (text === null || text === '') return
    const [first = '', ...more] = wrapText(printableText(text), terminal.columns - 10)
    lines.push(`  ${name.padEnd(8)}${first}`, ...more.map((line) => `          ${line}`))
  }
  say('state', found.inUse ? `${state}, in use` : state)
  say('why', found.why)
  say('next', found.next)
  say('folder', path)
  say('branch', branch)
  say('base', base)
  say('commits', commits === 0 ? null : String(commits))
  if (state !== 'removed') {
    say(
      'changed',
      changed.length === 0
        ? 'nothing that has not landed'
        : changed.length === 1
          ? '1 file'
          : `${changed.length} files`,
    )
    for (const each of changed.slice(0, mostPaths)) lines.push(`          ${printableText(each)}`)
    if (changed.length > mostPaths) lines.push(`          … and ${changed.length - mostPaths} more`)
  }
  for (const { name } of kept) say('kept', name)
  const look = [...found.look, ...kept.flatMap((each) => each.look)]
  if (look.length > 0) lines.push('', 'Look at it:', ...look.map((each) => `  ${printableText(each)}`)) // prettier-ignore
  return lines
}

/** What was let go, or would be. */
export function prunedLines({ pruned, foreign, dryRun }: PrunedWorkspaces): readonly string[] {
  const lines: string[] = []
  const [last, records] = [true, false].map((wanted) =>
    pruned.filter(({ lastCopy }) => lastCopy === wanted),
  ) as [PrunableWork[], PrunableWork[]]
  const verb = dryRun ? 'Would let go' : 'Let go'
  for (const { name, commit, keptAt } of last) {
    const day = new Date(keptAt).toISOString().slice(0, 10)
    lines.push(`${verb} the work kept as ${name} (${commit}), of ${day}.`)
  }
  if (last.length > 0 && !dryRun) {
    lines.push(
      `Until git collects its garbage a branch brings one back: git branch <name> <commit>`,
    )
  }
  if (records.length > 0) {
    const counts = new Map<string, number>()
    for (const { kind } of records) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
    lines.push(
      `${verb} ${records.length === 1 ? '1 record' : `${records.length} records`}: ${kinds}.`,
    )
  }
  if (pruned.length === 0) lines.push('Nothing is old enough to be let go.')
  if (foreign.length > 0) {
    lines.push(
      `${foreign.length} kept of attempts that this project does not know: ${foreign.map(({ name }) => name).join(', ')}. They stay; prune them from the project that they are of.`,
    )
  }
  return lines
}
