import { isLeftOut, requireCount, requireGiven } from '../plan/require-input.ts'
import { createChangeHistory } from './change-history.ts'
import { createFileIndex, partsOfPath } from './file-index.ts'
import { isGlob, matchesGlob } from './matches-glob.ts'
import {
  conventionalParts,
  scoreTouches,
  type SourceScores,
  type TouchSource,
  touchSources,
  weightedWords,
} from './touch-sources.ts'
import { requireChange, requirePaths, requireTouchTask } from './require-touch-input.ts'
import { wordsOf } from './words.ts'
import { createTouchModel } from './touch-model.ts'

/** A task as far as its files are concerned. */
export interface TouchTask {
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** Declared files and globs. */
  readonly touches?: readonly string[] | undefined
  /** What an attempt at it really changed: replaces every guess, and what it declares. */
  readonly touched?: readonly string[] | undefined
  /** What the host itself predicts, an agent's plan for instance: confidence from 0 to 1. */
  readonly predicted?: readonly { readonly path: string; readonly score: number }[] | undefined
}

/** A change that is done: a commit, or what an attempt really touched. */
export interface PastChange {
  readonly title: string
  readonly body?: string | undefined
  readonly files: readonly (string | FileChange)[]
  /** The task whose work it was, for the evidence. */
  readonly task?: string | undefined
}

export interface FileChange {
  readonly path: string
  /** `modified` when left out. A path that was not known counts as added. */
  readonly kind?: 'modified' | 'added' | 'deleted' | 'renamed' | undefined
  /** The old path of a renamed file. */
  readonly from?: string | undefined
}

export interface PredictedTouch {
  readonly path: string
  /** The probability, from 0 to 1, that the task changes the file. */
  readonly score: number
  /** What speaks for it, the weightiest first. */
  readonly evidence: readonly TouchEvidence[]
}

export interface TouchEvidence {
  readonly source: TouchSource | 'declared'
  /** A sentence for people. */
  readonly text: string
}

export interface TouchPredictor {
  /** At most `limit` (20) files, the most probable first; ties by path. Changes nothing. */
  predict(task: TouchTask, options?: { readonly limit?: number }): PredictedTouch[]
  /** Takes in a change; later predictions know it. Files come, go and are renamed with it. */
  learn(change: PastChange): void
  /** The words of a task by weight, rare ones counting more; the squares add up to 1. */
  words(task: TouchTask): ReadonlyMap<string, number>
  /** How many changes it has learnt from. */
  changes(): number
  /** The files there are now. */
  files(): string[]
  /**
   * Every source's scores from 0 to 1 for every file, and what each weighs by now: for measuring and for
   * fitting weights.
   */
  sources(task: TouchTask): {
    readonly paths: readonly string[]
    readonly weights: Readonly<Record<TouchSource, number>>
    readonly scores: Readonly<Record<TouchSource, Float64Array>>
  }
}

/** Changes of more files than this are moves and formatting: their text names none of them. */
const mostToAdapt = 20

/**
 * A predictor of the files a task will touch, from its text, the names of the files and past
 * changes, without any model call. It learns online: predict, do the work, `learn` what was really
 * touched. Pure and deterministic; one prediction costs about the number of files plus the number of
 * past changes that share a word with the task.
 *
 * @throws CuelineError `invalid-input`, naming the place, for files, tasks or changes that cannot be
 *   read; a change that is refused changes nothing.
 */
