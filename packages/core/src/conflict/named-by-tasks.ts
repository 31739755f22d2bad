import { isLeftOut } from '../plan/require-input.ts'
import type { TouchTask } from './create-predictor.ts'
import { createFileIndex } from './file-index.ts'
import { isGlob, matchesGlob } from './matches-glob.ts'
import { namesInText } from './names-in-text.ts'
import { partsOf } from './words.ts'

/** What a task itself says it touches, whether the file exists yet or not. */
export interface NamedTouch {
  /** The path, or `#` and a symbol. */
  readonly path: string
  readonly how: 'declared' | 'path' | 'suffix' | 'symbol'
  readonly score: number
  readonly reason: string
}

/**
 * How probable it is that a task changes what it names: in the histories of docs/conflicts.md 60 to
 * 96 % for a whole path and 50 to 91 % for the end of one. For a symbol it is a guess.
 */
const scores = { path: 0.75, suffix: 0.65, symbol: 0.45 }
/** A symbol that more tasks than this name is a word of the project, not a meeting point. */
const mostForSymbol = 6
const mostNames = 200

/**
 * Reads declared touches, paths and symbols of all tasks together, so that a task that names the end
 * of a path, `plan.ts`, meets the one that names the whole, `src/core/plan.ts`, though neither
 * exists yet.
 */
export function namedByTasks(
  tasks: readonly TouchTask[],
  files: readonly string[],
): readonly (readonly NamedTouch[])[] {
  const names = tasks.map((task) => namesInText(`${task.title ?? ''}\n${task.description ?? ''}`))
  const universe = new Set(files)
  for (const task of tasks)
    for (const touch of task.touched ?? task.touches ?? []) if (!isGlob(touch)) universe.add(touch)
  for (const { paths } of names) {
    for (const path of paths.slice(0, mostNames))
      if (path.includes('/') && hasExtension(path)) universe.add(path)
  }
  const known = [...universe].sort()
  const index = createFileIndex(known)
  const globs = [...new Set(tasks.flatMap((task) => (task.touches ?? []).filter(isGlob)))]
  const matched = new Map(globs.map((glob) => [glob, pathsMatching(glob, known)]))
  const around = globsAround(globs)
  const bySymbol = new Map<string, number>()
  for (const { identifiers } of names) {
    for (const symbol of symbolsOf(identifiers))
      bySymbol.set(symbol, (bySymbol.get(symbol) ?? 0) + 1)
  }

  return tasks.map((task, at) => {
    const touches = new Map<string, NamedTouch>()
    const keep = (touch: NamedTouch) => {
      const before = touches.get(touch.path)
      if (before === undefined || before.score < touch.score) touches.set(touch.path, touch)
    }
    if (!isLeftOut(task.touched)) {
      const reason = 'really touched it'
      return task.touched.map((path) => ({ path, how: 'declared', score: 1, reason }))
    }
    for (const touch of task.touches ?? []) {
      const reason = `declares ${touch}`
      if (!isGlob(touch)) {
        keep({ path: touch, how: 'declared', score: 1, reason })
        continue
      }
      for (const path of around.get(touch)!) keep({ path, how: 'declared', score: 0.8, reason })
      for (const path of matched.get(touch)!) keep({ path, how: 'declared', score: 0.8, reason })
    }
    for (const path of names[at]!.paths.slice(0, mostNames)) {
      const { files: found, how } = index.named(path)
      const reason = `names ${path}`
      if (found.length === 0 && hasExtension(path)) {
        keep({ path, how: 'path', score: scores.path, reason })
      }
      if (found.length > 4) continue
      const score = scores[how] / Math.sqrt(found.length)
      for (const file of found) keep({ path: index.pathOf(file), how, score, reason })
    }
    for (const symbol of symbolsOf(names[at]!.identifiers)) {
      const count = bySymbol.get(symbol)!
      if (count < 2 || count > mostForSymbol) continue
      keep({ path: `#${symbol}`, how: 'symbol', score: scores.symbol, reason: `names ${symbol}` })
    }
    return [...touches.values()]
  })
}

/** Names with a capital inside or an underscore: `KanbanBoard`, `createPlan`, `plan_tasks`. */
export function symbolsOf(identifiers: readonly string[]): string[] {
  return identifiers
    .slice(0, mostNames)
    .filter((name) => name.length > 5 && !name.includes('-') && partsOf(name).length > 1)
}

function hasExtension(path: string): boolean {
  return path.lastIndexOf('.') > path.lastIndexOf('/') + 1
}

function pathsMatching(glob: string, sorted: readonly string[]): string[] {
  const prefix = prefixOf(glob)
  return sorted.filter((path) => path.startsWith(prefix) && matchesGlob(glob, path))
}

/** What stands before the first sign of a pattern. */
function prefixOf(glob: string): string {
  return glob.slice(0, glob.search(/[*?]/u))
}

/**
 * Patterns that match no known file still meet: in the pattern itself, and in the folders around it
 * for which another pattern has `**`.
 */
function globsAround(globs: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const deep = new Set(globs.filter((glob) => glob.includes('**')).map(folderOf))
  return new Map(
    globs.map((glob) => {
      const meeting = [glob]
      let folder = folderOf(glob)
      for (let depth = 0; depth < 50; depth += 1) {
        if (deep.has(folder)) meeting.push(folder === '' ? '**' : `${folder}/**`)
        if (folder === '') break
        folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))
      }
      return [glob, meeting]
    }),
  )
}

function folderOf(glob: string): string {
  const prefix = prefixOf(glob)
  return prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')))
}
