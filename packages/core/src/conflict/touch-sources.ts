import type { ChangeHistory, Neighbour } from './change-history.ts'
import type { FileIndex } from './file-index.ts'
import { namesInText, type NamesInText } from './names-in-text.ts'
import { stopWords, wordsOf } from './words.ts'

/**
 * What speaks for a file, each a score from 0 to 1 over all files:
 * - `path`: the text holds the path; `suffix`: its end, or the file's name with its extension;
 * - `name`: an identifier or phrase of the text is the name of the file without its extension;
 * - `folder`: a word or phrase of the text names a folder above it;
 * - `words`: words of the path stand in the text (BM25); `titleWords`: in the title;
 * - `profile`: the text resembles the words of the file's past changes;
 * - `similar`: the nearest past changes by text touched it; `similarTitle`: by title alone;
 * - `covered`: the text holds most of the words of its path, rare ones counting more;
 * - `place`: the title names both its folder and its name;
 * - `kind`: changes of this type touch files of its kind (test, document, …);
 * - `scope`: changes with the same conventional-commit scope touched it; `type`: of the same type;
 * - `recent`, `popular`: it changed lately, often;
 * - `together`: it changes together with the best guesses of the others;
 * - `companion`: it bears the same name as one of them, as a test does;
 * - `fitting`: the guess of the others where the kind of file fits;
 * - `area`: its folder collects many of the guesses;
 * - `host`: the host's own prediction.
 */
export const touchSources = [
  'path',
  'suffix',
  'name',
  'folder',
  'words',
  'titleWords',
  'covered',
  'place',
  'kind',
  'profile',
  'similar',
  'similarTitle',
  'scope',
  'type',
  'recent',
  'popular',
  'together',
  'companion',
  'fitting',
  'area',
  'host',
] as const
export type TouchSource = (typeof touchSources)[number]

export interface TouchQuery {
  readonly title: string
  readonly text: string
  /** Paths with the host's own confidence from 0 to 1. */
  readonly host: ReadonlyMap<string, number>
}

export interface SourceScores {
  readonly scores: Readonly<Record<TouchSource, Float64Array>>
  readonly neighbours: readonly Neighbour[]
  readonly paths: ReadonlyMap<number, string>
  readonly names: NamesInText
  readonly scopes: readonly string[]
}

/** Weights of the first guess, which `together`, `companion` and `area` build on. */
const firstGuess: Partial<Record<TouchSource, number>> = {
  path: 2,
  suffix: 1,
  name: 0.6,
  words: 0.4,
  titleWords: 0.4,
  profile: 1,
  similar: 1.2,
  similarTitle: 0.8,
  scope: 0.7,
  covered: 0.8,
  place: 0.8,
  recent: 0.2,
}

/** Scores every file by every source; each source is divided by its greatest score. */
export function scoreTouches(
  query: TouchQuery,
  files: FileIndex,
  history: ChangeHistory,
): SourceScores {
  const size = files.size()
  const scores = Object.fromEntries(
    touchSources.map((source) => [source, new Float64Array(size)]),
  ) as Record<TouchSource, Float64Array>
  const names = namesInText(`${query.title}\n${query.text}`)
  const { type, scopes } = conventionalParts(query.title)

  const paths = new Map<number, string>()
  for (const path of names.paths) {
    const { files: named, how } = files.named(path)
    for (const file of named) {
      const share = 1 / Math.sqrt(named.length)
      if (share > scores[how][file]!) {
        scores[how][file] = share
        paths.set(file, path)
      }
    }
  }
  files.scoreNames(names, scores.name)
  files.scoreFolders(names, scores.folder)
  const titleWords = weightedWords(query.title, '')
  const words = weightedWords(query.title, query.text)
  files.scoreWords(words, scores.words)
  files.scoreWords(titleWords, scores.titleWords)
  files.scoreCovered(words, scores.covered)
  scorePlace(namesInText(query.title), files, scores.place)
  const neighbours = history.vote(history.scoreWords(words, scores.profile), 25, scores.similar)
  const unused = new Float64Array(size)
  history.vote(history.scoreWords(titleWords, unused), 25, scores.similarTitle)
  for (const scope of scopes) history.scoreKey('scope', scope, scores.scope)
  history.scoreKey('type', type, scores.type)
  history.scoreKinds(type, files.kinds(), scores.kind)
  history.scoreRecent(8, scores.recent)
  history.scoreRecent(120, scores.popular)
  for (const [path, confidence] of query.host) {
    const file = files.find(path)
    if (file !== undefined) scores.host[file] = confidence
  }
  for (const source of touchSources)
    if (source !== 'path' && source !== 'suffix' && source !== 'host' && source !== 'kind')
      normalise(scores[source])
  scoreByGuess(files, history, scores)
  return { scores, neighbours, paths, names, scopes }
}

