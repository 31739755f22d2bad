// Code in README.md and docs/ comes from files that run. A fence names its file and, if it shows a
// part, the region: ```ts file=examples/embed/main.ts#run. This compares both; `--write` updates
// the text instead. Exits 1 when they differ, or when a TypeScript fence names no file.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { sourceFiles } from './source-files.ts'

const root = process.cwd()
const write = process.argv.includes('--write')
const problems: string[] = []
let compared = 0
let updated = 0

const pages = ['README.md', ...sourceFiles(root, 'docs', (path) => path.endsWith('.md'))]
const scripts = readScripts()
for (const page of pages) {
  const text = read(page)
  if (text === undefined) continue
  const lines = text.split('\n')
  const result: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const fence = /^(\s*)(`{3,})([^`]*)$/.exec(line)
    if (fence === null) {
      result.push(line)
      continue
    }
    const [, indent = '', ticks = '', info = ''] = fence
    let end = at + 1
    while (end < lines.length && !(lines[end] ?? '').startsWith(indent + ticks)) end++
    if (end >= lines.length) {
      problems.push(`${page}:${at + 1}: this fence is never closed`)
    }
    const body = lines.slice(at + 1, end)
    const wanted = expectedBody(info.trim(), body, `${page}:${at + 1}`)
    result.push(line, ...wanted.map((code) => (code === '' ? '' : indent + code)))
    if (end < lines.length) result.push(lines[end] ?? '')
    at = end
  }
  const next = result.join('\n')
  if (next !== text) {
    updated++
    if (write) writeFileSync(join(root, page), next)
  }
}

for (const problem of problems) console.error(problem)
console.log(
  `snippets: ${pages.length} pages, ${compared} fences from files, ` +
    `${write ? `${updated} pages updated, ` : ''}${problems.length} problems`,
)
process.exitCode = problems.length > 0 ? 1 : 0

/** What should stand in the fence; what already stands there when no file is behind it. */
function expectedBody(info: string, body: readonly string[], where: string): readonly string[] {
  const language = info.split(/\s/)[0] ?? ''
  const from = /(?:^|\s)file=(\S+)/.exec(info)?.[1]
  if (from === undefined) {
    if (/^(ts|tsx|typescript|js|javascript|mjs)$/.test(language) && !/\ssketch$/.test(info)) {
      problems.push(`${where}: name the file it comes from (\`ts file=path#region\`)`)
    }
    if (/^(sh|bash|shell|console)$/.test(language)) checkCommands(body, where)
    return body
  }
  compared++
  const code = codeOf(from, where)
  if (code === undefined) return body
  const shown = body.map((line) => line.trimEnd())
  if (!write && code.join('\n') !== shown.join('\n')) {
    problems.push(`${where}: differs from ${from}; \`npm run snippets -- --write\` updates it`)
  }
  return code
}

function codeOf(from: string, where: string): readonly string[] | undefined {
  const [path = '', region] = from.split('#')
  if (path.startsWith('/') || path.split('/').includes('..')) {
    problems.push(`${where}: ${path} is not a path inside this repository`)
    return undefined
  }
  const text = read(path)
  if (text === undefined) {
    problems.push(`${where}: ${path} does not exist`)
    return undefined
  }
  const lines = text.trimEnd().split('\n')
  const begin = (line: string) => /^\s*(?:\/\/|#|<!--)\s*#region\s+(\S+)/.exec(line)?.[1]
  const isMarker = (line: string) => /^\s*(?:\/\/|#|<!--)\s*#(?:end)?region\b/.test(line)
  if (region === undefined) return lines.filter((line) => !isMarker(line))
  const start = lines.findIndex((line) => begin(line) === region)
  if (start < 0) {
    problems.push(`${where}: ${path} has no \`#region ${region}\``)
    return undefined
  }
  const length = lines
    .slice(start + 1)
    .findIndex((line) => /#endregion\b/.test(line) && endsRegion(line, region))
  if (length < 0) {
    problems.push(`${where}: \`#region ${region}\` of ${path} never ends`)
    return undefined
  }
  const code = lines.slice(start + 1, start + 1 + length).filter((line) => !isMarker(line))
  const indents = code
    .filter((line) => line !== '')
    .map((line) => /^ */.exec(line)?.[0].length ?? 0)
  const common = Math.min(...indents, 100)
  return code.map((line) => line.slice(common).trimEnd())
}

/** `#endregion name` ends that region; without a name it ends whichever is open. */
function endsRegion(line: string, region: string) {
  const name = /#endregion\s*([\w-]*)/.exec(line)?.[1] ?? ''
  return name === '' || name === region
}

/** A command that a page shows must exist. */
function checkCommands(body: readonly string[], where: string) {
  for (const line of body) {
    const name = /\bnpm run (?:-s |--silent )?([\w:-]+)/.exec(line)?.[1]
    if (name !== undefined && !scripts.has(name)) {
      problems.push(`${where}: \`npm run ${name}\` does not exist`)
    }
  }
}

function readScripts() {
  const manifest: unknown = JSON.parse(read('package.json') ?? '{}')
  const named =
    typeof manifest === 'object' && manifest !== null && 'scripts' in manifest
      ? manifest.scripts
      : undefined
  return new Set(Object.keys(named ?? {}))
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}