export function createPredictor(options: { readonly files: readonly string[] }): TouchPredictor {
  requireGiven('options', options, 'an object with files')
  requirePaths('files', options.files)
  const files = createFileIndex(options.files)
  const history = createChangeHistory()
  const model = createTouchModel(options.files.length)
  /** By file: the task whose work changed it last. */
  const workOf = new Map<number, string>()

  function scoresOf(task: TouchTask): SourceScores {
    const host = new Map<string, number>()
    for (const { path, score } of task.predicted ?? []) {
      if (score > 0) host.set(path, Math.min(1, score))
    }
    return scoreTouches(
      { title: task.title ?? '', text: task.description ?? '', host },
      files,
      history,
    )
  }

  return {
    files() {
      const paths: string[] = []
      for (let file = 0; file < files.size(); file += 1) {
        if (files.isAlive(file)) paths.push(files.pathOf(file))
      }
      return paths
    },
    changes: () => history.changes(),
    words(task) {
      requireTouchTask('task', task)
      const weighted = [...weightedWords(task.title ?? '', task.description ?? '')].map(
        ([word, weight]) => [word, weight * history.rarityOf(word)] as const,
      )
      const length = Math.sqrt(weighted.reduce((sum, [, weight]) => sum + weight * weight, 0))
      return new Map(weighted.map(([word, weight]) => [word, weight / (length || 1)]))
    },
    sources(task) {
      requireTouchTask('task', task)
      const { scores } = scoresOf(task)
      const alive: number[] = []
      for (let file = 0; file < files.size(); file += 1) if (files.isAlive(file)) alive.push(file)
      return {
        paths: alive.map((file) => files.pathOf(file)),
        weights: Object.fromEntries(
          touchSources.map((source) => [source, model.weightOf(source)]),
        ) as Record<TouchSource, number>,
        scores: Object.fromEntries(
          touchSources.map((source) => [
            source,
            Float64Array.from(alive, (file) => scores[source][file]!),
          ]),
        ) as Record<TouchSource, Float64Array>,
      }
    },
    learn(change) {
      requireChange('change', change)
      const { title, body, files: changed, task } = change
      adapt(title, body ?? '', changed)
      const touched = new Set<number>()
      const gone: string[] = []
      for (const one of changed) {
        const { path, kind, from }: FileChange = typeof one === 'string' ? { path: one } : one
        if (kind === 'deleted') {
          const file = files.find(path)
          if (file !== undefined) touched.add(file)
          gone.push(path)
        } else if (kind === 'renamed' && !isLeftOut(from)) {
          touched.add(files.rename(from, path))
        } else {
          touched.add(files.add(path))
        }
      }
      const { type, scopes } = conventionalParts(title)
      const words = weightedWords(title, body ?? '')
      // The names of what was touched are words about the change, too, though nobody wrote them.
      for (const file of [...touched].slice(0, 10)) {
        for (const word of wordsOf(partsOfPath(files.pathOf(file)).stem)) {
          if (!words.has(word)) words.set(word, 0.5)
        }
      }
      if (!isLeftOut(task)) for (const file of touched) workOf.set(file, task)
      history.learn({ title, words, files: [...touched], scopes, type })
      for (const path of gone) files.remove(path)
    },
    predict(task, options = {}) {
      requireTouchTask('task', task)
      requireGiven('options', options)
      const { limit = 20 } = options
      requireCount('limit', limit, 0)
      if (!isLeftOut(task.touched)) {
        const text = 'an attempt at it really touched it'
        return task.touched.slice(0, limit).map((path) => declaredTouch(path, 1, text))
      }
      const found = scoresOf(task)
      const size = files.size()
      const fit = model.fitOf(found.scores, size)
      const predicted: PredictedTouch[] = []
      const seen = new Set<string>()
      for (const touch of declaredTouches(task.touches ?? [])) {
        if (!seen.has(touch.path)) predicted.push(touch)
        seen.add(touch.path)
      }
      const order: number[] = []
      for (let file = 0; file < size; file += 1) if (files.isAlive(file)) order.push(file)
      order.sort((x, y) => fit[y]! - fit[x]! || (files.pathOf(x) < files.pathOf(y) ? -1 : 1))
      for (const file of order) {
        if (predicted.length >= limit) break
        const path = files.pathOf(file)
        if (seen.has(path)) continue
        const evidence = evidenceFor(file, found)
        if (evidence.length === 0) continue
        predicted.push({ path, score: model.probabilityOf(fit[file]!), evidence })
      }
      return predicted.slice(0, limit)
    },
  }

  /** Moves the weights towards what would have ranked the change's files first. */
  function adapt(title: string, body: string, changed: PastChange['files']) {
    const truth = new Set<number>()
    for (const one of changed) {
      const path = typeof one === 'string' ? one : (one.from ?? one.path)
      const file = files.find(path)
      if (file !== undefined) truth.add(file)
    }
    if (title === '' || truth.size === 0 || truth.size > mostToAdapt) return
    model.adapt(scoresOf({ title, description: body }).scores, files.size(), truth)
  }

  /** What a task declares: a path is certain, a glob the less certain the more files it matches. */
  function declaredTouches(touches: readonly string[]): PredictedTouch[] {
    const declared: PredictedTouch[] = []
    for (const touch of touches) {
      if (!isGlob(touch)) {
        declared.push(declaredTouch(touch, 1, `declares ${touch}`))
        continue
      }
      const matched: string[] = []
      for (let file = 0; file < files.size(); file += 1) {
        if (files.isAlive(file) && matchesGlob(touch, files.pathOf(file))) {
          matched.push(files.pathOf(file))
        }
      }
      const score = Math.max(0.5, 1 / Math.sqrt(Math.max(1, matched.length)))
      for (const path of matched) declared.push(declaredTouch(path, score, `declares ${touch}`))
    }
    return declared.sort((x, y) => y.score - x.score)
  }

  function evidenceFor(file: number, found: SourceScores): TouchEvidence[] {
    const weighed: [number, Exclude<TouchSource, 'kind'>][] = []
    for (const source of touchSources) {
      const score = found.scores[source][file]!
      // Every file is of some kind: that alone speaks for none of them.
      if (score <= 0 || source === 'kind') continue
      // A path in the text is what people want to hear first, whatever it weighs.
      const first = source === 'path' || source === 'suffix' ? 10 : 0
      weighed.push([first + score * model.weightOf(source), source])
    }
    return weighed
      .sort((x, y) => y[0] - x[0])
      .slice(0, 3)
      .map(([, source], at) => {
        const work = at === 0 ? workOf.get(file) : undefined
        const text = sentence(source, file, found)
        return { source, text: work === undefined ? text : `${text}; ${work} really touched it` }
      })
  }

  function sentence(
    source: Exclude<TouchSource, 'kind'>,
    file: number,
    found: SourceScores,
  ): string {
    const path = files.pathOf(file)
    switch (source) {
      case 'path':
      case 'suffix':
        return `the text names ${found.paths.get(file) ?? path}`
      case 'similar':
      case 'similarTitle': {
        const nearest = found.neighbours.filter((one) => one.files.includes(file))
        const [first] = nearest
        if (first === undefined) return 'changes with a similar title touched it'
        const title = history.titleOf(first.change)
        return `${nearest.length} similar past change${nearest.length === 1 ? '' : 's'} touched it, first "${title}"`
      }
      case 'scope':
        return `changes with scope ${found.scopes[0] ?? ''} touched it`
      default:
        return sentences[source]
    }
  }
}

const sentences: Readonly<
  Record<
    Exclude<TouchSource, 'path' | 'suffix' | 'kind' | 'similar' | 'similarTitle' | 'scope'>,
    string
  >
> = {
  name: 'the text holds its name',
  folder: 'the text names its folder',
  words: 'the text holds words of its path',
  titleWords: 'the title holds words of its path',
  covered: 'the text holds most words of its path',
  place: 'the title names its folder and its name',
  profile: 'the text resembles its past changes',
  type: 'changes of this type touch it',
  recent: 'it changed just before',
  popular: 'it changes often',
  together: 'it changes together with the other guesses',
  companion: 'it goes by name with another guess',
  fitting: 'it is of the kind such changes touch',
  area: 'its folder holds other guesses',
  host: 'the host predicted it',
}

function declaredTouch(path: string, score: number, text: string): PredictedTouch {
  return { path, score, evidence: [{ source: 'declared', text }] }
}