function scorePlace(names: NamesInText, files: FileIndex, into: Float64Array) {
  const byName = new Float64Array(into.length)
  files.scoreNames(names, byName)
  files.scoreFolders(names, into)
  for (let file = 0; file < into.length; file += 1) into[file]! *= byName[file]!
}

function scoreByGuess(
  files: FileIndex,
  history: ChangeHistory,
  scores: Record<TouchSource, Float64Array>,
) {
  const size = files.size()
  const guess = new Float64Array(size)
  for (const [source, weight] of Object.entries(firstGuess) as [TouchSource, number][]) {
    const own = scores[source]
    for (let file = 0; file < size; file += 1) guess[file]! += weight * own[file]!
  }
  for (let file = 0; file < size; file += 1) if (!files.isAlive(file)) guess[file] = 0
  normalise(guess)
  const best = topOf(guess, 12)
  const seeds = new Map(best.map((file) => [file, guess[file]!]))
  history.scoreTogether(seeds, scores.together)
  for (const file of best) {
    for (const other of files.companions(file)) {
      if (other !== file) scores.companion[other] = Math.max(scores.companion[other]!, guess[file]!)
    }
  }
  const byFolder = new Float64Array(files.folders())
  for (const file of topOf(guess, 40)) byFolder[files.folderOf(file)]! += guess[file]!
  for (let file = 0; file < size; file += 1) {
    if (files.isAlive(file)) scores.area[file] = byFolder[files.folderOf(file)]!
  }
  for (let file = 0; file < size; file += 1) {
    scores.fitting[file] = guess[file]! * scores.kind[file]!
    scores.together[file]! *= 0.5 + 0.5 * scores.kind[file]!
  }
  normalise(scores.fitting)
  normalise(scores.together)
  normalise(scores.area)
}

/** The files with the greatest positive scores, best first, ties by number. */
export function topOf(scores: Float64Array, count: number): number[] {
  const positive: number[] = []
  for (let file = 0; file < scores.length; file += 1) if (scores[file]! > 0) positive.push(file)
  return positive.sort((x, y) => scores[y]! - scores[x]! || x - y).slice(0, count)
}

function normalise(scores: Float64Array) {
  let most = 0
  for (const score of scores) if (score > most) most = score
  if (most > 0) for (let at = 0; at < scores.length; at += 1) scores[at]! /= most
}

/** At most this many different words of a text are weighed, the weightiest first. */
const mostWords = 300

/** Words with their weight: once for the title twice over, then by the logarithm of their number. */
export function weightedWords(title: string, text: string): Map<string, number> {
  const counts = new Map<string, number>()
  const count = (word: string, times: number) => {
    if (word.length > 1 && word.length <= 100 && !stopWords.has(word)) {
      counts.set(word, (counts.get(word) ?? 0) + times)
    }
  }
  for (const word of wordsOf(title)) count(word, 3)
  for (const word of wordsOf(text)) count(word, 1)
  for (const name of namesInText(`${title}\n${text}`).identifiers) {
    count(name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ''), 1)
  }
  const weighted = [...counts].map(([word, times]) => [word, 1 + Math.log(times)] as const)
  if (weighted.length <= mostWords) return new Map(weighted)
  return new Map(weighted.sort((x, y) => y[1] - x[1]).slice(0, mostWords))
}

/** `fix(client/rpc): …` → type `fix`, scopes `client/rpc`, `client`, `rpc`. */
export function conventionalParts(title: string): { type: string; scopes: string[] } {
  const head = /^([a-zA-Z]{2,20})(?:\(([^()\n]{1,80})\))?!?:\s/u.exec(title)
  if (head === null) return { type: unwrittenType(title), scopes: [] }
  const scope = (head[2] ?? '').toLowerCase().trim()
  const parts = scope.split(/[\s/,&]+/u).filter((part) => part !== '')
  return {
    type: head[1]!.toLowerCase(),
    scopes: scope === '' ? [] : [...new Set([scope, ...parts])],
  }
}

/** A type for titles without one, by the words that tell kinds of files apart. */
function unwrittenType(title: string): string {
  const words = new Set(wordsOf(title))
  if (words.has('test') || words.has('coverag')) return '~test'
  if (words.has('doc') || words.has('readm') || words.has('document')) return '~docs'
  return ''
}
