import { namesOf, partsOf, plainName } from './words.ts'

/** What a text names: every list without doubles, in order of appearance. */
export interface NamesInText {
  /** Path-like tokens, case kept: with a slash, or `name.ext`. */
  readonly paths: readonly string[]
  /** camelCase, PascalCase, snake_case and kebab-case names of two or more parts, as written. */
  readonly identifiers: readonly string[]
  /** Plain forms of single words and of two or three neighbouring words, with the number of words. */
  readonly phrases: ReadonlyMap<string, number>
}

const longestText = 40_000
const longestToken = 300

/**
 * Reads the names out of a text in linear time. A path token is a run without white space, quotes or
 * brackets, rid of punctuation at its end, of a line number and of `./` before it; web addresses,
 * versions and numbers are no paths.
 */
export function namesInText(text: string): NamesInText {
  const paths = new Set<string>()
  const identifiers = new Set<string>()
  const phrases = new Map<string, number>()
  for (const token of text.slice(0, longestText).split(/[\s`'"<>()[\]{}|,;*]+/u)) {
    if (token.length < 3 || token.length > longestToken) continue
    const path = pathOf(token)
    if (path !== undefined) paths.add(path)
    if (/^[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)+$/u.test(token)) identifiers.add(token)
  }
  let before = ''
  let beforeThat = ''
  for (const name of namesOf(text)) {
    const plain = plainName(name)
    if (plain === '') continue
    if (name.length <= 100 && partsOf(name).length > 1) identifiers.add(name)
    phrases.set(plain, 1)
    if (before !== '') keepLeast(phrases, before + plain, 2)
    if (beforeThat !== '') keepLeast(phrases, beforeThat + before + plain, 3)
    beforeThat = before
    before = plain
  }
  return { paths: [...paths], identifiers: [...identifiers], phrases }
}

function keepLeast(phrases: Map<string, number>, phrase: string, words: number) {
  if (phrase.length <= 100 && !phrases.has(phrase)) phrases.set(phrase, words)
}

/** The token as a path, or undefined when it is none. */
function pathOf(token: string): string | undefined {
  let path = token
  while (path !== '' && '.:!?='.includes(path.at(-1)!)) path = path.slice(0, -1)
  const line = /^(.{1,290}?):\d[\d:-]*$/u.exec(path)
  if (line !== null) path = line[1]!
  if (path.includes('://') || path.includes('@')) return undefined
  while (path.startsWith('./') || path.startsWith('../')) path = path.slice(path.indexOf('/') + 1)
  if (path.startsWith('/')) path = path.slice(1)
  if (path.length < 3 || !/[\p{L}]/u.test(path)) return undefined
  const file = path.slice(path.lastIndexOf('/') + 1)
  const dot = file.lastIndexOf('.')
  const extension = dot === -1 ? '' : file.slice(dot + 1)
  const named = dot !== -1 && /^\p{L}[\p{L}\p{N}]{0,9}$/u.test(extension)
  if (!named && !path.includes('/')) return undefined
  return /^[\p{L}\p{N}._/@+$~-]+$/u.test(path) ? path : undefined
}
