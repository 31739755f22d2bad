// Which tests prove which requirement. Ids stand in docs/requirements.md, citations in `describe`
// titles (`[S0-05, S0-06]`), claims in docs/coverage.md. Exits 1 when a claimed id is cited by no
// test, a claim names a file that does not cite it, or a test cites an id that does not exist.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import ts from 'typescript'

import { sourceFiles } from './source-files.ts'

const root = process.cwd()
const id = /^(?:S[0-4]|X)-\d{2}$/
const problems: string[] = []

const requirements = new Map<string, string>()
for (const [, key = '', text = ''] of readText('docs/requirements.md').matchAll(
  /^- ((?:S\d|X)-\d+) (.+)$/gm,
)) {
  if (!id.test(key)) problems.push(`docs/requirements.md: "${key}" is not an id`)
  if (requirements.has(key)) problems.push(`docs/requirements.md: ${key} stands there twice`)
  requirements.set(key, text)
}
if (requirements.size === 0) problems.push('docs/requirements.md names no requirement')

const citing = new Map<string, Set<string>>()
for (const path of testFiles()) {
  for (const { title, line } of describeTitles(path)) {
    for (const key of citedIds(title, `${path}:${line}`)) {
      if (!requirements.has(key)) {
        problems.push(`${path}:${line}: cites ${key}, which docs/requirements.md does not know`)
      }
      citing.set(key, (citing.get(key) ?? new Set()).add(path))
    }
  }
}

const claims = new Set<string>()
for (const { key, tests, breaks, line } of coverageRows()) {
  const where = `docs/coverage.md:${line}`
  if (claims.has(key)) problems.push(`${where}: ${key} is claimed twice`)
  claims.add(key)
  const cited = citing.get(key)
  if (!requirements.has(key)) problems.push(`${where}: ${key} is no requirement`)
  if (cited === undefined) problems.push(`${where}: ${key} is claimed, but no test cites it`)
  if (tests.length === 0) problems.push(`${where}: ${key} names no test file`)
  for (const test of tests) {
    if (cited !== undefined && !cited.has(test)) {
      problems.push(`${where}: ${test} does not cite ${key}`)
    }
  }
  if (breaks.length < 10) problems.push(`${where}: ${key} does not say what would break it`)
}

for (const [key, text] of requirements) {
  const tests = [...(citing.get(key) ?? [])]
  const state = claims.has(key) ? 'claimed' : tests.length > 0 ? 'cited' : 'open'
  console.log(`${key}  ${state.padEnd(7)}  ${text.split(/[.:;]/)[0]}`)
  for (const test of tests) console.log(`         ${test}`)
}
for (const problem of problems) console.error(problem)
console.log(
  `requirements: ${requirements.size} ids, ${claims.size} claimed, ${citing.size} cited, ` +
    `${problems.length} problems`,
)
process.exitCode = problems.length > 0 ? 1 : 0

function readText(path: string) {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    problems.push(`${path} is missing`)
    return ''
  }
}

/** Test files, and the contract suites that test files run. */
function testFiles() {
  return ['packages', 'examples', 'tests', 'scripts'].flatMap((folder) =>
    sourceFiles(
      root,
      folder,
      (path) =>
        path.endsWith('.test.ts') || /^packages\/core\/src\/testing\/.*-suite\.ts$/.test(path),
    ),
  )
}

function describeTitles(path: string) {
  const source = ts.createSourceFile(path, readText(path), ts.ScriptTarget.ES2023, true)
  const titles: { title: string; line: number }[] = []
  const open: ts.Node[] = [source]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (ts.isCallExpression(node) && isDescribe(node.expression)) {
      const [title] = node.arguments
      if (
        title !== undefined &&
        (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))
      ) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
        titles.push({ title: title.getText(source).slice(1, -1), line: line + 1 })
      }
    }
    ts.forEachChild(node, (child) => void open.push(child))
  }
  return titles
}

/** `describe`, `describe.each(…)`, `runner.describe`, but not a function that ends alike. */
function isDescribe(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'describe'
  if (ts.isPropertyAccessExpression(callee)) {
    return callee.name.text === 'describe' || isDescribe(callee.expression)
  }
  return ts.isCallExpression(callee) && isDescribe(callee.expression)
}

function citedIds(title: string, where: string) {
  const cited: string[] = []
  for (const [bracket, inside = ''] of title.matchAll(/\[([^\]]*)\]/g)) {
    const words = inside.split(',').map((word) => word.trim())
    if (!words.some((word) => /^[SX]\d?-/.test(word))) continue
    for (const word of words) {
      if (id.test(word)) cited.push(word)
      else problems.push(`${where}: ${bracket} is not a list of ids such as [S0-05, X-01]`)
    }
  }
  return cited
}

/** Rows of the table: | id | test files, separated by commas | what would break it | */
function coverageRows() {
  const rows: { key: string; tests: string[]; breaks: string; line: number }[] = []
  for (const [index, line] of readText('docs/coverage.md').split('\n').entries()) {
    const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
    const key = cells[1] ?? ''
    if (!line.startsWith('|') || !/^[SX]\d?-\d+$/.test(key)) continue
    const tests = (cells[2] ?? '').split(/[,\s]+/).filter((test) => test !== '')
    rows.push({ key, tests, breaks: cells.slice(3).join(' ').trim(), line: index + 1 })
  }
  return rows
}
