import { fileKinds } from './file-index.ts'

/** What past changes say about which words go with which files. Everything is counted online. */
export interface ChangeHistory {
  changes(): number
  /** Files are numbers of the file index; words with their weight in the change's text. */
  learn(change: LearnedChange): void
  /** Adds per file: `profile` = words of its past changes, and per change: `similar` (BM25). */
  scoreWords(words: ReadonlyMap<string, number>, profile: Float64Array): Similar
  /** Adds votes of the nearest past changes; answers them, nearest first. */
  vote(similar: Similar, neighbours: number, into: Float64Array): Neighbour[]
  scoreKey(kind: 'scope' | 'type', key: string, into: Float64Array): void
  /** Adds how much more often changes of the type touch files of each kind than there are such files. */
  scoreKinds(type: string, kinds: readonly number[], into: Float64Array): void
  scoreRecent(halfLife: number, into: Float64Array): void
  /** Adds for each file how often it changed together with the files given, by their weight. */
  scoreTogether(files: ReadonlyMap<number, number>, into: Float64Array): void
  titleOf(change: number): string
  /** The logarithm of how rare a word is among the changes. */
  rarityOf(word: string): number
}

export interface LearnedChange {
  readonly title: string
  readonly words: ReadonlyMap<string, number>
  readonly files: readonly number[]
  readonly scopes: readonly string[]
  readonly type: string
}

export interface Similar {
  readonly scores: Float64Array
  readonly changes: readonly number[]
}

export interface Neighbour {
  readonly change: number
  readonly similarity: number
  readonly files: readonly number[]
}

interface Postings {
  readonly changes: number[]
  readonly weights: number[]
}

const k1 = 1.2
const b = 0.4
/** Changes that touch more files than this (moves, formatting) say little about any of them. */
const wide = 60

export function createChangeHistory(): ChangeHistory {
  const titles: string[] = []
  const filesOf: (readonly number[])[] = []
  const lengths: number[] = []
  const postings = new Map<string, Postings>()
  const byScope = new Map<string, number[]>()
  const byType = new Map<string, number[]>()
  const byFile: number[][] = []
  let length = 0

  return {
    changes: () => titles.length,
    titleOf: (change) => titles[change]!,
    rarityOf(word) {
      const known = postings.get(word)?.changes.length ?? 0
      return Math.log(1 + (titles.length + 1) / (known + 1))
    },
    learn({ title, words, files, scopes, type }) {
      const change = titles.length
      titles.push(title.slice(0, 200))
      filesOf.push(files.length > wide ? [] : files)
      let own = 0
      for (const [word, weight] of words) {
        own += weight
        let list = postings.get(word)
        if (list === undefined) {
          list = { changes: [], weights: [] }
          postings.set(word, list)
        }
        list.changes.push(change)
        list.weights.push(weight)
      }
      lengths.push(own)
      length += own
      for (const scope of new Set(scopes)) pushTo(byScope, scope, change)
      pushTo(byType, type, change)
      for (const file of files) (byFile[file] ??= []).push(change)
    },
    scoreWords(words, profile) {
      const count = titles.length
      const scores = new Float64Array(count)
      const seen: number[] = []
      const together = new Float64Array(profile.length)
      const mean = length / Math.max(1, count)
      for (const [word, weight] of words) {
        const list = postings.get(word)
        if (list === undefined) continue
        const known = list.changes.length
        const rarity = Math.log(1 + (count - known + 0.5) / (known + 0.5))
        if (rarity < 0.7) continue
        const touched: number[] = []
        for (let at = 0; at < known; at += 1) {
          const change = list.changes[at]!
          const times = list.weights[at]!
          const norm = k1 * (1 - b + (b * lengths[change]!) / mean)
          if (scores[change] === 0) seen.push(change)
          scores[change]! += (weight * rarity * times * (k1 + 1)) / (times + norm)
          const files = filesOf[change]!
          const share = Math.min(times, 2) / Math.sqrt(files.length)
          for (const file of files) {
            if (together[file] === 0) touched.push(file)
            together[file]! += share
          }
        }
        for (const file of touched) {
          const times = together[file]!
          together[file] = 0
          const norm = 0.6 + 0.15 * Math.sqrt(byFile[file]!.length)
          profile[file]! += (weight * rarity * times) / (times + norm)
        }
      }
      return { scores, changes: seen }
    },
    vote({ scores, changes }, neighbours, into) {
      const nearest = changes
        .filter((change) => filesOf[change]!.length > 0)
        .sort((x, y) => scores[y]! - scores[x]! || y - x)
        .slice(0, neighbours)
      const best = nearest.length === 0 ? 1 : scores[nearest[0]!]!
      return nearest.map((change) => {
        const files = filesOf[change]!
        const vote =
          ((scores[change]! / best) ** 3 * (0.4 + 0.6 * 0.5 ** ((titles.length - change) / 150))) /
          files.length ** 0.4
        for (const file of files) into[file]! += vote
        return { change, similarity: scores[change]!, files }
      })
    },
    scoreKey(kind, key, into) {
      const list = (kind === 'scope' ? byScope : byType).get(key)
      if (list === undefined) return
      for (let at = Math.max(0, list.length - 200); at < list.length; at += 1) {
        const files = filesOf[list[at]!]!
        const share = 0.97 ** (list.length - 1 - at) / Math.sqrt(files.length)
        for (const file of files) into[file]! += share
      }
    },
    scoreKinds(type, kinds, into) {
      const there = new Float64Array(fileKinds).fill(0.5)
      for (const kind of kinds) there[kind]! += 1
      // Without experience all kinds are as likely as there are files of them.
      const touched = there.map((files) => (3 * files) / kinds.length)
      const all = byType.get(type) ?? []
      for (let at = Math.max(0, all.length - 200); at < all.length; at += 1) {
        const files = filesOf[all[at]!]!
        for (const file of files) touched[kinds[file]!]! += 1 / files.length
      }
      const most = Math.max(...touched.map((times, kind) => times / there[kind]!))
      const own = touched.map((times, kind) =>
        Math.max(0, 1 + Math.log(times / there[kind]! / most) / 5),
      )
      for (let file = 0; file < into.length; file += 1) into[file] = own[kinds[file]!]!
    },
    scoreRecent(halfLife, into) {
      const count = titles.length
      for (let change = Math.max(0, count - 8 * halfLife); change < count; change += 1) {
        const share = 0.5 ** ((count - 1 - change) / halfLife)
        for (const file of filesOf[change]!) into[file]! += share
      }
    },
    scoreTogether(seeds, into) {
      for (const [seed, weight] of seeds) {
        const own = byFile[seed]
        if (own === undefined) continue
        const from = Math.max(0, own.length - 100)
        const part = weight / (own.length - from + 2)
        for (let at = from; at < own.length; at += 1) {
          const files = filesOf[own[at]!]!
          for (const file of files) if (file !== seed) into[file]! += part / files.length ** 0.25
        }
      }
    },
  }
}

function pushTo(map: Map<string, number[]>, key: string, change: number) {
  const list = map.get(key)
  if (list === undefined) map.set(key, [change])
  else list.push(change)
}
