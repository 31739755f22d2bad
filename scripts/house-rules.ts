// Rules of CONTRIBUTING.md that no linter knows. Run in the root of a checkout; exits 1 and names
// file and line when one is broken.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import ts from 'typescript'

import { sourceFiles } from './source-files.ts'

const root = process.cwd()
const pureFolder =
  /^packages\/core\/src\/(task|plan|conflict|staging|formats|limit|merge|expertise|report)\//
/** Names that make a function depend on when, where or how often it runs. */
const impure = new Set([
  'Date',
  'Promise',
  'crypto',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
])
const emptyNames = /\/(utils?|types|helpers?|common)(\/|\.ts$)/
const suppression =
  /(?:oxlint-disable|eslint-disable|@ts-ignore|@ts-expect-error|@ts-nocheck|v8 ignore|oxfmt-ignore)\S*(.*)/
const zodByName = /^\s*import\s+(?!type\b|\*).*\bfrom 'zod'/
const unfinished = /\b(?:TODO|FIXME|XXX)\b/

const problems: string[] = []
const files = ['packages', 'examples', 'tests', 'benchmarks', 'scripts'].flatMap((folder) =>
  sourceFiles(root, folder, (path) => /\.(ts|mts|mjs|js)$/.test(path)),
)
for (const path of files) {
  if (emptyNames.test(path)) problems.push(`${path}: name the concept, not the kind of file`)
  const text = readFileSync(join(root, path), 'utf8')
  // This file has to spell what it forbids.
  if (!path.startsWith('scripts/house-rules')) checkComments(path, text)
  if (pureFolder.test(path) && !/\.(test|arbitrary)\.ts$/.test(path)) checkPure(path, text)
}

for (const problem of problems) console.error(problem)
console.log(`house rules: ${files.length} files, ${problems.length} problems`)
if (files.length === 0) console.error('No source file found: run this in the root of a checkout.')
process.exitCode = problems.length > 0 || files.length === 0 ? 1 : 0

function checkComments(path: string, text: string) {
  for (const [index, line] of text.split('\n').entries()) {
    const where = `${path}:${index + 1}`
    if (unfinished.test(line)) problems.push(`${where}: finish it, or open an issue instead`)
    if (zodByName.test(line)) {
      problems.push(
        `${where}: write \`import * as z from 'zod'\`; \`z\` keeps all of zod in a bundle`,
      )
    }
    const reason = suppression.exec(line)?.[1]
    if (reason !== undefined && !/(?:--|:)\s*\S{3,}|\s\S+\s\S+\s\S+/.test(reason)) {
      problems.push(`${where}: a suppression needs its reason beside it (\`-- why\`)`)
    }
  }
}

/** Pure folders are synchronous functions of their arguments: replay and shrinking rest on it. */
function checkPure(path: string, text: string) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
  const report = (node: ts.Node, what: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    problems.push(`${path}:${line + 1}: ${what} in a pure folder; take it as an argument`)
  }
  const open: ts.Node[] = [source]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) {
      report(node, 'asynchronous code')
    } else if (ts.isIdentifier(node) && impure.has(node.text) && isValue(node)) {
      report(node, node.text)
    } else if (ts.isPropertyAccessExpression(node) && node.getText(source) === 'Math.random') {
      report(node, 'Math.random')
    }
    ts.forEachChild(node, (child) => void open.push(child))
  }
}

/** Whether the name stands for the global thing, not for a property, a key or a type. */
function isValue(node: ts.Identifier) {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return !(
    ts.isTypeReferenceNode(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isParameter(parent)
  )
}
