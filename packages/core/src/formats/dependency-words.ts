import type { TaskDraft } from './task-draft.ts'

/** Tasks that stand under one heading. */
export interface TaskGroup {
  readonly name: string
  readonly drafts: TaskDraft[]
}

/** Finds the tasks that people mean by their words. */
export interface TaskFinder {
  /** Tasks by id, title or group, in the words of a `Depends on:` line. */
  find(words: string): FoundTasks
  /** The id as the plan writes it, for one that is written in another case. */
  id(words: string): string | undefined
  /** The first task of exactly this id. */
  draft(id: string): TaskDraft | undefined
  /** The groups that a text names: `Phase 2`, `User Story 1`, `US1`, `Foundational`. */
  groups(words: string): readonly TaskGroup[]
}

export interface FoundTasks {
  /** Named by their ids, those that are not in the plan included. */
  readonly declared: readonly string[]
  /** Meant by a title, a range or a group, with the words that say so. */
  readonly guessed: readonly { readonly ids: readonly string[]; readonly words: string }[]
}

export function taskFinder(drafts: readonly TaskDraft[], groups: readonly TaskGroup[]): TaskFinder {
  const exact = new Map<string, number>()
  const folded = new Map<string, number>()
  const titles = new Map<string, number>()
  drafts.forEach((draft, index) => {
    if (!exact.has(draft.id)) exact.set(draft.id, index)
    if (!folded.has(draft.id.toLowerCase())) folded.set(draft.id.toLowerCase(), index)
    const title = plain(draft.title)
    if (!titles.has(title)) titles.set(title, index)
  })
  const byKey = new Map<string, TaskGroup[]>()
  for (const group of groups) {
    for (const key of groupKeys(group.name)) addTo(byKey, key, group)
  }
  const stories = groups.filter((group) => /user story/i.test(group.name))

  const at = (words: string) => exact.get(words) ?? folded.get(words.toLowerCase())
  const idAt = (index: number | undefined) => (index === undefined ? undefined : drafts[index]?.id)
  const id = (words: string) => idAt(at(words))
  const byTitle = (words: string) => idAt(titles.get(plain(words)))

  const groupsOf = (words: string): TaskGroup[] => {
    const found = new Set<TaskGroup>()
    const text = plain(words)
    if (/\ball\b[\w ]{0,40}\buser stories\b/.test(text))
      for (const group of stories) found.add(group)
    for (const key of phrasesOf(text)) for (const group of byKey.get(key) ?? []) found.add(group)
    return [...found]
  }

  const rangeOf = (words: string) => {
    const match = /^(\S{1,60}?)\s{0,3}(?:-|–|—|\.\.|to|through)\s{0,3}(\S{1,60})$/i.exec(words)
    const [first, last] = [at(match?.[1] ?? ''), at(match?.[2] ?? '')]
    if (first === undefined || last === undefined || last < first) return undefined
    if (last - first > mostInRange) return undefined
    return drafts.slice(first, last + 1).map((draft) => draft.id)
  }

  const find = (words: string): FoundTasks => {
    const declared: string[] = []
    const guessed: { ids: string[]; words: string }[] = []
    const whole = byTitle(words)
    if (whole !== undefined && id(words.trim()) === undefined) {
      return { declared, guessed: [{ ids: [whole], words }] }
    }
    for (const token of tokensOf(words)) {
      const known = id(token)
      const range = known === undefined ? rangeOf(token) : undefined
      const first = known ?? id(firstWord(token))
      const title = first === undefined ? byTitle(token) : undefined
      const group = first === undefined && title === undefined ? groupsOf(token) : []
      if (range !== undefined) guessed.push({ ids: range, words: token })
      else if (first !== undefined) declared.push(first)
      else if (title !== undefined) guessed.push({ ids: [title], words: token })
      else if (group.length > 0) {
        guessed.push({
          ids: group.flatMap(({ drafts: members }) => members.map((member) => member.id)),
          words: token,
        })
      } else declared.push((looksLikeId(firstWord(token)) ? firstWord(token) : token).slice(0, 200))
    }
    return { declared, guessed }
  }
  const draft = (wanted: string) => drafts[exact.get(wanted) ?? -1]
  return { find, id, draft, groups: groupsOf }
}

const longestPhrase = 6
const mostWords = 60
/** More headings of one name than this name nothing in particular. */
const mostOfOneName = 20
const mostInRange = 1000

/** The parts of a list in words; `none` and the like name nothing. */
function tokensOf(words: string): string[] {
  return words
    .split(/[,;&\n]|\s\+\s|\band\b/i)
    .map((part) =>
      part
        .replace(/^[\s[(*_`"'#]{1,8}/, '')
        .replace(/[\s\])*_`"'.]{1,8}$/, '')
        .replace(
          /^(?:tasks?|tickets?|issues?|steps?|stories|story|on)\s+#?(?=[A-Za-z]{0,12}-?\d)/i,
          '',
        )
        .trim(),
    )
    .filter((part) => part !== '' && !isNothing(part))
}

function isNothing(words: string): boolean {
  return /^(?:none|nothing|no|no one|n\/a|na|nil|null|-|–|—|no dependenc(?:y|ies)\b.{0,100}|none\b.{0,100})$/i.test(
    words,
  )
}

function firstWord(words: string): string {
  return (/^[^\s(:]{1,200}/.exec(words)?.[0] ?? words).replace(/[`*_,.]{1,4}$/, '')
}

function looksLikeId(words: string): boolean {
  return /^[A-Za-z]{0,12}(?:-[A-Za-z]{1,8})?-?\d{1,9}(?:\.\d{1,9}){0,6}[a-z]?$/.test(words)
}

/** `Phase 3: User Story 1 - Retry (Priority: P1)` → phase 3, user story 1, us1, retry. */
function groupKeys(name: string): string[] {
  const keys = new Set<string>()
  const bare = name.slice(0, 300).replace(/\([^()]{0,200}\)/g, ' ')
  keys.add(plain(bare))
  for (const part of bare.split(/[:\u2013\u2014]|\s-\s/)) {
    keys.add(plain(part))
    const story = /^user story (\d{1,4})$/.exec(plain(part))?.[1]
    if (story !== undefined) keys.add(`us${story}`)
  }
  return [...keys].filter((key) => key.length > 1)
}

function addTo(groups: Map<string, TaskGroup[]>, key: string, group: TaskGroup): void {
  const same = groups.get(key)
  if (same === undefined) groups.set(key, [group])
  else if (same.length < mostOfOneName) same.push(group)
}

/** Every run of at most six words, and the whole: what a group may be called in a sentence. */
function phrasesOf(text: string): string[] {
  const words = text.split(' ').slice(0, mostWords)
  const phrases = [text]
  for (let start = 0; start < words.length; start++) {
    for (let length = 1; length <= longestPhrase && start + length <= words.length; length++) {
      phrases.push(words.slice(start, start + length).join(' '))
    }
  }
  return phrases
}

function plain(words: string): string {
  return words
    .slice(0, 1000)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, ' ')
    .replace(/\.(?!\d)/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}
