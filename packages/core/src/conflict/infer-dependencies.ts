import { requireObject, requireShare } from '../plan/require-input.ts'
import { isGlob } from './matches-glob.ts'
import { namesInText } from './names-in-text.ts'
import { symbolsOf } from './named-by-tasks.ts'
import { referencesIn } from './references-in-text.ts'
import { requirePaths, requireTasks } from './require-touch-input.ts'
import { stemOf } from './words.ts'

export interface InferenceTask {
  readonly id: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly touches?: readonly string[] | undefined
}

export interface InferredDependency {
  /** The later task. */
  readonly task: string
  /** The earlier task it waits for. */
  readonly dependsOn: string
  /** A reference in words, a symbol or a file that the earlier task produces. */
  readonly source: 'text' | 'symbol' | 'file'
  /** From 0 to 1: how often such a reading is right. */
  readonly confidence: number
  /** A sentence for people. */
  readonly evidence: string
}

export interface InferenceOptions {
  /** Dependencies below this confidence are left out; `inferenceThreshold` when left out. */
  readonly threshold?: number
  /** Files that exist already: nobody has to wait for them to be created. */
  readonly files?: readonly string[]
}

/** Where the measured precision is 95 % or more (docs/conflicts.md): symbols and references. */
export const inferenceThreshold = 0.9

/** Products and references per task that are looked at. */
const most = 200

/**
 * Dependencies that the texts imply: references ("after T3", "T2 blocks T5"), and symbols and files
 * that an earlier task creates and a later one uses. Every edge points from a later task to an
 * earlier one in the given order, so that inferred edges never close a cycle among themselves, nor
 * with declared edges that respect the order; where those do not, check the whole. One edge per pair,
 * the most certain one; sorted by the order of the tasks. Linear in the length of the texts plus the
 * number of edges.
 *
 * @throws CuelineError `invalid-input`, naming the place, for tasks or options that cannot be read.
 */
export function inferDependencies(
  tasks: readonly InferenceTask[],
  options: InferenceOptions = {},
): InferredDependency[] {
  requireTasks(tasks)
  requireOptions(options)
  const threshold = options.threshold ?? inferenceThreshold
  const existing = new Set(options.files ?? [])
  const numbers = new Map<string, number>()
  for (const [at, { id }] of tasks.entries()) if (!numbers.has(id)) numbers.set(id, at)
  const edges: Map<number, InferredDependency>[] = tasks.map(() => new Map())

  const keep = (
    one: number,
    other: number,
    found: Pick<InferredDependency, 'source' | 'confidence' | 'evidence'>,
  ) => {
    if (one === other || found.confidence < threshold) return
    const later = Math.max(one, other)
    const earlier = Math.min(one, other)
    const before = edges[later]!.get(earlier)
    if (before !== undefined && before.confidence >= found.confidence) return
    edges[later]!.set(earlier, { task: tasks[later]!.id, dependsOn: tasks[earlier]!.id, ...found })
  }

  const producers = new Map<string, Producer>()
  for (const [at, task] of tasks.entries()) {
    const text = `${task.title ?? ''}\n${task.description ?? ''}`
    for (const { id, direction, confidence, words } of referencesIn(text, numbers)) {
      const other = numbers.get(id)!
      // "after T9" in a task that stands before T9 contradicts the order: nothing is inferred.
      if (direction === 'after' ? other < at : other > at) {
        const said = words.trim().replace(/[.,;:]$/u, '')
        keep(at, other, { source: 'text', confidence, evidence: `${task.id} says "${said}"` })
      }
    }
    const { made, used } = productsOf(task)
    for (const name of used) {
      const producer = producers.get(name)
      if (producer === undefined || made.has(name)) continue
      keep(at, producer.task, {
        source: producer.source,
        confidence: producer.confidence,
        evidence: `${tasks[producer.task]!.id} creates "${producer.name}", which ${task.id} names`,
      })
    }
    for (const [name, product] of made) {
      if (!existing.has(name) && !producers.has(name)) producers.set(name, { ...product, task: at })
    }
  }
  return edges.flatMap((own) => [...own].sort(([x], [y]) => x - y).map(([, edge]) => edge))
}

function requireOptions(options: unknown): void {
  requireObject('options', options)
  const { threshold, files } = options
  if (threshold !== undefined) requireShare('threshold', threshold)
  if (files !== undefined) requirePaths('files', files)
}

interface Product {
  readonly name: string
  readonly source: InferredDependency['source']
  readonly confidence: number
}

interface Producer extends Product {
  readonly task: number
}

const creating = new Set(
  'create implement add build introduce write define design develop scaffold generate make establish set'
    .split(' ')
    .map(stemOf),
)
/** What may stand between the verb and its product. */
const articles = new Set('a an the new core basic base initial up our'.split(' '))
/** Nouns and words after which a name is the product itself, not part of a longer one. */
const closing = new Set(
  (
    'class service interface function module hook component type method helper struct trait table ' +
    'model schema adapter domain provider command executor manager with for in using to that which ' +
    'and as so by from on at file endpoint api'
  ).split(' '),
)
/** Names of products and languages that look like symbols or files. */
const brands = new Set(
  'github gitlab javascript typescript openai youtube postgresql graphql nodejs node.js next.js vue.js'.split(
    ' ',
  ),
)

/** What a task creates, by key, and the keys of all it names. */
function productsOf(task: InferenceTask): { made: Map<string, Product>; used: Set<string> } {
  const made = new Map<string, Product>()
  const used = new Set<string>()
  for (const text of [task.title ?? '', task.description ?? '']) {
    for (const clause of clausesOf(text)) {
      const { paths, identifiers } = namesInText(clause)
      // "Test that X …" checks a behaviour, whoever has made X; it does not build on it.
      const checks = /^(?:test|verify|ensure|check) that\b/iu.test(clause)
      for (const name of checks ? [] : [...paths, ...symbolsOf(identifiers)].slice(0, most)) {
        if (!brands.has(name.toLowerCase())) used.add(name)
      }
      const product = productOf(clause)
      if (product !== undefined && used.has(product.name)) made.set(product.name, product)
    }
  }
  for (const touch of task.touches ?? []) if (!isGlob(touch)) used.add(touch)
  return { made, used }
}

/** "Create the FileLock class …" makes FileLock; "Create FileLock Import …" does not. */
function productOf(clause: string): Product | undefined {
  const tokens = clause
    .slice(0, 400)
    .split(/[\s`'"()]+/u)
    .filter((token) => token !== '')
  if (!creating.has(stemOf((tokens[0] ?? '').toLowerCase()))) return undefined
  let at = 1
  while (at < tokens.length && articles.has(tokens[at]!.toLowerCase())) at += 1
  const name = (tokens[at] ?? '').replace(/[.,:]+$/u, '')
  const next = tokens[at + 1]
  if (next !== undefined && next !== '-' && !closing.has(next.toLowerCase())) return undefined
  if (name.includes('/')) return { name, source: 'file', confidence: 0.85 }
  if (name.includes('.')) return { name, source: 'file', confidence: 0.8 }
  // `updateTask` may be a word for something older; `TaskStore` hardly ever is.
  return { name, source: 'symbol', confidence: /^\p{Lu}/u.test(name) ? 0.92 : 0.8 }
}

function clausesOf(text: string): string[] {
  return text
    .slice(0, 40_000)
    .split(/[\n;]|[.!?]\s|,\s/u)
    .map((clause) => clause.replace(/^[\s*#>\-\d.)\]]+/u, ''))
    .filter((clause) => clause.length > 3)
    .slice(0, 1_000)
}
