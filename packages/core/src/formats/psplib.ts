import { unreadable } from './import-input.ts'
import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { setMinutes } from './stg.ts'
import { addWait, finishImport, newDraft } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

/**
 * Reads a project of PSPLIB (`.sm`, and the first mode of `.mm`): its sections *precedence
 * relations*, *requests/durations* and *resource availabilities*. The empty first and last job are
 * left out. A period becomes a minute; renewable resources become `resources` named `R1`, `R2` …, and
 * what there is of them becomes the result's `capacities`.
 *
 * @throws CuelineError `invalid-input`, naming the line, for a row that does not follow the format.
 */
export function importPsplib(name: string, text: string): ImportResult {
  const report = startReport('psplib')
  const sections = readSections(text, report)
  const jobs = readJobs(name, sections.precedence)
  const { names, times } = readTimes(name, sections.requests, jobs, report)
  const capacities = readCapacities(name, sections.availabilities, report)

  const ids = [...jobs.keys()]
  const left = new Set(
    [ids[0], ids.at(-1)].filter((id): id is string => {
      const time = id === undefined ? undefined : times.get(id)
      return time?.duration === 0 && time.requests.every((request) => request === 0)
    }),
  )
  for (const id of left) {
    report.refused(`job ${id}`, `job ${id}`, 'is the empty first or last job of the format')
  }
  const drafts = new Map<string, TaskDraft>()
  for (const [id, { line }] of jobs) {
    const time = times.get(id)
    if (time === undefined) throw misread(name, line, `job ${id} has no duration`)
    if (left.has(id)) continue
    const draft = newDraft(id, `Job ${id}`, line)
    drafts.set(id, draft)
    report.mapped('job', 'id')
    setMinutes(draft, time.duration, report)
    const requests = names.flatMap((resource, at): [string, number][] => {
      const amount = time.requests[at] ?? 0
      return amount > 0 && renewable(resource, report) ? [[resource, amount]] : []
    })
    if (requests.length === 0) continue
    draft.resources = Object.fromEntries(requests)
    report.mapped('requests', 'resources')
  }
  for (const [id, { successors, line }] of jobs) {
    if (left.has(id)) continue
    for (const successor of successors) {
      if (left.has(successor)) continue
      const draft = drafts.get(successor)
      if (draft === undefined)
        throw misread(name, line, `names job ${successor}, which is not there`)
      if (addWait(draft, id)) report.mapped('successor', 'dependsOn')
      else report.refused(`job ${id}`, `successor ${successor}`, 'stands there twice')
    }
  }
  const result = finishImport('psplib', {}, [...drafts.values()], report)
  return { ...result, capacities }
}

/** A line of asterisks first, and the two sections that every file of the format has. */
export function looksLikePsplib(text: string): boolean {
  return (
    /^\s*\*{10,}[ \t]*$/m.exec(text.slice(0, 1000))?.index === 0 &&
    /^PRECEDENCE RELATIONS:/m.test(text) &&
    /^REQUESTS\/DURATIONS:/m.test(text)
  )
}

interface Line {
  readonly text: string
  readonly number: number
}

interface Sections {
  readonly precedence: Line[]
  readonly requests: Line[]
  readonly availabilities: Line[]
}

const sectionNames: readonly (readonly [RegExp, keyof Sections])[] = [
  [/^PRECEDENCE RELATIONS:/, 'precedence'],
  [/^REQUESTS\/DURATIONS:/, 'requests'],
  [/^RESOURCE ?AVAILABILITIES:/, 'availabilities'],
]

function readSections(text: string, report: ReportDraft): Sections {
  const sections: Sections = { precedence: [], requests: [], availabilities: [] }
  let current: Line[] | null = null
  for (const [index, source] of text.split('\n').entries()) {
    const content = source.trim()
    if (content === '' || /^-+$/.test(content)) continue
    const found = sectionNames.find(([pattern]) => pattern.test(content))
    if (found !== undefined) current = sections[found[1]]
    else if (content.startsWith('***')) current = null
    else if (current !== null) current.push({ text: content, number: index + 1 })
    else {
      const what = 'a line outside of the three sections'
      report.refusedField(`line ${index + 1}`, what, 'has no place in a plan')
    }
  }
  return sections
}

