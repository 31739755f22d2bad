import { shown } from './shown.ts'

/** A task at the start of a sentence: by its id, or by its place where that is none. */
export function taskNamed(id: unknown, position: number): string {
  return `Task ${typeof id === 'string' ? shown(id) : `${position + 1} of the input`}`
}

/** The id for `tasks` of a problem, where it is one. */
export function onlyIds(...ids: readonly unknown[]): string[] {
  return ids.filter((id) => typeof id === 'string')
}
