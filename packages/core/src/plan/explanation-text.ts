import type { TaskExplanation } from './explain.ts'
import { atMinute, inMinutes } from './in-minutes.ts'
import { named } from './named.ts'
import type { Plan } from './plan.ts'

/** An explanation in words. */
export function textOf(found: Omit<TaskExplanation, 'text'>, plan: Plan): string {
  const { task, start, finish, lane, waitsFor, unlocks, slack, overtakenBy } = found
  const lines = [
    `${named([task])} runs from ${atMinute(start)} to ${atMinute(finish)} on lane ${lane}: ${reasonOf(found, plan)}.`,
  ]
  const others = waitsFor.filter(({ binding }) => !binding)
  if (waitsFor.length === 0) lines.push('It waits for no other task.')
  else if (others.length > 0 && found.decidedBy.kind === 'dependencies') {
    const are = others.length === 1 ? 'is' : 'are'
    lines.push(
      `It waits for ${named(others.map((other) => other.task))}, too, which ${are} finished before.`,
    )
  } else if (found.decidedBy.kind !== 'dependencies') {
    lines.push(`It waits for ${named(waitsFor.map((other) => other.task))}.`)
  }
  lines.push(...inferredLines(found))
  if (overtakenBy.length > 0 && found.decidedBy.kind === 'workers') {
    lines.push(`While it waited for its turn, ${named(overtakenBy)} went first.`)
  }
  lines.push(...conflictLines(found))
  lines.push(
    found.critical
      ? 'It is critical: when it starts later, no number of workers makes up for it.'
      : `It may start ${inMinutes(slack)} late before the critical path grows.`,
  )
  if (unlocks.directly.length === 0) lines.push('No task waits for it.')
  else {
    const free =
      unlocks.last.length === 0
        ? ''
        : ` ${named(unlocks.last)} can start as soon as it is finished.`
    lines.push(
      `${named(unlocks.directly)} ${unlocks.directly.length === 1 ? 'waits' : 'wait'} for it.${free}`,
    )
    if (unlocks.behind > unlocks.directly.length) {
      lines.push(`${unlocks.behind} tasks in all stand behind it.`)
    }
  }
  if (!found.estimated) {
    lines.push(`Its ${inMinutes(found.estimate)} are assumed: it has no estimate of its own.`)
  }
  return lines.join(' ')
}

/** Which of its dependencies nobody declared, in a sentence for each of the first. */
function inferredLines({ waitsFor }: Omit<TaskExplanation, 'text'>): string[] {
  const guessed = waitsFor.flatMap(({ task, inferred }) =>
    inferred === undefined ? [] : [{ task, ...inferred }],
  )
  const lines = guessed
    .slice(0, most)
    .map(
      ({ task, source, confidence, evidence }) =>
        `That it waits for ${named([task])} is only inferred: ${evidence.slice(0, 200)} (${source}${sureness(confidence)}).`,
    )
  const more = guessed.length - lines.length
  return more > 0 ? [...lines, `${more} more of them are inferred.`] : lines
}

/** Why the plan keeps it apart from others, in a sentence for each of the first. */
function conflictLines({ task, conflicts }: Omit<TaskExplanation, 'text'>): string[] {
  const lines = conflicts.slice(0, most).map((conflict) => {
    const { with: rival, allowed, kind, confidence, evidence } = conflict
    const known = kind === undefined ? '' : ` (${kind}${sureness(confidence)})`
    const why = evidence.length === 0 ? '' : `: ${evidence[0]!.slice(0, 200)}`
    return allowed
      ? `It may run beside ${named([rival])} although they conflict${why}${known}.`
      : `${named([task])} and ${named([rival])} are kept apart${why}${known}.`
  })
  const more = conflicts.length - lines.length
  return more > 0 ? [...lines, `${more} more conflicts are known.`] : lines
}

/** Conflicts, and inferred dependencies, that are told in words. */
const most = 3

function sureness(confidence: number | undefined): string {
  return confidence === undefined || confidence === 1 ? '' : `, ${Math.round(confidence * 100)} %`
}

function reasonOf(
  { decidedBy }: Omit<TaskExplanation, 'text'>,
  { workers, laneCap }: Plan,
): string {
  const { kind, tasks } = decidedBy
  const finish = tasks.length === 1 ? 'finishes' : 'finish'
  switch (kind) {
    case 'nothing':
      return 'the plan starts with it'
    case 'dependencies':
      return `it waits for ${named(tasks)}, which ${finish} then`
    case 'workers':
      return `all ${laneCap < workers ? 'lanes are taken' : 'workers are busy'} until ${named(tasks)} ${finish}`
    case 'barrier':
      return 'the barrier holds it back until all that was started before it is finished'
    case 'conflicts':
      return `it is kept apart from ${named(tasks)}, which ${finish} then`
    case 'shared':
      return `it shares resources with ${named(tasks)}, which ${finish} then`
    case 'order':
      return 'the order chosen leaves it for later'
  }
}
