import type { Estimate, TaskPriority, TaskType } from '../task/task-spec.ts'
import { parseEstimate } from './parse-estimate.ts'
import { withoutEmphasis } from './without-emphasis.ts'

/** What the first line of a task says: `T1 [P] Parse the config (30m, after T2)`. */
export interface PlanLine {
  readonly id: string | undefined
  readonly title: string
  readonly estimate: { readonly value: Estimate; readonly words: string } | undefined
  /** Words that are written as an estimate and are none: `-5 min`, `20-10 min`. */
  readonly noEstimate: string | undefined
  /** Words that name what the task waits for, as written. */
  readonly waits: readonly string[]
  /** `[P]`: may run beside its neighbours. */
  readonly parallel: boolean
  /** `[US1]`: the user story it belongs to. */
  readonly story: string | undefined
  readonly priority: TaskPriority | undefined
  readonly type: TaskType | undefined
}

export interface PlanLineOptions {
  /** Whether a bare number at the start (`3.` or `1.2`) is the id. */
  readonly numbers: boolean
}

/** Reads the first line of a task. What is not understood stays in the title. */
export function readPlanLine(line: string, options: PlanLineOptions): PlanLine {
  const facts: Facts = { waits: [], parallel: false }
  let rest = unemphasised(line).trim()
  rest = takeTags(rest, facts)
  const { id, after } = takeId(rest, options)
  rest = takeTags(after, facts)
  rest = takeEnd(rest, facts)
  const { id: tag, noEstimate, estimate, story, priority, type, waits, parallel } = facts
  return {
    id: id ?? tag,
    title: rest,
    estimate,
    noEstimate,
    waits,
    parallel,
    story,
    priority,
    type,
  }
}

interface Facts {
  id?: string
  estimate?: { value: Estimate; words: string }
  noEstimate?: string
  readonly waits: string[]
  parallel: boolean
  story?: string
  priority?: TaskPriority
  type?: TaskType
}

function unemphasised(line: string): string {
  const words = withoutEmphasis(line)
  return words.startsWith('`') ? words.replace(/^`([^`\s]{1,60})`/, '$1') : words
}

const word = String.raw`[A-Za-z]{1,12}`
const digits = String.raw`\d{1,6}(?:\.\d{1,6}){0,6}[a-z]?`
const end = String.raw`(?=[\s:.)\]\u2013\u2014-]|$)`
/** `Task 4: …`, `Story 1.2 - …` */
const named = new RegExp(
  `^(?:task|ticket|issue|story|item)\\s{1,3}#?(${word}-?${digits}|${digits})${end}`,
  'i',
)
/** Clear by its form: `T1`, `T001`, `TASK-12`, `TSDK-001`, `US007`. */
const clear = new RegExp(
  `^(T${digits}|[A-Z][A-Za-z]{0,11}(?:-[A-Z]{1,8})?-${digits}|[A-Z]{1,4}0\\d{1,5})${end}`,
)
/** Clear only by what follows: `A1: …`, `api2 - …`. */
const marked = new RegExp(`^(${word}-?${digits}|[A-Z])(?=\\s{0,2}:\\s|\\s[\\u2013\\u2014-]\\s)`)
const dotted = new RegExp(String.raw`^(\d{1,4}(?:\.\d{1,4}){1,6})\.?(?=[\s:)\u2013\u2014-]|$)`)
const numbered = /^(\d{1,4})(?=[.:)]\s|\s[-\u2013\u2014]\s)/

function takeId(text: string, options: PlanLineOptions): { id: string | undefined; after: string } {
  const match =
    named.exec(text) ??
    clear.exec(text) ??
    marked.exec(text) ??
    (options.numbers ? (dotted.exec(text) ?? numbered.exec(text)) : null)
  if (match === null) return { id: undefined, after: text }
  const after = text.slice(match[0].length).replace(/^[\s:.)\u2013\u2014-]{1,5}/, '')
  return { id: match[1], after }
}

/** `[P]`, `[US1]`, `[T001]`, `[3h]` at the start; unknown tags stay. */
function takeTags(text: string, facts: Facts): string {
  let rest = text
  for (let tag = tagOf(rest); tag !== undefined; tag = tagOf(rest)) {
    if (!understood(tag.words, facts) && !idTag(tag.words, facts)) return rest
    rest = tag.after
  }
  return rest
}

function tagOf(text: string): { words: string; after: string } | undefined {
  const match = /^\[([^\][\n]{1,40})\]\s*/.exec(text)
  const words = match?.[1]
  return match === null || words === undefined
    ? undefined
    : { words, after: text.slice(match[0].length) }
}

function idTag(words: string, facts: Facts): boolean {
  const match = clear.exec(words)
  if (match === null || match[0].length !== words.length || facts.id !== undefined) return false
  facts.id = words
  return true
}

/** Groups in brackets, and ` - 3h`, at the end of the line; understood ones leave the title. */
function takeEnd(text: string, facts: Facts): string {
  let rest = text.trimEnd()
  for (let rounds = 0; rounds < 8; rounds++) {
    const shorter = takeGroup(rest, facts) ?? takeDash(rest, facts)
    if (shorter === undefined) return rest
    rest = shorter
  }
  return rest
}

