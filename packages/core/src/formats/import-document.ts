import { requireGiven, requireList, requireObject, requireText } from '../plan/require-input.ts'
import { importBacklog, looksLikeBacklogTask } from './backlog-md.ts'
import { importBeads, importBeadsList, looksLikeBeads, looksLikeBeadsLines } from './beads.ts'
import { importCueline, looksLikeCueline } from './cueline-document.ts'
import { checkText, importLimits, unreadable } from './import-input.ts'
import type { ImportFile, ImportInput } from './import-input.ts'
import type { ImportRefusal, ImportResult } from './import-report.ts'
import { importMarkdown } from './markdown-plan.ts'
import { importPsplib, looksLikePsplib } from './psplib.ts'
import { readYaml } from './read-yaml.ts'
import { importStg, looksLikeStg } from './stg.ts'
import { importTaskMaster, looksLikeTaskMaster } from './task-master.ts'

/**
 * Reads a plan in any format we know, recognised by its content: Cueline JSON or YAML, Task Master
 * `tasks.json`, a beads export, a Backlog.md folder, a Markdown plan, Spec Kit's `tasks.md`,
 * a graph of the Standard Task Graph Set, a PSPLIB project.
 *
 * Defects of a plan - duplicate ids, cycles, dependencies on nothing - are kept for the planner to
 * name; nothing else is dropped without standing in the report. Linear in the size of the input.
 *
 * @throws CuelineError `invalid-input` for what no plan can be read from: the message names the
 *   input, says what was seen and what to do.
 */
export function importDocument(input: ImportInput): ImportResult {
  requireGiven('input', input, 'an object with name and text, or with files')
  if ('files' in input) {
    requireFiles(input.files)
    return importFolder(input.files)
  }
  requireText('name', input.name)
  requireText('text', input.text)
  return importText(input.name, input.text)
}

function requireFiles(files: unknown): void {
  requireList('files', files)
  for (const [at, file] of files.entries()) {
    requireObject(`files[${at}]`, file, 'an object with path and text')
    requireText(`files[${at}].path`, file['path'], 'a path')
    requireText(`files[${at}].text`, file['text'])
  }
}

function importText(name: string, given: string): ImportResult {
  checkText(name, given, importLimits.text)
  const text = given.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const start = text.trimStart().charAt(0)
  if (start === '{' || start === '[') {
    const fromJson = importJson(name, text)
    if (fromJson !== undefined) return fromJson
  }
  if (looksLikeStg(text)) return importStg(name, text)
  if (looksLikePsplib(text)) return importPsplib(name, text)
  checkText(name, text, importLimits.prose)
  if (looksLikeBacklogTask(text)) return importBacklog([{ path: name, text }])
  if (/\.ya?ml$/i.test(name)) return importYaml(name, readYaml(name, text))
  if (looksLikeYamlPlan(text)) {
    const value = yamlOrNothing(name, text)
    if (looksLikeCueline(value)) return importYaml(name, value)
  }
  return importMarkdown(name, text)
}

/** Undefined when the text only starts like JSON, as a Markdown link or a YAML list may. */
function importJson(name: string, text: string): ImportResult | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (looksLikeBeadsLines(text)) return importBeads(name, text)
    if (!/\.jsonl?$/i.test(name) && /^\s*\[[^{["\]\n]{0,80}\]/.test(text)) return undefined
    const said = error instanceof Error ? error.message.slice(0, 200) : String(error)
    throw unreadable(name, `is no valid JSON: ${said}`, 'Correct it and give it again', error)
  }
  if (Array.isArray(value) && value.some(looksLikeBeads)) return importBeadsList(value)
  if (looksLikeBeads(value)) return importBeads(name, JSON.stringify(value))
  if (looksLikeTaskMaster(value)) return importTaskMaster(value)
  if (looksLikeCueline(value)) return importCueline(value)
  throw unknownShape(name, value)
}

function importYaml(name: string, value: unknown): ImportResult {
  if (looksLikeTaskMaster(value)) return importTaskMaster(value)
  if (looksLikeCueline(value)) return importCueline(value)
  throw unknownShape(name, value)
}

function looksLikeYamlPlan(text: string): boolean {
  return /^tasks:[ \t]*(?:#.*|\[.*)?$/m.test(text) && !/^(?:```|~~~)/m.test(text)
}

function yamlOrNothing(name: string, text: string): unknown {
  try {
    return readYaml(name, text)
  } catch {
    // Markdown may hold a line `tasks:` too; it is read as Markdown then.
    return undefined
  }
}

function unknownShape(name: string, value: unknown): Error {
  const seen = Array.isArray(value)
    ? `a list of ${value.length}`
    : typeof value === 'object' && value !== null
      ? `an object with the keys ${Object.keys(value).slice(0, 8).join(', ').slice(0, 200) || '(none)'}`
      : JSON.stringify(value).slice(0, 60)
  return unreadable(
    name,
    `holds ${seen}, which is no plan we know`,
    'Give { "tasks": [{ "id": …, "title": … }] }, a Task Master tasks.json or a beads export',
  )
}

function importFolder(files: readonly ImportFile[]): ImportResult {
  if (files.length > importLimits.files) {
    const seen = `has ${files.length} files; at most ${importLimits.files} are read`
    throw unreadable('The folder', seen, 'Give the folder that holds the plan')
  }
  const size = files.reduce((sum, file) => sum + file.text.length, 0)
  if (size > importLimits.text) {
    const seen = `has ${size} characters; at most ${importLimits.text} are read`
    throw unreadable('The folder', seen, 'Give the folder that holds the plan')
  }
  const clean = files.map(({ path, text }) => ({
    path,
    text: text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'),
  }))
  if (clean.some(({ path, text }) => /\.md$/i.test(path) && looksLikeBacklogTask(text))) {
    return importBacklog(clean)
  }
  return importOnlyPlan(clean)
}

/** A folder that holds one plan among other files: those are named in the report. */
function importOnlyPlan(files: readonly ImportFile[]): ImportResult {
  const plans: { path: string; result: ImportResult }[] = []
  const others: { path: string; reason: string }[] = []
  for (const { path, text } of files) {
    try {
      plans.push({ path, result: importText(path, text) })
    } catch (error) {
      others.push({ path, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  const [plan, second] = plans
  if (plan === undefined) {
    const first = others[0] === undefined ? 'is empty' : `holds no plan. ${others[0].reason}`
    throw unreadable('The folder', first.replace(/\.$/, ''), 'Give the file that holds the plan')
  }
  if (second !== undefined) {
    const paths = plans.slice(0, 8).map(({ path }) => path)
    const seen = `holds ${plans.length} plans: ${paths.join(', ')}`
    throw unreadable('The folder', seen, 'Give one of these files')
  }
  const refused: ImportRefusal[] = others.map(({ path, reason }) => ({
    where: path,
    what: 'the file',
    reason,
    count: 1,
  }))
  const { report } = plan.result
  return { ...plan.result, report: { ...report, refused: [...report.refused, ...refused] } }
}
