import type { NamesInText } from './names-in-text.ts'
import { plainName, stemOf, partsOf } from './words.ts'

/**
 * The files of a repository, findable by what a text may say about them. A file keeps its number
 * through renames; numbers of deleted files are not used again.
 */
export interface FileIndex {
  /** How many numbers were given; some may belong to deleted files. */
  size(): number
  pathOf(file: number): string
  isAlive(file: number): boolean
  find(path: string): number | undefined
  /** Number of the file, which is added when it is not there. */
  add(path: string): number
  remove(path: string): void
  rename(from: string, to: string): number
  /** Adds to `into` how well each file's path words fit the weighted words (BM25). */
  scoreWords(words: ReadonlyMap<string, number>, into: Float64Array): void
  /** Adds to `into` the share of the path's words that the query holds, by their rarity. */
  scoreCovered(words: ReadonlyMap<string, number>, into: Float64Array): void
  /** The kind of every file by number (`fileKinds`). */
  kinds(): readonly number[]
  /** Files whose path a path-like token names: whole, by its end, or by its last name. */
  named(path: string): { readonly files: readonly number[]; readonly how: 'path' | 'suffix' }
  /** Adds to `into` how clearly identifiers and phrases name the file without its extension. */
  scoreNames(names: NamesInText, into: Float64Array): void
  /** Adds to `into` how clearly phrases name a folder above the file. */
  scoreFolders(names: NamesInText, into: Float64Array): void
  /** Files that share folder-free name without extension and `.test`, `_test`, … */
  companions(file: number): readonly number[]
  /** Number of the folder of a file. */
  folderOf(file: number): number
  folders(): number
}

/** Kinds of files by name: 0 source, 1 test, 2 document, 3 settings, 4 example. */
export const fileKinds = 5

