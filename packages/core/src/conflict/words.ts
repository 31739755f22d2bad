/** Most characters of one text that are read; what stands behind them says nothing new. */
const longestText = 40_000

/**
 * The words of a text in order: runs of letters and digits, cut at camelCase, lower-cased, with
 * English endings taken off, so that `cachedQueries` and `caching queries` share their words. Reads
 * the first 40 000 characters, in linear time.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = []
  for (const name of namesOf(text)) for (const part of partsOf(name)) words.push(stemOf(part))
  return words
}

/** The runs of letters, digits and `_ $` of a text, case kept. */
export function namesOf(text: string): string[] {
  return text.slice(0, longestText).match(/[\p{L}\p{N}_$]+/gu) ?? []
}

/** `parseHTTPResponse_v2` → parse, http, response, v2. */
export function partsOf(name: string): string[] {
  if (name.length > 100) return [name.slice(0, 100).toLowerCase()]
  const cut = name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
  return cut
    .toLowerCase()
    .split(/[ _$]+/u)
    .filter((part) => part !== '')
}

/** The name without case and separators: what `query-client`, `QueryClient` and `query_client` share. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

/** A cheap cut of English endings; it need not be a word, only the same for related words. */
export function stemOf(word: string): string {
  if (word.length < 4) return word
  let stem = word
  if (stem.endsWith('ies') && stem.length > 4) stem = `${stem.slice(0, -3)}y`
  else if (stem.endsWith('s') && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1)
  if (stem.endsWith('ing') && stem.length > 5) stem = stem.slice(0, -3)
  else if (stem.endsWith('ed') && stem.length > 4) stem = stem.slice(0, -2)
  if (stem.endsWith('e') && stem.length > 3) stem = stem.slice(0, -1)
  return stem
}

/** Words that say nothing about what a task touches. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    'the a an and or of to in on for with is are be was it its this that these those as at by from ' +
    'not no if when then than but so do does did can could should would will may must have has had ' +
    'we you i they he she our your their all any each more most other some such only into out up ' +
    'about after before also which what who how why where there here now new use us add'
  )
    .split(' ')
    .map(stemOf),
)
