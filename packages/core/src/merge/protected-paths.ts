import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

import { isGlob, matchesGlob } from '../conflict/matches-glob.ts'
import { printableText } from '../report/printable-text.ts'

/**
 * Files that agents, editors, git or a build server obey: whoever changes one decides what runs on the
 * next machine that reads it. A name stands for itself at any depth, with a `/` at its end for the
 * folder and all that is in it.
 */
export const protectedPaths: readonly string[] = [
  // Instructions, settings, tools and hooks of agents.
  'AGENTS.md',
  'AGENTS.override.md',
  'CLAUDE.md',
  'CLAUDE.local.md',
  'GEMINI.md',
  'QWEN.md',
  '.agents/',
  '.claude/',
  '.codex/',
  '.cursor/',
  '.gemini/',
  '.opencode/',
  '.qwen/',
  '.windsurf/',
  '.mcp.json',
  'opencode.json',
  'opencode.jsonc',
  '.cursorrules',
  '.clinerules',
  '.windsurfrules',
  '.aider.conf.yml',
  '.github/copilot-instructions.md',
  '.github/instructions/',
  // What a build server runs.
  '.github/workflows/',
  '.github/actions/',
  '.gitlab-ci.yml',
  '.circleci/',
  // What git runs or fetches, here and in every clone.
  '.gitattributes',
  '.gitmodules',
  '.githooks/',
  '.husky/',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  // What an editor or a shell runs when it opens the folder.
  '.vscode/',
  '.idea/',
  '.devcontainer/',
  '.envrc',
]

/** What work would bring into the result. */
export interface WorkToLand {
  /** Paths that it adds, changes or deletes; a renamed one under both names. */
  readonly changed: readonly string[]
  /** Something that tells what such a path holds from anything else it might hold. */
  readonly contents?: ReadonlyMap<string, string>
  /** All links in it, changed or not, and where each leads. */
  readonly links?: ReadonlyMap<string, string>
}

export interface PathRules {
  /** What is protected; `protectedPaths` when left out. */
  readonly paths?: readonly string[] | undefined
  /** What of that may be changed all the same, written likewise. */
  readonly allow?: readonly string[] | undefined
  /** What the task declares to touch. Only what names a protected path counts, no `**`. */
  readonly touches?: readonly string[] | undefined
}

/**
 * The protected paths that work changes and nobody has allowed, sorted. Case, Unicode forms and the
 * characters that file systems ignore make no difference, and a file that a protected name leads to by
 * a link is protected too.
 */
export function protectedChanges(work: WorkToLand, rules: PathRules): readonly string[] {
  const { paths = protectedPaths, allow = [], touches = [] } = rules
  const isProtected = matcherOf(paths)
  const isAllowed = matcherOf(allow)
  const declared = touches.filter((touch) => isProtected(folded(touch)))
  const isDeclared = matcherOf(declared.map((touch) => `/${touch}`))
  const exact = new Set(touches.filter((touch) => !isGlob(touch)).map(folded))
  const leadingTo = linksByTarget(work.links ?? new Map())
  const links = new Set([...(work.links ?? new Map<string, string>()).keys()].map(folded))
  const isAbove = aboveMatcherOf(paths)
  const found = work.changed.filter((path) => {
    const own = folded(path)
    const names = namesOf(own, leadingTo)
    const guarded = names === null || names.some(isProtected) || (links.has(own) && isAbove(own))
    if (!guarded) return false
    if (exact.has(own)) return false
    return names === null || !names.some((name) => isAllowed(name) || isDeclared(name))
  })
  return found.toSorted()
}