interface Job {
  readonly modes: number
  readonly successors: readonly string[]
  readonly line: number
}

/** Below the heads: job, number of modes, number of successors, successors. */
function readJobs(name: string, [, ...rows]: readonly Line[]): Map<string, Job> {
  const jobs = new Map<string, Job>()
  for (const row of rows) {
    const [id, modes, count, ...successors] = numbersOf(name, row)
    if (id === undefined || modes === undefined || count !== successors.length) {
      const says = `says ${count ?? 'nothing'} and names ${successors.length} successors`
      throw misread(name, row.number, says)
    }
    const key = String(id)
    if (jobs.has(key)) throw misread(name, row.number, `names job ${key} a second time`)
    jobs.set(key, { modes, successors: successors.map(String), line: row.number })
  }
  return jobs
}

interface Time {
  readonly duration: number
  readonly requests: readonly number[]
}

/** Below the heads: job, mode, duration, requests; further modes of a job leave the job out. */
function readTimes(
  name: string,
  [heads, ...rows]: readonly Line[],
  jobs: ReadonlyMap<string, Job>,
  report: ReportDraft,
) {
  const names = resourceNames(heads?.text ?? '')
  const times = new Map<string, Time>()
  let further = 0
  for (const row of rows) {
    const numbers = numbersOf(name, row)
    if (further > 0 && numbers.length === names.length + 2) {
      further--
      report.refusedField(`line ${row.number}`, 'a further mode', 'a task has one way to be done')
      continue
    }
    const [id, , duration, ...requests] = numbers
    const key = String(id)
    const job = jobs.get(key)
    if (duration === undefined || requests.length !== names.length || job === undefined) {
      const what =
        job === undefined ? `names job ${key}, which is not there` : 'has too few numbers'
      throw misread(
        name,
        row.number,
        requests.length > names.length ? 'has too many numbers' : what,
      )
    }
    if (times.has(key)) throw misread(name, row.number, `names job ${key} a second time`)
    times.set(key, { duration, requests })
    further = job.modes - 1
    if (further > 0) {
      report.guessed({
        task: key,
        what: 'estimate',
        value: 'its first mode',
        evidence: `${job.modes} modes`,
        line: row.number,
      })
    }
  }
  return { names, times }
}

function readCapacities(
  name: string,
  [heads, row]: readonly Line[],
  report: ReportDraft,
): Record<string, number> {
  if (heads === undefined || row === undefined) return {}
  const names = resourceNames(heads.text)
  const amounts = numbersOf(name, row)
  if (amounts.length !== names.length) {
    throw misread(name, row.number, `holds ${amounts.length} amounts of ${names.length} resources`)
  }
  return Object.fromEntries(
    names.flatMap((resource, at): [string, number][] => {
      if (!renewable(resource, report)) return []
      report.mapped('availability', 'capacities')
      return [[resource, amounts[at] ?? 0]]
    }),
  )
}

function renewable(resource: string, report: ReportDraft): boolean {
  if (resource.startsWith('R')) return true
  report.refusedField(resource, resource, 'is no renewable resource: it is used up')
  return false
}

/** `R 1  R 2  N 1` as `R1`, `R2`, `N1`. */
function resourceNames(heads: string): string[] {
  return [...heads.matchAll(/\b([RND]) ?(\d{1,4})\b/g)].map(([, kind, nth]) => `${kind}${nth}`)
}

function numbersOf(name: string, { text, number }: Line): number[] {
  return text.split(/\s+/).map((word) => {
    if (/^\d{1,15}$/.test(word)) return Number(word)
    throw misread(name, number, `holds ${JSON.stringify(word.slice(0, 40))}`)
  })
}

function misread(name: string, line: number, seen: string): Error {
  return unreadable(
    name,
    `is no PSPLIB project: line ${line} ${seen}`,
    'Give the file as the library publishes it',
  )
}