function kindOf(path: string): number {
  const lower = path.toLowerCase()
  const name = lower.slice(lower.lastIndexOf('/') + 1)
  if (/[._-](?:test|tests|spec|test-d)\.|^test_/u.test(name)) return 1
  if (/(?:^|\/)(?:tests?|__tests__|spec)\//u.test(lower)) return 1
  if (/\.(?:md|mdx|rst|txt|adoc)$/u.test(name)) return 2
  if (/(?:^|\/)(?:examples?|demo)\//u.test(lower)) return 4
  return /\.(?:json|ya?ml|toml|ini|lock|cfg|config\.[cm]?[jt]s)$|^\./u.test(name) ? 3 : 0
}

interface Entry {
  path: string
  alive: boolean
  words: readonly string[]
  stem: string
  folder: number
}

const k1 = 1.2
const b = 0.5
const noFiles: readonly number[] = []

export function createFileIndex(paths: readonly string[]): FileIndex {
  const entries: Entry[] = []
  const numbers = new Map<string, number>()
  const kinds: number[] = []
  const byWord = new Map<string, Set<number>>()
  const byName = new Map<string, Set<number>>()
  const byStem = new Map<string, Set<number>>()
  const byPlainName = new Map<string, Set<number>>()
  const byFolderName = new Map<string, Set<number>>()
  const folderNumbers = new Map<string, number>()
  let alive = 0
  let words = 0

  function enter(file: number, path: string) {
    const { folder, name, stem } = partsOfPath(path)
    let folderNumber = folderNumbers.get(folder)
    if (folderNumber === undefined) {
      folderNumber = folderNumbers.size
      folderNumbers.set(folder, folderNumber)
    }
    const entry: Entry = { path, alive: true, words: pathWords(path), stem, folder: folderNumber }
    entries[file] = entry
    kinds[file] = kindOf(path)
    numbers.set(path, file)
    alive += 1
    words += entry.words.length
    for (const word of new Set(entry.words)) put(byWord, word, file)
    put(byName, name.toLowerCase(), file)
    put(byStem, stem, file)
    for (const plain of plainNames(name, stem)) put(byPlainName, plain, file)
    for (const plain of folderNames(folder)) put(byFolderName, plain, file)
  }

  function leave(file: number) {
    const entry = entries[file]!
    const { folder, name, stem } = partsOfPath(entry.path)
    entry.alive = false
    numbers.delete(entry.path)
    alive -= 1
    words -= entry.words.length
    for (const word of entry.words) byWord.get(word)?.delete(file)
    byName.get(name.toLowerCase())?.delete(file)
    byStem.get(stem)?.delete(file)
    for (const plain of plainNames(name, stem)) byPlainName.get(plain)?.delete(file)
    for (const plain of folderNames(folder)) byFolderName.get(plain)?.delete(file)
  }

  const index: FileIndex = {
    size: () => entries.length,
    pathOf: (file) => entries[file]!.path,
    isAlive: (file) => entries[file]?.alive === true,
    find: (path) => numbers.get(path),
    add(path) {
      const known = numbers.get(path)
      if (known !== undefined) return known
      const file = entries.length
      enter(file, path)
      return file
    },
    remove(path) {
      const file = numbers.get(path)
      if (file !== undefined) leave(file)
    },
    rename(from, to) {
      const file = numbers.get(from)
      if (from === to || file === undefined) return index.add(to)
      index.remove(to)
      leave(file)
      enter(file, to)
      return file
    },
    scoreWords(query, into) {
      const mean = words / Math.max(1, alive)
      for (const [word, weight] of query) {
        const files = byWord.get(word)
        if (files === undefined || files.size === 0) continue
        const rarity = Math.log(1 + (alive - files.size + 0.5) / (files.size + 0.5))
        for (const file of files) {
          const entry = entries[file]!
          const times = entry.words.reduce((sum, one) => sum + (one === word ? 1 : 0), 0)
          const length = k1 * (1 - b + (b * entry.words.length) / mean)
          into[file]! += (weight * rarity * times * (k1 + 1)) / (times + length)
        }
      }
    },
    scoreCovered(query, into) {
      const rarity = (word: string) => {
        const count = byWord.get(word)?.size ?? 0
        return Math.log(1 + (alive - count + 0.5) / (count + 0.5))
      }
      const found = new Map<number, number>()
      for (const word of query.keys()) {
        const files = byWord.get(word)
        if (files === undefined || files.size > alive / 2) continue
        const weight = rarity(word)
        for (const file of files) found.set(file, (found.get(file) ?? 0) + weight)
      }
      for (const [file, sum] of found) {
        let all = 2
        for (const word of new Set(entries[file]!.words)) all += rarity(word)
        into[file]! += sum / all
      }
    },
    kinds: () => kinds,
    named(path) {
      const exact = numbers.get(path)
      if (exact !== undefined) return { files: [exact], how: 'path' }
      const name = path.slice(path.lastIndexOf('/') + 1)
      const same = byName.get(name.toLowerCase())
      if (same === undefined) return { files: noFiles, how: 'suffix' }
      const candidates = [...same]
      const bySuffix = candidates.filter((file) => endsOnFolder(entries[file]!.path, path))
      if (bySuffix.length > 0) return { files: bySuffix, how: 'suffix' }
      // A longer path in the text than in the list: the text was written from a folder above.
      const within = candidates.filter((file) => endsOnFolder(path, entries[file]!.path))
      if (within.length > 0) return { files: within, how: 'suffix' }
      return { files: path.includes('/') ? noFiles : candidates, how: 'suffix' }
    },
    scoreNames(names, into) {
      const clear = new Map<string, number>()
      for (const [phrase, count] of names.phrases) {
        clear.set(phrase, count > 1 ? 0.7 : phrase.length < 4 ? 0.15 : 0.35)
      }
      for (const identifier of names.identifiers) clear.set(plainName(identifier), 1)
      for (const [plain, weight] of clear) {
        const files = byPlainName.get(plain)
        if (files === undefined || files.size === 0 || files.size > 60) continue
        for (const file of files) {
          into[file] = Math.max(into[file]!, weight / Math.sqrt(files.size))
        }
      }
    },
    scoreFolders(names, into) {
      for (const [phrase, count] of names.phrases) {
        const files = byFolderName.get(phrase)
        if (files === undefined || files.size === 0 || files.size > alive / 3) continue
        const weight = (count > 1 ? 1.5 : 1) * Math.log(alive / files.size)
        for (const file of files) into[file]! += weight
      }
    },
    companions(file) {
      const same = byStem.get(entries[file]!.stem)
      return same === undefined || same.size > 20 ? noFiles : [...same]
    },
    folderOf: (file) => entries[file]!.folder,
    folders: () => folderNumbers.size,
  }
  for (const path of paths) index.add(path)
  return index
}

/** `vite.config.ts` is called vite and vite.config. */
function plainNames(name: string, stem: string): Set<string> {
  const dot = name.lastIndexOf('.')
  return new Set([plainName(stem), plainName(dot > 0 ? name.slice(0, dot) : name)])
}

function put(map: Map<string, Set<number>>, key: string, file: number) {
  const files = map.get(key)
  if (files === undefined) map.set(key, new Set([file]))
  else files.add(file)
}

/** Whether `path` ends with `end` and the cut is at a folder: `core/plan.ts` of `src/core/plan.ts`. */
export function endsOnFolder(path: string, end: string): boolean {
  return (
    path.length > end.length && path.endsWith(end) && path[path.length - end.length - 1] === '/'
  )
}

/** Folder, name and the name without extension, `.test`, `.spec` and the like, lower-cased. */
export function partsOfPath(path: string) {
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  const dot = name.indexOf('.', 1)
  const bare = (dot === -1 ? name : name.slice(0, dot)).toLowerCase()
  const stem = bare.replace(/[_-](?:test|tests|spec)$/u, '').replace(/^test_(?=.)/u, '')
  return { folder: slash === -1 ? '' : path.slice(0, slash), name, stem }
}

function pathWords(path: string): string[] {
  const words: string[] = []
  for (const name of path.slice(0, 1_000).match(/[\p{L}\p{N}_$]+/gu) ?? []) {
    for (const part of partsOf(name)) words.push(stemOf(part))
  }
  return words
}

function folderNames(folder: string): Set<string> {
  const names = new Set<string>()
  for (const part of folder.slice(0, 1_000).split('/')) {
    const plain = plainName(part)
    if (plain.length > 2) names.add(plain)
  }
  return names
}