/** What a person is asked: the same for the same contents, so that an answer holds for those only. */
export function approvalQuestion(
  code: string,
  paths: readonly string[],
  contents: ReadonlyMap<string, string> | undefined,
): string {
  const shown = paths.slice(0, mostShown).map(printableText)
  const more = paths.length > mostShown ? ` and ${paths.length - mostShown} more` : ''
  const text = paths.map((path) => `${path}\0${contents?.get(path) ?? ''}`).join('\0')
  const digest = bytesToHex(sha256(utf8ToBytes(text))).slice(0, digits)
  return `${printableText(code)} changes what is protected: ${shown.join(', ')}${more} (contents ${digest}). May it land?`
}

/** What a person may answer. */
export const approvalOptions = ['approve', 'refuse'] as const

export function approves(answer: string): boolean {
  return answer.trim().toLowerCase() === approvalOptions[0]
}

const mostShown = 20
const digits = 12

/** As the most forgiving file system compares names: HFS+ and NTFS leave characters out. */
function folded(path: string): string {
  return path
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('\\', '/')
    .replaceAll(ignored, '')
    .split('/')
    .map((name) => withoutEnd(name.split(':', 1)[0] ?? ''))
    .join('/')
}

/** Joiners, marks of direction and the byte order mark. */
const ignored = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]/g

/** Without the dots and spaces at the end of a name; `.` and `..` stay. */
function withoutEnd(name: string): string {
  let end = name.length
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end -= 1
  return end === 0 ? name : name.slice(0, end)
}

function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.flatMap((pattern) => {
    const rooted = pattern.startsWith('/')
    const plain = folded(pattern).replace(/^\//, '').replace(/\/$/, '')
    if (plain === '') return []
    if (!isGlob(plain)) {
      return rooted
        ? [(path: string) => path === plain || path.startsWith(`${plain}/`)]
        : [(path: string) => `/${path}/`.includes(`/${plain}/`)]
    }
    const whole = rooted ? plain : `**/${plain}`
    return [(path: string) => matchesGlob(whole, path) || matchesGlob(`${whole}/**`, path)]
  })
  return (path) => tests.some((test) => test(path))
}

/** Whether a path is a folder that a protected one is in: as a link it would lead all of it elsewhere. */
function aboveMatcherOf(patterns: readonly string[]): (path: string) => boolean {
  const above = patterns.flatMap((pattern) => {
    const parts = folded(pattern.replace(/^\//, '').replace(/\/$/, '')).split('/')
    return parts.slice(0, -1).map((_none, at) => parts.slice(0, at + 1).join('/'))
  })
  return (path) => above.some((each) => matchesGlob(`**/${each}`, path))
}

/** Links by what they lead to, both folded. */
function linksByTarget(links: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [path, to] of links) {
    const target = resolved(path, to)
    if (target === null) continue
    const known = found.get(target)
    if (known === undefined) found.set(target, [folded(path)])
    else known.push(folded(path))
  }
  return found
}

/** Where a link leads, from the top; null when it leads out. */
function resolved(path: string, to: string): string | null {
  if (to.startsWith('/')) return null
  const parts = folded(path).split('/').slice(0, -1)
  for (const part of folded(to).split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.join('/')
}

/**
 * All names under which a file can be reached by links, its own among them; null where there are too
 * many to look at.
 */
function namesOf(
  own: string,
  leadingTo: ReadonlyMap<string, readonly string[]>,
): readonly string[] | null {
  const names = new Set([own])
  if (leadingTo.size === 0) return [own]
  for (const name of names) {
    for (const folder of foldersOf(name)) {
      for (const link of leadingTo.get(folder) ?? []) {
        // A link to a folder that it is in makes names without end; one round of them is enough.
        if (name.startsWith(`${link}/`)) continue
        names.add(folder === '' ? `${link}/${name}` : `${link}${name.slice(folder.length)}`)
        if (names.size > mostNames) return null
      }
    }
  }
  return [...names]
}

/** The path itself, the folders it is in, and the top. */
function foldersOf(path: string): readonly string[] {
  const found = [path]
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    found.push(path.slice(0, at))
  }
  return [...found, '']
}

const mostNames = 256
