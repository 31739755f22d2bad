import type { RunReport, StoredEvent } from '@cueline/core'

import { isUntouched, judgeCommits, pictureOf, takeOver, type LandedCommit } from './repository.ts'
import { runSuite } from './run-suite.ts'

export interface Place {
  /** The library: a repository whose `main` is checked out, or a plain folder. */
  readonly result: string
  /** Where commits are unpacked to be judged. */
  readonly scratch: string
  readonly branch: string
}

export interface Checked {
  readonly passes: boolean
  /** For the terminal. */
  readonly lines: readonly string[]
  /** More of the report, in Markdown. */
  readonly page: string
}

/** Whether a run did what it says: judged by the library and its history, not by what Cueline reports. */
export async function checkResult(
  { result, scratch, branch }: Place,
  isRepository: boolean,
  report: RunReport,
  events: readonly StoredEvent[],
  width: number,
): Promise<Checked> {
  const refusals = refusalsOf(report, events)
  const refused = refusals.map(({ says }) => labelled('Refused', says, width))
  const isWhole = report.tasks.done === report.tasks.total
  if (!isRepository) {
    const suite = await runSuite(result)
    return {
      passes: isWhole && suite.passes,
      lines: [...refused, labelled('The tests', suite.says, width)],
      page: pageOf(refusals, null),
    }
  }
  const untouched = isUntouched(result)
  const commits = await judgeCommits(result, branch, scratch)
  takeOver(result, branch)
  const suite = await runSuite(result)
  const wrong = [
    ...(untouched ? [] : ['The checkout was touched while agents worked.']),
    ...wrongCommits(commits, report),
  ]
  const picture = pictureOf(result, branch, width)
  const found =
    wrong.length === 0
      ? `the tests pass at each of the ${commits.length} commits of ${branch}, one per task.`
      : `not all is right with ${branch}. ${wrong.join(' ')}`
  return {
    passes: isWhole && suite.passes && wrong.length === 0,
    lines: [
      `git log --graph --oneline ${branch}`,
      picture,
      '',
      ...refused,
      labelled('The branch', found, width),
      labelled('The tests', `main has been brought up to ${branch}, and ${suite.says}.`, width),
    ],
    page: pageOf(refusals, `${found}\n\n\`\`\`\n${picture}\n\`\`\``),
  }
}

/** What of the history is not as it should be: a red commit, or tasks that are not in it just once. */
function wrongCommits(commits: readonly LandedCommit[], report: RunReport): string[] {
  const red = commits.filter(({ passes }) => !passes)
  const landed = commits.map(({ task }) => task).toSorted()
  const done = report.perTask.flatMap(({ task, status }) => (status === 'done' ? [task] : []))
  return [
    ...red.map(({ commit, subject, says }) => `${commit.slice(0, 7)} ${subject}: ${says}`),
    ...(landed.join() === done.toSorted().join()
      ? []
      : [`It holds ${landed.join(', ')}, and done are ${done.join(', ')}.`]),
  ]
}

interface Refusal {
  /** What was refused, and what became of it. */
  readonly says: string
  /** What contradicted what. */
  readonly evidence: string
}

/** Each merge that was refused, and which attempt resolved it. */
function refusalsOf(report: RunReport, events: readonly StoredEvent[]): Refusal[] {
  const codes = new Map<string, string>()
  const refusals: Refusal[] = []
  for (const event of events) {
    if (event.type === 'tasks.added') for (const { id, code } of event.tasks) codes.set(id, code)
    if (event.type !== 'attempt.failed' || event.failure.class !== 'merge-conflict') continue
    const { message, evidence } = event.failure
    const code = codes.get(event.taskId) ?? event.taskId
    const task = report.perTask.find((each) => each.task === code)
    const outcome = task?.status === 'done' ? `Attempt ${task.attempts} resolved it.` : ''
    refusals.push({ says: `${code}: ${message.split('\n')[0]} ${outcome}`.trimEnd(), evidence })
  }
  return refusals
}

function pageOf(refusals: readonly Refusal[], branch: string | null): string {
  const parts = [
    ...(refusals.length === 0 ? [] : ['## Refused merges']),
    ...refusals.flatMap(({ says, evidence }) => [says, evidence.replaceAll(/^/gm, '    ')]),
    ...(branch === null ? [] : ['## The branch', branch]),
  ]
  return parts.length === 0 ? '' : `\n${parts.join('\n\n')}\n`
}

/** A label and what it stands for, at most `width` columns wide. */
function labelled(label: string, text: string, width: number): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 14 > width && line !== '') lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line, at) => `${(at === 0 ? label : '').padEnd(13)}${line}`).join('\n')
}
