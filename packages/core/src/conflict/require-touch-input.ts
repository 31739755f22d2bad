import {
  isLeftOut,
  refusedInput,
  requireList,
  requireNumber,
  requireObject,
  requireText,
  requireTexts,
} from '../plan/require-input.ts'

/** Throws `invalid-input` for what is no list of tasks with ids, naming the first place. */
export function requireTasks(tasks: unknown): void {
  requireList('tasks', tasks)
  for (const [at, task] of tasks.entries()) {
    requireTouchTask(`tasks[${at}]`, task)
    requireText(`tasks[${at}].id`, (task as Record<string, unknown>)['id'])
  }
}

/** The same for one task, as far as its files are concerned; what is null counts as left out. */
export function requireTouchTask(place: string, task: unknown): void {
  requireObject(place, task, 'a task')
  for (const name of ['title', 'description']) {
    if (!isLeftOut(task[name])) requireText(`${place}.${name}`, task[name])
  }
  const { touches, touched, predicted } = task
  if (!isLeftOut(touched)) requirePaths(`${place}.touched`, touched)
  if (!isLeftOut(touches)) requirePaths(`${place}.touches`, touches)
  if (isLeftOut(predicted)) return
  requireList(`${place}.predicted`, predicted)
  for (const [at, entry] of predicted.entries()) {
    const where = `${place}.predicted[${at}]`
    requireObject(where, entry, 'an object with path and score')
    requireText(`${where}.path`, entry['path'], 'a path')
    requireNumber(`${where}.score`, entry['score'], 'a number from 0 to 1')
  }
}

export function requirePaths(place: string, paths: unknown): void {
  requireTexts(place, paths, 'a path')
}

/** Throws `invalid-input` for what is no list of past changes, naming the first place. */
export function requireHistory(place: string, history: unknown): void {
  requireList(place, history, 'a list of past changes')
  for (const [at, change] of history.entries()) requireChange(`${place}[${at}]`, change)
}

export function requireChange(place: string, change: unknown): void {
  requireObject(place, change, 'a change with title and files')
  requireText(`${place}.title`, change['title'])
  if (!isLeftOut(change['body'])) requireText(`${place}.body`, change['body'])
  if (!isLeftOut(change['task'])) requireText(`${place}.task`, change['task'])
  const { files } = change
  requireList(`${place}.files`, files)
  for (const [at, file] of files.entries()) {
    if (typeof file === 'string') continue
    const where = `${place}.files[${at}]`
    requireObject(where, file, 'a path, or an object with path and kind')
    const { path, kind, from } = file
    requireText(`${where}.path`, path, 'a path')
    if (!isLeftOut(from)) requireText(`${where}.from`, from, 'a path')
    if (isLeftOut(kind) || kinds.has(kind)) continue
    throw refusedInput(`${where}.kind`, kind, [...kinds].join(', '))
  }
}

const kinds: ReadonlySet<unknown> = new Set(['modified', 'added', 'deleted', 'renamed'])