function takeGroup(text: string, facts: Facts): string | undefined {
  const close = text.at(-1)
  if (close !== ')' && close !== ']') return undefined
  const start = text.lastIndexOf(close === ')' ? '(' : '[')
  if (start < 1 || text.length - start > 400) return undefined
  const words = text.slice(start + 1, -1)
  return understoodGroup(words, facts) ? text.slice(0, start).trimEnd() : undefined
}

function takeDash(text: string, facts: Facts): string | undefined {
  const tail = text.slice(-60)
  const match = /\s(?:[-\u2013\u2014|]\s{1,3}|(?=~))([^|\u2014]{1,40})$/.exec(tail)
  const words = match?.[1]?.trim()
  if (match === null || words === undefined || !/\d/.test(words)) return undefined
  const parsed = parseEstimate(words)
  if (parsed === undefined) noteNoEstimate(words, facts)
  if (parsed?.unit !== true || facts.estimate !== undefined) return undefined
  facts.estimate = { value: parsed.estimate, words }
  return text.slice(0, text.length - match[0].length).trimEnd()
}

const waitWords =
  /^(?:after|depends on|dependent on|depends|blocked by|needs|requires|deps)\s*:?\s+(.+)$/i

const moreIds =
  /^(?:and\s{1,3})?[A-Za-z]{0,12}-?\d[\w.-]{0,20}(?:\s{1,3}(?:and|&)\s{1,3}[A-Za-z]{0,12}-?\d[\w.-]{0,20}){0,5}$/i

/** `30m, after T2, T3`: parts by comma; a part after `after …` continues it when it is an id. */
function understoodGroup(words: string, facts: Facts): boolean {
  const found: Facts = { waits: [], parallel: false }
  let open = false
  let all = true
  for (const part of words.split(/[,;]/).map((text) => text.trim())) {
    const waits = waitWords.exec(part)?.[1]
    const last = found.waits.length - 1
    if (waits !== undefined) {
      found.waits.push(waits)
      open = true
    } else if (open && last >= 0 && moreIds.test(part)) {
      found.waits[last] += `, ${part.replace(/^and\s+/i, '')}`
    } else if (part !== '' && understood(part, found)) {
      open = false
    } else {
      all = false
    }
  }
  if (found.estimate !== undefined) facts.estimate ??= found.estimate
  if (found.noEstimate !== undefined) facts.noEstimate ??= found.noEstimate
  facts.waits.push(...found.waits)
  facts.parallel ||= found.parallel
  if (found.priority !== undefined) facts.priority ??= found.priority
  if (found.type !== undefined) facts.type ??= found.type
  if (found.story !== undefined) facts.story ??= found.story
  return all
}

function understood(words: string, facts: Facts): boolean {
  if (words === 'P' || /^parallel$/i.test(words)) {
    facts.parallel = true
    return true
  }
  if (/^US\d{1,4}$/i.test(words)) {
    facts.story ??= words.toUpperCase()
    return true
  }
  const priority = priorityOf(words.replace(/^priority\s*:?\s*/i, ''))
  if (priority !== undefined) {
    facts.priority ??= priority
    return true
  }
  const type = typeOf(words)
  if (type !== undefined) {
    facts.type ??= type
    return true
  }
  const named = words.replace(/^(?:estimate|est\.?|effort|time|duration)\s*:?\s*/i, '')
  const parsed = parseEstimate(named)
  if (parsed === undefined) noteNoEstimate(named, facts)
  if (parsed === undefined || !(parsed.unit || named !== words) || facts.estimate !== undefined) {
    return false
  }
  facts.estimate = { value: parsed.estimate, words }
  return true
}

/** What has a unit of time behind numbers, or behind what programs write for none, is meant as one. */
function noteNoEstimate(words: string, facts: Facts): void {
  if (words.length <= 60 && meantAsTime.test(words)) facts.noEstimate ??= words
}

const amount = String.raw`[-+]?(?:\d{1,20}(?:[.,]\d{1,20})?|nan|inf(?:inity)?|undefined|null)`
const unitOfTime = '(?:minutes?|mins?|min|m|hours?|hrs?|hr|h|std|days?|d|weeks?|wks?|w)'
const meantAsTime = new RegExp(
  `^[~≈]? ?${amount} ?${unitOfTime}?(?: ?(?:-|–|—|to|bis|\\.\\.) ?${amount})? ?${unitOfTime}\\.?$`,
  'i',
)

/** `high`, `P1`, `critical`, `medium` …; undefined for other words. */
export function priorityOf(words: string): TaskPriority | undefined {
  const text = words.trim().toLowerCase()
  if (/^(?:high|highest|critical|urgent|p0|p1)$/.test(text)) return 'high'
  if (/^(?:normal|medium|p2)$/.test(text)) return 'normal'
  return /^(?:low|lowest|p3|p4)$/.test(text) ? 'low' : undefined
}

/** `bug`, `docs`, `tests` … in the words of people; undefined for other words. */
export function typeOf(words: string): TaskType | undefined {
  const text = words.trim().toLowerCase()
  if (/^(?:feature|feat|story)$/.test(text)) return 'feature'
  if (/^(?:bugfix|bug|fix)$/.test(text)) return 'bugfix'
  if (/^(?:test|tests|testing)$/.test(text)) return 'test'
  if (/^(?:docs|doc|documentation)$/.test(text)) return 'docs'
  return /^(?:chore|refactor|refactoring|ci|build)$/.test(text) ? 'chore' : undefined
}
