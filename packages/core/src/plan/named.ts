import { shown } from './shown.ts'

const most = 5

/** Ids for a sentence: `A, B and C`; of many the first five and how many more there are. */
export function named(ids: readonly string[]): string {
  const names = ids.slice(0, ids.length > most + 1 ? most : ids.length).map(plain)
  const left = ids.length - names.length
  const last = left > 0 ? `${left} more` : names.pop()
  return names.length === 0 ? (last ?? 'nothing') : `${names.join(', ')} and ${last}`
}

/** Ids as they are, as long as they cannot be taken for something else. */
function plain(id: string): string {
  return /^[\w.:/#-]{1,60}$/.test(id) ? id : shown(id)
}
